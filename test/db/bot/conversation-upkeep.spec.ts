import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversationSeal } from '../../../src/incoming/bot/conversation-seal.js';
import { ConversationRecordsRepository } from '../../../src/incoming/bot/conversation-records.repository.js';
import { AuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { Database } from '../../../src/platform/database/database.js';
import { type ServiceLogger } from '../../../src/platform/log/logger.js';
import { newPhone, openHouse, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { until } from '../../support/waits.js';
import { kept, postWhapi, say, stateOf, whapiMessage } from '../../support/webhooks.js';

// What time does to conversations: retention, and another AUTH_SECRET.

const OLD = 'the old secret of the conversations, Zk3vN8qL1x';
const NEW = 'the new secret of the conversations, B2mC9pD4sF';

let house: House;
let pool: pg.Pool;
let repository: ConversationRecordsRepository;

beforeAll(async () => {
  house = await openHouse({ AUTH_SECRET: OLD, DATABASE_POOL: '4' });
  pool = new pg.Pool({ connectionString: house.database.url, max: 2 });
  repository = new ConversationRecordsRepository(new Database(pool));
});
afterAll(async () => {
  await pool.end();
  await house.close();
});

const age = async (phone: string, days: number, upTo = 1_000_000) => {
  const span = `${days} days`;
  await house.database.query(
    `UPDATE conversation_messages SET created_at = created_at - $2::interval WHERE phone = $1 AND position <= $3`,
    [phone, span, upTo],
  );
  return span;
};

describe('retention', () => {
  beforeEach(() => house.database.query('DELETE FROM conversations'));

  it('drops messages of their age, and conversations in which nothing is left', async () => {
    const [silent, mixed, fresh] = [newPhone(), newPhone(), newPhone()];
    for (const phone of [silent, mixed, fresh]) await say(house.service, phone, 'pause');
    await say(house.service, mixed, 'agent');
    const span = await age(silent, 91);
    await house.database.query(
      `UPDATE conversations SET last_activity_at = last_activity_at - $2::interval WHERE phone = $1`,
      [silent, span],
    );
    await age(mixed, 91, 2);
    expect(await repository.dropOlderThan(90)).toBe(false);
    expect(await stateOf(house, silent)).toBeUndefined();
    expect([await stateOf(house, mixed), await kept(house, mixed)]).toEqual(['AGENT', ['IN text', 'OUT text']]);
    expect(await kept(house, fresh)).toEqual(['IN text', 'OUT text']);
  });

  it('goes on batch by batch until nothing old is left', async () => {
    const phone = newPhone();
    await say(house.service, phone, 'pause');
    await house.database.query(
      `INSERT INTO conversation_messages (id, phone, position, direction, kind, sealed_content, provider, created_at)
       SELECT gen_random_uuid(), $1, n, 'IN', 'text', '\\x00', 'whapi', now() - interval '100 days' FROM generate_series(100, 1349) n`,
      [phone],
    );
    const more: boolean[] = [];
    do more.push(await repository.dropOlderThan(90));
    while (more.at(-1));
    expect(more).toEqual([true, true, false]);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('leaves a list and a history that can be read', async () => {
    const phone = newPhone();
    await say(house.service, phone, 'pause');
    await age(phone, 91);
    await repository.dropOlderThan(90);
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const headers = bearer(await logIn(house.service, username));
    const { body } = await house.service.get('/api/conversations', headers);
    expect(body.data).toMatchObject([{ state: 'PAUSE', lastMessage: null }]);
    const history = await house.service.get(`/api/conversations/${phone}/messages`, headers);
    expect(history.body).toMatchObject({ data: [], nextCursor: null });
    await say(house.service, phone, 'bot');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });
});

describe('another AUTH_SECRET', () => {
  it('reads, forgets no repetition, and seals everything anew, until the old one can go', async () => {
    await house.database.query('DELETE FROM conversations');
    const phone = newPhone();
    const message = { from: phone.slice(1), text: { body: 'agent' }, timestamp: Math.floor(Date.now() / 1000) };
    await postWhapi(house.service, [{ ...message, from_name: 'Ani' }]);
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const headers = bearer(await logIn(house.service, username));
    const after = await house.another({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD });
    const read = async (service = after) => {
      const [first] = (await service.get('/api/conversations', headers)).body.data;
      const history = (await service.get(`/api/conversations/${phone}/messages`, headers)).body.data;
      return [first.name, ...history.map(({ text }: { text: string | null }) => text)];
    };
    const before = await read();
    expect(before).toEqual(['Ani', expect.stringContaining('petugas'), 'agent']);
    await postWhapi(after, [message]);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    // The old instance cannot read what the new secret has sealed, and that is not a failure.
    await postWhapi(after, [whapiMessage(phone, 'dari instansi baru', { from_name: undefined })]);
    expect(await read(house.service)).toEqual(['Ani', null, before[1], 'agent']);

    const logger = { warn: () => undefined } as unknown as ServiceLogger;
    const changing = new ConversationSeal(new AuthSecret(NEW, new AuthSecret(OLD)), logger);
    const anew = changing.anew.bind(changing);
    expect([await repository.reseal('messages', anew), await repository.reseal('names', anew)]).toEqual([2, 1]);
    expect([await repository.reseal('messages', anew), await repository.reseal('names', anew)]).toEqual([0, 0]);
    const seal = new ConversationSeal(new AuthSecret(NEW), logger);
    const [row] = await repository.list({ state: null, after: null, count: 1 });
    expect(seal.openName(row?.sealed_name ?? null, phone)).toBe('Ani');
    const texts = (await repository.messages(phone, 100, 100)).map(
      ({ sealed_content, id }) => seal.openContent(sealed_content, id)?.text,
    );
    expect(texts).toEqual(['dari instansi baru', before[1], 'agent']);
  });

  it('is taken up by the service itself, which says when it is done', async () => {
    const phone = newPhone();
    await say(house.service, phone, 'pause');
    const after = await house.another({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD });
    await until(
      'all is sealed anew',
      () => after.output().includes('conversations are sealed under AUTH_SECRET'),
      60_000,
    );
    await after.stop();
    const alone = await house.another({ AUTH_SECRET: NEW });
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const headers = bearer(await logIn(alone, username));
    const { body } = await alone.get(`/api/conversations/${phone}/messages`, headers);
    expect(body.data[1].text).toBe('pause');
  });
});
