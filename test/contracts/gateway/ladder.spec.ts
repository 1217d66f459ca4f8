import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { endCooldown } from '../../support/codes.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { messagesOf } from '../../support/messages.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// The `session` rung of the login ladder: codes by an account that is linked here.

let house: GatewayHouse;

afterEach(() => {
  house.whatsapp.reply = () => 'ack';
});

/** Somebody who can log in: digits and E.164. */
async function person(): Promise<{ digits: string; phone: string }> {
  const { e164: phone } = await house.person();
  return { phone, digits: phone.slice(1) };
}

const request = (phone: string, at: Service = house.service) => at.post('/api/auth/otp/request', { phone });
const codeIn = (text: string | null | undefined) => /\*(\d+)\*/.exec(text ?? '')?.[1];
/** Without the answers of the bot, which hears what people write. */
const codesTo = (digits: string) => house.whatsapp.messagesTo(digits).filter(({ text }) => codeIn(text) !== undefined);

async function messageStates(phone: string): Promise<string[]> {
  return (await messagesOf(house.database, phone)).map(({ state }) => state);
}

describe('with any linked account', () => {
  const [first, second] = [newNumber(), newNumber()];

  beforeAll(async () => {
    const settings = { WHATSAPP_PROVIDERS: 'session', PROVIDER_TIMEOUT: '3', SEND_TIMEOUT: '4' };
    house = await openGatewayHouse(settings, { movingClock: true });
  });
  afterAll(async () => house.close());

  it('says that nothing is connected before one is, also when an API key has linked one', async () => {
    const { phone } = await person();
    const key = await house.key('sessions', 'messages');
    await house.link('a-tenants', newNumber(), key);
    const answer = await request(phone);
    expectFailure(answer, 503, 'whatsapp_unavailable');
    expect((await house.service.get('/api/health')).body.whatsapp).toBe('disconnected');
    // Whoever linked it would read the codes of everybody on the linked phone.
    expect(house.whatsapp.messages).toEqual([]);
  });

  it('sends the code by it, and notes what becomes of the message', async () => {
    await house.link('first', first);
    // A state may be a second old.
    const whatsapp = async () => (await house.service.get('/api/health')).body.whatsapp;
    await until('it is said to be connected', async () => (await whatsapp()) === 'connected');
    const { phone, digits } = await person();
    const answer = await request(phone);
    expect(answer.body).toMatchObject({ success: true, data: { channel: 'session' } });
    const [message] = house.whatsapp.messagesTo(digits);
    expect(message).toMatchObject({ from: first, text: expect.stringContaining('Kode OTP untuk login') });
    await until('accepted', async () => (await messageStates(phone))[0] === 'ACCEPTED');
    house.whatsapp.tell(message!, 'delivered');
    await until('delivered', async () => (await messageStates(phone))[0] === 'DELIVERED');
    house.whatsapp.tell(message!, 'read');
    await until('read', async () => (await messageStates(phone))[0] === 'READ');
    const verified = await house.service.post('/api/auth/otp/verify', { phone, otpCode: codeIn(message?.text) });
    expect(verified.body.message).toBe('Login berhasil');
  });

  it('asks first the linked account that knows the number', async () => {
    await house.link('second', second);
    const { phone, digits } = await person();
    for (const account of [first, second, first]) {
      const before = Date.now();
      const all = house.whatsapp.messagesTo(digits).length;
      await house.whatsapp.say(account, digits, 'halo');
      const heard = () =>
        house.database.query(
          `SELECT 1 FROM gateway_contacts c JOIN gateway_sessions s ON s.id = c.session_id WHERE s.name = $1 AND c.heard_at >= $2`,
          [account === first ? 'first' : 'second', new Date(before)],
        );
      await until('heard', async () => (await heard()).length > 0);
      await until('the bot has answered', () => house.whatsapp.messagesTo(digits).length > all);
      const sent = codesTo(digits).length;
      await endCooldown(house.database, phone);
      expect((await request(phone)).status).toBe(200);
      const after = codesTo(digits);
      expect(after).toHaveLength(sent + 1);
      expect(after.at(-1)?.from).toBe(account);
    }
  });

  it('sends it also from an instance that does not hold the linked account', async () => {
    const other = await house.another();
    const { phone, digits } = await person();
    const answer = await request(phone, other);
    expect(answer.body).toMatchObject({ success: true, data: { channel: 'session' } });
    expect(house.whatsapp.messagesTo(digits)).toHaveLength(1);
    await other.stop();
  });

  it('moves on when the number is not on WhatsApp', async () => {
    const { phone, digits } = await person();
    house.whatsapp.strangers.add(digits);
    expectFailure(await request(phone), 503, 'whatsapp_unavailable');
    expect(house.whatsapp.messagesTo(digits)).toEqual([]);
  });

  it('is forgotten with the person', async () => {
    const { phone, digits } = await person();
    await house.whatsapp.say(first, digits, 'halo');
    await until('the bot has answered', () => house.whatsapp.messagesTo(digits).length > 0);
    expect((await request(phone)).status).toBe(200);
    const [user] = await house.database.query<{ id: string }>('SELECT id FROM users WHERE phone = $1', [phone]);
    const contacts = async () =>
      (await house.database.query<{ count: number }>('SELECT count(*)::int FROM gateway_contacts'))[0]!.count;
    const before = await contacts();
    expect((await house.service.send('DELETE', `/api/users/${user?.id}`, undefined, house.admin)).status).toBe(200);
    expect(await house.database.query('SELECT 1 FROM gateway_messages WHERE recipient = $1', [phone])).toEqual([]);
    expect(await contacts()).toBeLessThan(before);
  });

  it('never sends a code late', async () => {
    await house.service.send('DELETE', '/api/sessions/second', undefined, house.admin);
    const release: (() => void)[] = [];
    house.whatsapp.reply = () => new Promise((resolve) => release.push(() => resolve('ack')));
    const blocked = house.text('first', newNumber(), 'lama');
    await until('the linked account is busy', () => release.length === 1);
    const { phone, digits } = await person();
    expectFailure(await request(phone), 503, 'whatsapp_unavailable');
    house.whatsapp.reply = () => 'ack';
    release[0]!();
    expect((await blocked).status).toBe(200);
    // The linked account is free, and sends what is queued in its order.
    expect((await house.text('first', newNumber(), 'baru')).status).toBe(200);
    await house.clock.pass(5);
    expect(house.whatsapp.messagesTo(digits)).toEqual([]);
  });
});

describe('with the linked account that WHATSAPP_SESSION_ID names', () => {
  beforeAll(async () => {
    house = await openGatewayHouse({ WHATSAPP_SESSION_ID: 'login' });
  });
  afterAll(async () => house.close());

  it('uses this one alone', async () => {
    const [login, another] = [newNumber(), newNumber()];
    await house.link('another', another);
    const { phone, digits } = await person();
    expectFailure(await request(phone), 503, 'whatsapp_unavailable');
    await house.link('login', login);
    expect((await request(phone)).status).toBe(200);
    expect(house.whatsapp.messagesTo(digits).map(({ from }) => from)).toEqual([login]);
  });

  it('lets no API key take its name', async () => {
    const key = await house.key('sessions');
    const before = await house.service.send('DELETE', '/api/sessions/login', undefined, house.admin);
    expect(before.status).toBe(200);
    expectFailure(await house.service.post('/api/sessions/create', { sessionId: 'login' }, key), 403, 'forbidden');
  });
});
