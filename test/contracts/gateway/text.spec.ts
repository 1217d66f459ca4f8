import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT, retryAfter } from '../../support/answers.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { until } from '../../support/waits.js';

let house: GatewayHouse;
let account: string;

beforeAll(async () => {
  house = await openGatewayHouse({}, { movingClock: true });
  account = newNumber();
  await house.link('main', account);
});
afterAll(async () => house.close());
afterEach(() => {
  house.whatsapp.reply = () => 'ack';
});

const post = (path: string, body: unknown, headers = house.admin) => house.service.post(path, body, headers);
const national = (digits: string) => digits.replace(/^62/, '0');

interface StoredMessage {
  state: string;
  error: string | null;
  sealed: boolean;
  delivered_at: Date | null;
  read_at: Date | null;
}

async function stored(to: string): Promise<StoredMessage[]> {
  return house.database.query(
    `SELECT state, error, sealed_content IS NOT NULL AS sealed, delivered_at, read_at FROM gateway_messages WHERE recipient = $1 ORDER BY id`,
    [`+${to}`],
  );
}

describe('POST /api/messages/:sessionId/text', () => {
  it('answers when WhatsApp has taken the message', async () => {
    const to = newNumber();
    const text = 'Antrean *12* 👋\n“silakan”';
    const answer = await house.text('main', national(to), text);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      success: true,
      message: 'Pesan terkirim',
      data: {
        sessionId: 'main',
        to: `${to}@s.whatsapp.net`,
        messageId: expect.stringMatching(/^3EB0[0-9A-F]{18}$/),
        timestamp: INSTANT,
      },
    });
    const [message, ...more] = house.whatsapp.messagesTo(to);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ id: answer.body.data.messageId, from: account, text });
    expect(await stored(to)).toEqual([
      { state: 'SENT', error: null, sealed: false, delivered_at: null, read_at: null },
    ]);
  });

  it('does not answer before', async () => {
    const to = newNumber();
    let release = () => {};
    house.whatsapp.reply = () => new Promise((resolve) => (release = () => resolve('ack')));
    let answered = false;
    const answer = house.text('main', to, 'halo').finally(() => (answered = true));
    await until('it came in', () => house.whatsapp.messagesTo(to).length === 1);
    // Others are answered meanwhile.
    expect((await house.service.get('/api/sessions/main/status', house.admin)).status).toBe(200);
    await house.clock.pass(5);
    expect(answered).toBe(false);
    release();
    expect((await answer).status).toBe(200);
  });

  it.each(['0812-3456-7890', '6281234567890', '+62 812 3456 7890', '6281234567890@s.whatsapp.net'])(
    'takes %s for a number',
    async (to) => {
      expect((await house.text('main', to, 'halo')).body.data.to).toBe('6281234567890@s.whatsapp.net');
    },
  );

  it('takes `message` for `text`', async () => {
    const to = newNumber();
    expect((await post('/api/messages/main/text', { to, message: 'halo' })).status).toBe(200);
    expect(house.whatsapp.messagesTo(to)[0]).toMatchObject({ text: 'halo' });
  });

  it('keeps the order in which messages came', async () => {
    const to = newNumber();
    const texts = Array.from({ length: 10 }, (_, at) => `nomor ${at}`);
    const queued = () =>
      house.database.query<{ whatsapp_id: string }>(
        'SELECT whatsapp_id FROM gateway_messages WHERE recipient = $1 ORDER BY id',
        [`+${to}`],
      );
    const answers = [];
    for (const [at, text] of texts.entries()) {
      answers.push(house.text('main', to, text));
      // Calls that are under way at once may come in in any order.
      await until(`${text} came in`, async () => (await queued()).length > at);
    }
    for (const answer of answers) expect((await answer).status).toBe(200);
    const sent = house.whatsapp.messagesTo(to);
    expect(sent.map(({ id }) => id)).toEqual((await queued()).map(({ whatsapp_id }) => whatsapp_id));
    expect(sent.map(({ text }) => text)).toEqual(texts);
  });

  it.each<[unknown, string]>([
    [undefined, 'invalid_phone'],
    [6281234567890, 'invalid_phone'],
    ['', 'invalid_phone'],
    ['bukan nomor', 'invalid_phone'],
    ['021234567', 'invalid_phone'],
    ['+14155550100', 'invalid_phone'],
    ['120363000000000000@g.us', 'invalid_phone'],
    ['status@broadcast', 'invalid_phone'],
    ['81355512345.0', 'invalid_phone'],
    [['081234567890'], 'invalid_phone'],
    [{ $ne: '' }, 'invalid_phone'],
  ])('refuses the recipient %j', async (to, code) => {
    expectFailure(await post('/api/messages/main/text', { to, text: 'halo' }), 400, code);
  });

  it.each<[string, Record<string, unknown>]>([
    ['no text', {}],
    ['an empty text', { text: '' }],
    ['null twice', { text: null, message: null }],
    ['a number', { text: 5 }],
    ['a list', { text: ['halo'] }],
    ['a NUL', { text: 'a\u0000b' }],
    ['half a surrogate pair', { text: '\ud800' }],
    ['a text that is too long', { text: 'x'.repeat(65_537) }],
    ['an object', { message: {} }],
  ])('refuses %s', async (_, body) => {
    const answer = await post('/api/messages/main/text', { to: '081234567890', ...body });
    expectFailure(answer, 400, 'validation_failed');
  });

  it('tells a number that is not on WhatsApp, and sends nothing', async () => {
    const to = newNumber();
    house.whatsapp.strangers.add(to);
    expectFailure(await house.text('main', to, 'halo'), 422, 'not_on_whatsapp', 'Nomor tidak terdaftar di WhatsApp');
    expect(house.whatsapp.messagesTo(to)).toEqual([]);
    expect(await stored(to)).toMatchObject([{ state: 'FAILED', error: 'not_on_whatsapp', sealed: false }]);
  });

  it('tells that WhatsApp refused a message', async () => {
    const to = newNumber();
    house.whatsapp.reply = () => 479;
    expectFailure(await house.text('main', to, 'halo'), 502, 'message_refused');
    expect(await stored(to)).toMatchObject([{ state: 'FAILED', error: 'refused', sealed: false }]);
  });

  it('says that nobody knows when WhatsApp does not answer', async () => {
    const to = newNumber();
    house.whatsapp.reply = () => 'silence';
    expectFailure(await house.text('main', to, 'halo'), 504, 'message_unconfirmed');
    expect(await stored(to)).toMatchObject([{ state: 'UNKNOWN', sealed: false }]);
  });

  it('sends again, as the same message, when the connection ends before an answer', async () => {
    const to = newNumber();
    house.whatsapp.reply = (message) => {
      house.whatsapp.reply = () => 'ack';
      house.whatsapp.drop(message.from);
      return 'silence';
    };
    const answer = await house.text('main', to, 'halo');
    expect(answer.status).toBe(200);
    const ids = house.whatsapp.messagesTo(to).map(({ id }) => id);
    expect(ids).toEqual([answer.body.data.messageId, answer.body.data.messageId]);
    expect(house.whatsapp.unreadable).toEqual([]);
  });

  it('says that nobody knows when the connection ends before an answer, and does not come back in time', async () => {
    const [name, to] = ['cut-off', newNumber()];
    await house.link(name, newNumber());
    const hasty = await house.another({ GATEWAY_SEND_TIMEOUT: '5' });
    house.whatsapp.reply = (message) => {
      house.whatsapp.refuseLogins = 503;
      house.whatsapp.drop(message.from);
      return 'silence';
    };
    const answer = await house.text(name, to, 'halo', house.admin, hasty);
    house.whatsapp.refuseLogins = undefined;
    expectFailure(answer, 504, 'message_unconfirmed');
    expect(house.whatsapp.messagesTo(to)).toHaveLength(1);
    expect(await stored(to)).toMatchObject([{ state: 'UNKNOWN', sealed: false }]);
    await hasty.stop();
  });

  it('refuses when the linked account is not connected', async () => {
    const made = await post('/api/sessions/create', { sessionId: 'unlinked' });
    expect(made.status).toBe(201);
    const answer = await house.text('unlinked', '081234567890', 'halo');
    expectFailure(answer, 409, 'session_not_connected', 'Session tidak terhubung');
  });

  it.each(['nobody', '..%2fmain', 'A'.repeat(65), 'main%00', '%7bmain%7d'])(
    'knows no linked account %s',
    async (name) => {
      expectFailure(await house.text(name, '081234567890', 'halo'), 404, 'session_not_found');
    },
  );

  it('asks for a key with the scope', async () => {
    expectFailure(await house.text('main', '081234567890', 'halo', {}), 401, 'unauthenticated');
    expectFailure(await house.text('main', '081234567890', 'halo', await house.key('sessions')), 403, 'forbidden');
  });

  it("knows another key's linked account as little as none", async () => {
    const [mine, other] = [await house.key('sessions', 'messages'), await house.key('sessions', 'messages')];
    const phone = newNumber();
    await house.link('mine', phone, mine);
    expect((await house.text('mine', '081234567890', 'halo', mine)).status).toBe(200);
    expectFailure(await house.text('mine', '081234567890', 'halo', other), 404, 'session_not_found');
    expect(house.whatsapp.messages.filter(({ from }) => from === phone)).toHaveLength(1);
  });
});

