import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { brokenCodesOf, endCooldown, wrongCodes } from '../../support/codes.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House } from '../../support/house.js';
import { loginsOf } from '../../support/logins.js';
import { messagesOf } from '../../support/messages.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let instances: [Service, Service];

beforeAll(async () => {
  house = await openHouse();
  ({ database, fake: whacenter } = house);
  instances = [house.service, await house.inOtherProcess()];
});

afterAll(async () => house.close());

/** What a caller may be told, whatever happens at once. */
const expected = ({ status, body }: Answer) => [200, 400, 429].includes(status) || body.code === 'busy';

it('a storm on one phone uses no code twice, and leaves no broken row, no deadlock, no surprise and no session too many', async () => {
  const { e164: phone, id } = await house.person();
  const answers: Answer[] = [];
  const loggedIn = () => answers.filter(({ body }) => body.data?.token !== undefined).length;
  const codesSent = () =>
    answers.filter(({ body }) => body.data?.sessionId !== undefined && body.data.alreadySent !== true).length;
  // A storm is as long as it takes for enough to happen, however slow the machine is.
  const latest = performance.now() + 60_000;
  const goesOn = () => (codesSent() < 40 || loggedIn() < 10) && performance.now() < latest;
  const caller = async (at: number) => {
    for (let turn = at; goesOn(); turn++) {
      const service = instances[turn % 2]!;
      const known = whacenter.codeFor(phone) ?? '000000';
      if (turn % 6 === 0) answers.push(await house.at(service).request(phone));
      else if (turn % 6 === 1) answers.push(await house.at(service).resend(phone));
      else answers.push(await house.at(service).verify(phone, turn % 6 === 2 ? wrongCodes(known, 1)[0]! : known));
    }
  };
  const broken: object[] = [];
  const clock = async () => {
    while (goesOn()) {
      // As if the cooldown and all windows had passed.
      await database.query(
        `UPDATE otp_codes SET sends = '{}', guesses = '{}', failures = 0, current_resend_at = current_resend_at - interval '1 hour' WHERE phone = $1`,
        [phone],
      );
      broken.push(...(await brokenCodesOf(database)));
      await pause(Math.random() * 60);
    }
  };
  await Promise.all([...Array.from({ length: 8 }, (_, at) => caller(at)), clock()]);
  expect(answers.filter((answer) => !expected(answer)).map(({ text }) => text)).toEqual([]);
  expect(broken).toEqual([]);
  const [logins, sent] = [loggedIn(), codesSent()];
  expect(logins).toBeGreaterThanOrEqual(10);
  expect(sent).toBeGreaterThanOrEqual(40);
  expect(await loginsOf(database, id)).toEqual({ sessions: logins, tokens: logins, events: logins });
  // Each login has used a code of its own.
  const used = async () => (await messagesOf(database, phone)).filter(({ verified_at }) => verified_at !== null);
  await until('the used codes are noted', async () => (await used()).length === logins);
  expect(whacenter.messagesFor(phone)).toHaveLength(sent);
  expect(instances.flatMap(troubles)).toEqual([]);
});

/** Sends a code as another instance would, and ends its cooldown at once; the row is held until `commit`. */
async function codeFromElsewhere(phone: string): Promise<{ commit(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM otp_codes WHERE phone = $1 FOR UPDATE', [phone]);
  return {
    commit: async () => {
      await client.query(
        `UPDATE otp_codes SET current_session_id = $1, current_hash = decode(repeat('00', 32), 'hex'), current_issued_at = now(),
                current_expires_at = now() + interval '5 minutes', current_resend_at = now() WHERE phone = $2`,
        [randomUUID(), phone],
      );
      await client.query('COMMIT');
      await client.end();
    },
  };
}

it('a request that loses to others again and again is still told something that a front end knows', async () => {
  const { e164: phone } = await house.person();
  await house.at(instances[0]).code(phone);
  await endCooldown(database, phone);
  let answer: Answer | undefined;
  /** Waits until so many stand in the row's queue, unless the request was answered. */
  const queue = (length: number) =>
    until(`a queue of ${length}`, async () => {
      const rows = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return answer !== undefined || rows.length === length;
    });
  let holder = await codeFromElsewhere(phone);
  const request = house
    .at(instances[0])
    .request(phone)
    .then((its) => (answer = its));
  for (let loss = 0; loss < 10 && answer === undefined; loss++) {
    await queue(1);
    // The next one queues up behind the request, so that it comes first when the request has to begin again.
    const next = codeFromElsewhere(phone);
    await queue(2);
    await holder.commit();
    holder = await next;
  }
  await holder.commit();
  await request;
  expect([answer!.text, expected(answer!)]).toEqual([answer!.text, true]);
});

it('a used code is noted, though another instance moves its message to the history at that moment', async () => {
  const { e164: phone, id: owner } = await house.person();
  const code = await house.at(instances[0]).code(phone);
  const history = () =>
    database.query('SELECT id, created_at, verified_at FROM message_history WHERE recipient = $1', [phone]);
  await until('its message is accepted', async () => (await history()).length === 1);
  const [{ id, created_at: createdAt }] = (await history()) as [{ id: string; created_at: Date }];
  const values = [id, phone, owner, createdAt];
  const columns = `(id, purpose, recipient, user_id, state, attempts, created_at, closed_at`;
  const row = `($1, 'login', $2, $3, 'ACCEPTED', 1, $4, now()`;
  await database.query(
    `WITH back AS (DELETE FROM message_history WHERE id = $1)
     INSERT INTO messages ${columns}, expires_at) VALUES ${row}, now() + interval '5 minutes')`,
    values,
  );
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('DELETE FROM messages WHERE id = $1', [id]);
    await other.query(`INSERT INTO message_history ${columns}) VALUES ${row})`, values);
    expect((await house.at(instances[0]).verify(phone, code)).status).toBe(200);
    await until('the note waits for the message', async () => {
      const waiting = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
    await other.query('COMMIT');
  } finally {
    await other.end();
  }
  await until('it is noted', async () => (await history())[0]?.['verified_at'] instanceof Date);
});
