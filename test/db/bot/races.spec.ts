import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { atOnce, tally } from '../../support/crowds.js';
import { newPhone, openHouse, QUICK, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { endClaims } from '../../support/messages.js';
import { rawRequest } from '../../support/raw-http.js';
import { troubles, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU, answersTo, kept, postWhapi, say, stateOf, whapiMessage } from '../../support/webhooks.js';

// What holds for any number of deliveries at once, over instances, and for instances that die.

let house: House;
let one: Service;
let other: Service;

beforeAll(async () => {
  house = await openHouse({ ...QUICK, DATABASE_POOL: '8' });
  one = house.service;
  other = await house.inOtherProcess();
});
afterAll(async () => house.close());

const either = (at: number) => (at % 2 === 0 ? one : other);

/** Places of a conversation's messages. */
const positions = async (phone: string): Promise<number[]> => {
  const rows = await house.database.query<{ position: number }>(
    'SELECT position FROM conversation_messages WHERE phone = $1 ORDER BY position',
    [phone],
  );
  return rows.map(({ position }) => position);
};
const counted = (to: number) => Array.from({ length: to }, (_, at) => at + 1);

describe('one message a hundred times at once', () => {
  it('takes effect once, by its id', async () => {
    const phone = newPhone();
    const message = whapiMessage(phone, 'Halo');
    const answers = await atOnce(100, (at) => postWhapi(either(at), [message]));
    expect(tally(answers)).toEqual({ 200: 100 });
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    expect(await answersTo(house, phone)).toEqual([MENU]);
    const [row] = await house.database.query<object>(
      'SELECT unread, last_position FROM conversations WHERE phone = $1',
      [phone],
    );
    expect(row).toEqual({ unread: 1, last_position: 2 });
  });

  it('takes effect once, by sender, text and time', async () => {
    const phone = newPhone();
    const message = { from: phone.slice(1), text: { body: 'agent' }, timestamp: Math.floor(Date.now() / 1000) };
    const answers = await atOnce(100, (at) => postWhapi(either(at), [message]));
    expect(tally(answers)).toEqual({ 200: 100 });
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    expect(await answersTo(house, phone)).toHaveLength(1);
  });

  it('acts once also when it comes a hundred times in each of many bodies', async () => {
    const phone = newPhone();
    const message = whapiMessage(phone, 'Halo');
    await atOnce(10, (at) =>
      postWhapi(
        either(at),
        Array.from({ length: 100 }, () => message),
      ),
    );
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('is one sender’s: an id that another one’s message has is a repetition of it', async () => {
    const [phone, stranger] = [newPhone(), newPhone()];
    const message = whapiMessage(phone, 'Halo');
    await postWhapi(one, [message]);
    await postWhapi(other, [{ ...message, from: stranger.slice(1), chat_id: `${stranger.slice(1)}@s.whatsapp.net` }]);
    expect(await kept(house, stranger)).toEqual([]);
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const headers = bearer(await logIn(one, username));
    const listed = (await one.get('/api/conversations?limit=100', headers)).body.data as { phone: string }[];
    expect(listed.map((each) => each.phone)).not.toContain(stranger.replace('+62', '0'));
  });
});

describe('a hundred messages of one sender at once', () => {
  it('get exactly twenty answers, and are all kept in one order', async () => {
    const phone = newPhone();
    const answers = await atOnce(100, (at) => postWhapi(either(at), [whapiMessage(phone, `Halo ${at}`)]));
    expect(tally(answers)).toEqual({ 200: 100 });
    expect(await positions(phone)).toEqual(counted(120));
    const conversations = await house.database.query<object>(
      'SELECT unread, last_position, cardinality(answered_at) AS answered FROM conversations WHERE phone = $1',
      [phone],
    );
    expect(conversations).toEqual([{ unread: 100, last_position: 120, answered: 20 }]);
    expect(await answersTo(house, phone)).toHaveLength(20);
  });

  it('do not stop the staff from answering, nor the other way round', async () => {
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const headers = bearer(await logIn(one, username));
    const phone = newPhone();
    await say(one, phone, 'pause');
    const path = `/api/conversations/${phone}`;
    const answers = await atOnce(60, (at) => {
      if (at % 3 === 0) return either(at).post(`${path}/reply`, { text: `balasan ${at}` }, headers);
      if (at % 3 === 1) return postWhapi(either(at), [whapiMessage(phone, `pesan ${at}`)]);
      return either(at).send('PATCH', path, '{"read":true}', { 'content-type': 'application/json', ...headers });
    });
    expect(tally(answers)).toEqual({ 200: 60 });
    expect(await positions(phone)).toEqual(counted(42));
    expect(await answersTo(house, phone)).toHaveLength(21);
  });
});

describe('the order of arrival', () => {
  /** Requests of one connection, written in one piece: they arrive in this order, and none waits for an answer. */
  const arrive = (service: Service, phone: string, words: string[]) => {
    const requests = words.map((word) => {
      const body = JSON.stringify({ messages: [whapiMessage(phone, word)] });
      return rawRequest('POST', '/webhook/whapi', ['Content-Type: application/json'], body);
    });
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname, () => socket.write(requests.join('')));
    socket.resume();
    return socket;
  };

  it('is the order in which commands act, however quickly they come', async () => {
    const words = ['agent', 'pause', 'bot', 'agent', 'bot', 'pause'];
    const last = { agent: 'AGENT', pause: 'PAUSE', bot: 'BOT' } as Record<string, string>;
    for (let round = 0; round < 10; round++) {
      const phone = newPhone();
      const said = words.slice(0, 2 + (round % 5));
      const socket = arrive(one, phone, said);
      await until('all are taken', async () => (await kept(house, phone)).length === 2 * said.length);
      socket.destroy();
      expect(await stateOf(house, phone)).toBe(last[said.at(-1) ?? '']);
    }
  });

  it('holds within a body', async () => {
    const phone = newPhone();
    await postWhapi(
      one,
      ['pause', 'bot', 'agent', 'pause', 'agent'].map((word) => whapiMessage(phone, word)),
    );
    expect(await stateOf(house, phone)).toBe('AGENT');
    const answers = await answersTo(house, phone);
    expect(answers.map((text) => /dihentikan|aktif kembali|petugas/.exec(text)?.[0])).toHaveLength(5);
  });
});

describe('an instance that is killed', () => {
  it('after its 200 has lost neither the message nor the answer, which another sends', async () => {
    const phone = newPhone();
    const dying = await house.anotherProcess();
    house.fake.forNumber(phone, { hang: true, delivers: false });
    const message = whapiMessage(phone, 'Halo');
    expect((await postWhapi(dying, [message])).status).toBe(200);
    await dying.stop('SIGKILL');
    house.fake.forNumber(phone, undefined);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    await endClaims(house.database, phone);
    expect((await postWhapi(other, [message])).status).toBe(200);
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });

  it('when it is stopped, first sends what it has accepted', async () => {
    const phone = newPhone();
    const stopping = await house.anotherProcess();
    expect((await postWhapi(stopping, [whapiMessage(phone, 'Halo')])).status).toBe(200);
    expect(await stopping.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(house.fake.messagesFor(phone)).toEqual([MENU]);
  });
});

describe('a database that does not answer', () => {
  it('is answered with 503, and a repeated delivery takes effect once', async () => {
    const phone = newPhone();
    await say(one, phone, 'pause');
    const lock = await house.database.lock('SELECT 1 FROM conversations WHERE phone = $1 FOR UPDATE', [phone]);
    const messages = [whapiMessage(newPhone(), 'Halo'), whapiMessage(phone, 'agent')];
    const answer = await postWhapi(one, messages);
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    await lock.release();
    expect(await stateOf(house, phone)).toBe('PAUSE');
    expect((await postWhapi(other, messages)).status).toBe(200);
    expect(await stateOf(house, phone)).toBe('AGENT');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text', 'IN text', 'OUT text']);
  });

  it('does not keep the others waiting: a conversation that is locked holds up itself alone', async () => {
    const stuck = newPhone();
    await say(one, stuck, 'pause');
    const lock = await house.database.lock('SELECT 1 FROM conversations WHERE phone = $1 FOR UPDATE', [stuck]);
    const waiting = atOnce(30, () => postWhapi(one, [whapiMessage(stuck, 'Halo')]));
    const phone = newPhone();
    await say(one, phone, 'Halo');
    const person = await house.person();
    expect((await house.request(person.phone)).status).toBe(200);
    await lock.release();
    expect(tally(await waiting)).toEqual({ 200: 30 });
  });
});

it('none of this was logged as an error', () => {
  const expected = /"code":"database_unavailable"|statement timeout/;
  expect([...troubles(one), ...troubles(other)].filter((line) => !expected.test(line))).toEqual([]);
});
