import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { clientAt } from '../support/clients.js';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, newPhone, openHouse, type House } from '../support/house.js';

// Somebody who uses, or has overheard, an Idempotency-Key; over two instances. What the keys do for honest callers:
// test/contracts/service/idempotency.spec.ts, their races: test/db/http/idempotency-races.spec.ts.

let house: House;

beforeAll(async () => {
  house = await openHouse(CROWD, { instances: 2 });
});
afterAll(async () => house.close());

const REQUEST = '/api/auth/otp/request';
const keyed = (key: string) => ({ 'idempotency-key': `"${key}"` });

it('V8.2.2: a key that was overheard gives nobody the first one’s answer', async () => {
  const [owner, thief] = [clientAt(house.service.url, '127.2.0.1'), clientAt(house.service.url, '127.2.0.2')];
  const { phone } = await house.person();
  const key = randomUUID();
  const first = await owner.post(REQUEST, { phone }, keyed(key));
  const overheard = await thief.post(REQUEST, { phone }, keyed(key));
  expect(overheard.headers.get('idempotency-replayed')).toBeNull();
  expect(overheard.body.data.alreadySent).toBe(true);
  expect((await owner.post(REQUEST, { phone }, keyed(key))).text).toBe(first.text);
});

it('V2.4.1: keys get nobody past a limit: of fifty at once one is sent', async () => {
  const { phone } = await house.person();
  const fresh = await atOnce(50, () => house.service.post(REQUEST, { phone }, keyed(randomUUID())));
  expect(tally(fresh)).toEqual({ 200: 50 });
  expect(house.sendsTo(phone)).toBe(1);
});

it('V2.3.4: one key for two requests is refused, whichever instance has the first', async () => {
  const key = randomUUID();
  const caller = clientAt(house.service.url, '127.2.0.3');
  expect((await caller.post(REQUEST, { phone: (await house.person()).phone }, keyed(key))).status).toBe(200);
  for (let at = 0; at < 2; at++)
    expectFailure(await caller.post(REQUEST, { phone: newPhone() }, keyed(key)), 422, 'idempotency_key_reused');
});

it('V14.2.4: neither key nor answer is in the database', async () => {
  const key = randomUUID();
  const { phone } = await house.person();
  const answer = await house.service.post(REQUEST, { phone }, keyed(key));
  const rows = await house.database.query<{ row: string }>(`SELECT k::text AS row FROM idempotency_keys k`);
  const hex = (text: string) => Buffer.from(text).toString('hex');
  for (const secret of [key, answer.body.data.sessionId as string, phone]) {
    for (const { row } of rows) {
      expect(row).not.toContain(secret);
      expect(row).not.toContain(hex(secret));
    }
  }
});
