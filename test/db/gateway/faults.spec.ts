import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { expectFailure } from '../../support/answers.js';
import { passUntil } from '../../support/clock.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { until } from '../../support/waits.js';

// The gateway while its database is away, or does not move.

let postgres: OwnPostgres;
let pool: pg.Pool;
let house: GatewayHouse;
const account = newNumber();

beforeAll(async () => {
  postgres = await startOwnPostgres();
  pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => undefined);
  house = await openGatewayHouse(
    {},
    {
      database: {
        url: postgres.url,
        query: async (sql, values) => (await pool.query(sql, values)).rows as never,
      },
      movingClock: true,
    },
  );
  await house.link('main', account);
});
afterAll(async () => {
  await house.close();
  await pool.end();
  await postgres.remove();
});

const line = () => house.whatsapp.line(account);
const texts = () => house.whatsapp.messages.map(({ text }) => text);
const send = (text: string) => house.text('main', '081234567890', text);

/** A lease, in seconds: docs/gateway.md#several-instances. An owner that died is replaced within the second. */
const [LEASE, TAKEOVER] = [15, 30];

/** Sends until one goes through: what is refused on the way is refused as it should be. */
async function sendsAgain(text: string): Promise<void> {
  await until(`${text} is sent`, async () => {
    const answer = await send(text);
    if (answer.status !== 200) expect([409, 503]).toContain(answer.status);
    return answer.status === 200;
  });
}

/** Lets time pass for the service alone; for a database that is away none passes. */
const passAtService = (seconds: number) => house.service.pass(seconds * 1000);

describe('a database that is stopped', () => {
  it('for a moment ends no connection', async () => {
    await postgres.stop();
    expectFailure(await send('meanwhile'), 503, 'database_unavailable');
    // Its first renewal fails.
    await passAtService(5);
    expect(line()).toEqual({ open: 1, peak: 1, logins: 1 });
    await postgres.start();
    await sendsAgain('after a moment');
    expect(line()).toEqual({ open: 1, peak: 1, logins: 1 });
    expect(texts()).toEqual(['after a moment']);
  });

  it('for longer than a lease ends the connection before the lease does, and it comes back by itself', async () => {
    await postgres.stop();
    await passUntil(
      () => passAtService(1),
      'closed',
      () => line().open === 0,
      LEASE,
    );
    await until('it says why', () => house.service.output().includes('"why":"not renewed in time"'));
    await passAtService(3);
    expect((await house.service.get('/health/live')).status).toBe(200);
    await postgres.start();
    await house.clock.until('logged in again', () => line().open === 1, TAKEOVER);
    await sendsAgain('after a while');
    expect(line()).toEqual({ open: 1, peak: 1, logins: 2 });
    expect(house.whatsapp.unreadable).toEqual([]);
  });

  it('while something comes in: it is acknowledged when it is stored, and not before', async () => {
    const heard = async () =>
      (
        await house.database.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM gateway_contacts WHERE heard_at IS NOT NULL',
        )
      )[0]!.n;
    const before = await heard();
    await postgres.stop();
    const id = await house.whatsapp.say(account, newNumber(), 'ada orang?');
    // Whatever it tries again within two seconds, it cannot be stored.
    await passAtService(2);
    expect(house.whatsapp.acknowledged.has(id)).toBe(false);
    await postgres.start();
    // Whether this connection lived or another one got it: WhatsApp delivers what was not acknowledged again.
    await until('back', async () => (await send('hidup').catch(() => null))?.status === 200);
    expect(house.whatsapp.acknowledged.has(id) ? (await heard()) - before : 1).toBe(1);
    expect(house.whatsapp.unreadable).toEqual([]);
  });
});

describe('a database that is frozen', () => {
  it('lets nothing leave meanwhile, and nothing is used twice afterwards', async () => {
    await sendsAgain('before the frost');
    const sent = texts().length;
    postgres.freeze();
    const answer = send('in the frost');
    await passAtService(4);
    expect(texts()).toHaveLength(sent);
    postgres.thaw();
    expect([200, 503]).toContain((await answer).status);
    await sendsAgain('after the frost');
    expect(house.whatsapp.unreadable).toEqual([]);
    expect(line()).toMatchObject({ open: 1, peak: 1 });
  });
});