describe('receipts', () => {
  it('move a message forward only, in whatever order they come', async () => {
    const to = newNumber();
    expect((await house.text('main', to, 'halo')).status).toBe(200);
    const [message] = house.whatsapp.messagesTo(to);
    house.whatsapp.tell(message!, 'delivered');
    await until('delivered', async () => (await stored(to))[0]?.state === 'DELIVERED');
    house.whatsapp.tell(message!, 'read');
    await until('read', async () => (await stored(to))[0]?.state === 'READ');
    const [before] = await stored(to);
    expect(before).toMatchObject({ delivered_at: expect.any(Date), read_at: expect.any(Date) });
    house.whatsapp.tell(message!, 'delivered');
    // A receipt behind it on the same connection has been read.
    const later = newNumber();
    expect((await house.text('main', later, 'halo')).status).toBe(200);
    house.whatsapp.tell(house.whatsapp.messagesTo(later)[0]!, 'delivered');
    await until('a later one', async () => (await stored(later))[0]?.state === 'DELIVERED');
    expect(await stored(to)).toEqual([before]);
  });
});

describe('an account that WhatsApp restricts', () => {
  it('writes only to people that it has heard from, and tries nothing else meanwhile', async () => {
    const [friend, stranger] = [newNumber(), newNumber()];
    await house.whatsapp.say(account, friend, 'apa kabar');
    await until(
      'heard',
      async () => (await house.database.query('SELECT 1 FROM gateway_contacts WHERE heard_at IS NOT NULL')).length > 0,
    );
    house.whatsapp.reply = ({ to }) => (to === friend ? 'ack' : 463);
    const refused = await house.text('main', stranger, 'halo');
    expectFailure(refused, 503, 'session_restricted');
    expect(retryAfter(refused)).toBeGreaterThan(60);
    const asked = house.whatsapp.messages.length;
    expectFailure(await house.text('main', newNumber(), 'halo'), 503, 'session_restricted');
    expect(house.whatsapp.messages).toHaveLength(asked);
    expect((await house.text('main', friend, 'baik')).status).toBe(200);
    house.whatsapp.reply = () => 'ack';
    await house.database.query(`UPDATE gateway_sessions SET restricted_until = now() - interval '1 second'`);
    expect((await house.text('main', newNumber(), 'halo')).status).toBe(200);
  });
});

describe('the log', () => {
  it('holds no numbers, no texts and no keys', async () => {
    const to = newNumber();
    await house.text('main', to, 'rahasia besar');
    const log = house.service.output();
    expect(log).toContain('linked WhatsApp account connected');
    for (const secret of [to, account, 'rahasia besar', 'privKey', 'chainKey', 'Closing session'])
      expect(log).not.toContain(secret);
  });
});
