import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { openHouse, type House } from '../support/house.js';
import { demandJob, runsOf, untilScheduled } from '../support/jobs.js';
import { logIn, me, newcomer } from '../support/logins.js';

// Every window, lease and job takes its time from clocks that a test can move (docs/decisions/0022-tests-move-the-time.md).

const SOURCES = join(import.meta.dirname, '..', '..', 'src');

/** Spellings of the present moment that a test's clock does not reach. */
const UNMOVED =
  /\b(CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_TIME|LOCALTIMESTAMP|LOCALTIME)\b|\b(statement_timestamp|transaction_timestamp|timeofday)\(|pg_catalog\.(now|clock_timestamp)\(|'(now|today|tomorrow|yesterday)'::/i;

const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(ts|sql)$/.test(name) && !/\.spec\.ts$/.test(name) && !name.includes('generated'),
);

it('no statement asks another clock', () => {
  const found = sources.flatMap((name) =>
    readFileSync(join(SOURCES, name), 'utf8')
      .split('\n')
      .filter((line) => UNMOVED.test(line) && !/^\s*(\/\/|\*|--)/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

it('functions ask masuk.moment(), which a test replaces', () => {
  const functions = sources.filter((name) => name.endsWith('.sql'));
  const asking = functions.filter((name) =>
    /\bnow\(\)|clock_timestamp\(\)/.test(readFileSync(join(SOURCES, name), 'utf8')),
  );
  expect(functions.length).toBeGreaterThan(5);
  expect(asking).toEqual([join('platform', 'database', 'moment.sql')]);
});

describe('a house whose clock moves', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ JWT_EXPIRES_IN: '1h' }, { movingClock: true });
  });
  afterAll(async () => house.close());

  it('ends cooldowns and codes', async () => {
    const { phone } = await house.person();
    const code = await house.code(phone);
    await house.clock.pass(50);
    expectFailure(await house.resend(phone), 429, 'otp_rate_limited');
    await house.clock.pass(12);
    expect((await house.resend(phone)).status).toBe(200);
    expectFailure(await house.verify(phone, code), 400, 'invalid_otp');
    await house.clock.pass(301);
    expectFailure(await house.verify(phone, house.fake.codeFor(phone)!), 400, 'invalid_otp');
  });

  it('ends access tokens, whose times are of the wall clock', async () => {
    const login = await logIn(house.service, (await newcomer(house)).username);
    await house.clock.pass(3_590, 600);
    expect((await me(house.service, login)).status).toBe(200);
    await house.clock.pass(75);
    expect((await me(house.service, login)).status).toBe(401);
  });

  it('lets jobs run, which are timers of a library', async () => {
    await untilScheduled(house.database);
    await demandJob(house.database, 'old-codes');
    const ran = async () => (await runsOf(house.database, 'old-codes')).some(({ state }) => state === 'completed');
    await house.clock.until('it ran', ran, 10);
  });

  it('stamps new rows with the moved time', async () => {
    const { id } = await house.person();
    const [row] = await house.database.query<{ ahead: number }>(
      `SELECT extract(epoch FROM created_at - pg_catalog.now())::float AS ahead FROM users WHERE id = $1`,
      [id],
    );
    expect(row!.ahead).toBeGreaterThan(3_600);
  });
});
