import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { type Service } from '../../support/service.js';

type Headers = Record<string, string>;

let house: GatewayHouse;
/** A key that linked the account `clinic`, one without the scope to read codes, and one that owns nothing. */
let key: Headers;
let stranger: Headers;
let reader: Headers;

beforeAll(async () => {
  house = await openGatewayHouse({ OTP_RESEND_COOLDOWN: '60', OTP_SENDS_PER_HOUR: '3', OTP_SENDS_PER_DAY: '4' });
  [key, stranger, reader] = await Promise.all([
    house.key('sessions', 'messages', 'otp'),
    house.key('sessions', 'otp', 'otp:read'),
    house.key('sessions', 'otp', 'otp:read', 'messages'),
  ]);
  await house.link('clinic', newNumber(), key);
  await house.link('shop', newNumber(), stranger);
});
afterAll(async () => house.close());
afterEach(() => {
  house.whatsapp.reply = () => 'ack';
});

const post = (path: string, body: unknown, headers = key, service: Service = house.service) =>
  service.post(path, body, headers);
const send = (to: string, more: Record<string, unknown> = {}, headers = key, session = 'clinic') =>
  post(`/api/messages/${session}/otp`, { to, ...more }, headers);
const verify = (phone: string, otp: string, headers = key) => post('/api/otp/verify', { phone, otp }, headers);
const status = (phone: string, headers = key) => house.service.get(`/api/otp/status/${phone}`, headers);

function codeFor(to: string): string {
  const text = house.whatsapp.messagesTo(to).at(-1)?.text ?? '';
  return /^\*(\d+)\*$/m.exec(text)?.[1] ?? '';
}

async function sent(to: string, more: Record<string, unknown> = {}, headers = key, session = 'clinic') {
  const answer = await send(to, more, headers, session);
  if (answer.status !== 200) throw new Error(answer.text);
  return codeFor(to);
}

/** Lets time pass for what is remembered of a number. */
async function pass(to: string, seconds: number): Promise<void> {
  const lists = ['sends', 'failed_sends', 'guesses'].map(
    (name) => `${name} = ARRAY(SELECT t - $2::interval FROM unnest(${name}) t ORDER BY t)`,
  );
  const span = `${seconds} seconds`;
  await house.database.query(`UPDATE verification_phones SET ${lists.join()} WHERE phone = $1`, [`+${to}`, span]);
  await house.database.query(
    `UPDATE verifications SET created_at = created_at - $2::interval, expires_at = expires_at - $2::interval WHERE phone = $1`,
    [`+${to}`, span],
  );
}

describe('POST /api/messages/:sessionId/otp', () => {
  it('sends a code that names the company, with the code on a line of its own', async () => {
    const to = newNumber();
    const answer = await send(to, { companyName: 'RSUD Jayapura' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      success: true,
      message: 'Kode OTP terkirim',
      data: {
        sessionId: 'clinic',
        to: `${to}@s.whatsapp.net`,
        messageId: expect.stringMatching(/^3EB0/),
        timestamp: INSTANT,
        expiresAt: INSTANT,
        resendAt: INSTANT,
      },
    });
    const { text } = house.whatsapp.messagesTo(to)[0]!;
    expect(text).toMatch(/^\*\d{6}\*$/m);
    expect(text).toContain('untuk RSUD Jayapura:');
    const left = (at: string) => (Date.parse(answer.body.data[at]) - Date.now()) / 1000;
    expect(left('expiresAt')).toBeGreaterThan(290);
    expect(left('expiresAt')).toBeLessThanOrEqual(300);
    expect(left('resendAt')).toBeGreaterThan(50);
    expect(left('resendAt')).toBeLessThanOrEqual(60);
  });

  it('keeps the code as a hash alone', async () => {
    const to = newNumber();
    const code = await sent(to);
    const [row] = await house.database.query(`SELECT v::text AS text FROM verifications v WHERE phone = $1`, [
      `+${to}`,
    ]);
    expect(row!['text']).not.toContain(code);
    const queued = await house.database.query('SELECT sealed_content FROM gateway_messages WHERE recipient = $1', [
      `+${to}`,
    ]);
    expect(queued).toEqual([{ sealed_content: null }]);
    expect(house.service.output()).not.toContain(code);
  });

  it.each([4, 8])('makes codes of %d digits', async (length) => {
    expect(await sent(newNumber(), { length })).toHaveLength(length);
  });

  it('names the key where no company is named', async () => {
    const to = newNumber();
    await sent(to);
    expect(house.whatsapp.messagesTo(to)[0]!.text).toContain('untuk sessions messages otp:');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a link', { companyName: 'Bank https://evil.example' }],
    ['a bare host', { companyName: 'evil.co.id' }],
    ['a second line', { companyName: 'Bank\n*999999*' }],
    ['markup', { companyName: '*Bank*' }],
    ['another code', { companyName: 'Bank 123456' }],
    ['a long name', { companyName: 'x'.repeat(61) }],
    ['no text', { companyName: { toString: 'x' } }],
    ['three digits', { length: 3 }],
    ['nine digits', { length: 9 }],
    ['half a digit', { length: 4.5 }],
    ['eleven minutes', { expiresIn: 660 }],
    ['less than a minute', { expiresIn: 5 }],
    ['half a minute more', { expiresIn: 90 }],
    ['a list of seconds', { expiresIn: [300] }],
  ])('refuses %s', async (_, more) => {
    expectFailure(await send(newNumber(), more), 400, 'validation_failed');
  });

  it('hands the code over only to keys that may read it', async () => {
    await house.link('lab', newNumber(), reader);
    const to = newNumber();
    expect((await send(to, {}, reader, 'lab')).body.data.otp).toBe(codeFor(to));
    expect((await send(newNumber())).body.data).not.toHaveProperty('otp');
  });

  it('sends by linked accounts of the key alone', async () => {
    const to = newNumber();
    expectFailure(await send(to, {}, stranger), 404, 'session_not_found');
    expect(await house.database.query('SELECT 1 FROM verifications WHERE phone = $1', [`+${to}`])).toEqual([]);
  });

  it('asks for the scope', async () => {
    expectFailure(await send(newNumber(), {}, {}), 401, 'unauthenticated');
    expectFailure(await send(newNumber(), {}, await house.key('messages')), 403, 'forbidden');
  });

  it('sends another one only when the cooldown is over', async () => {
    const to = newNumber();
    await sent(to);
    const early = await send(to);
    expectFailure(early, 429, 'otp_rate_limited');
    expect(retryAfter(early)).toBeGreaterThan(50);
    expect(retryAfter(early)).toBeLessThanOrEqual(60);
    await pass(to, 60);
    await sent(to);
  });

  it('counts no send that failed for certain, but lets nobody try for ever', async () => {
    const to = newNumber();
    house.whatsapp.strangers.add(to);
    for (let at = 0; at < 10; at++) expectFailure(await send(to), 422, 'not_on_whatsapp');
    expectFailure(await send(to), 429, 'otp_rate_limited');
    expect((await status(to)).body.data).toMatchObject({ status: 'failed', attemptsLeft: 0 });
    house.whatsapp.strangers.delete(to);
    await pass(to, 600);
    expect(await sent(to)).toHaveLength(6);
  });

  it('keeps a code that may have arrived', async () => {
    const to = newNumber();
    house.whatsapp.reply = () => 'silence';
    expectFailure(await send(to), 504, 'message_unconfirmed');
    expect((await verify(to, codeFor(to))).status).toBe(200);
    expectFailure(await send(to), 429, 'otp_rate_limited');
  });
});

describe('the limits of a number', () => {
  it('hold for each key, and twice over for all of them', async () => {
    const to = newNumber();
    const both = [
      [key, 'clinic'],
      [stranger, 'shop'],
    ] as const;
    for (let round = 0; round < 3; round++) {
      for (const [headers, session] of both) await sent(to, {}, headers, session);
      await pass(to, 61);
    }
    for (const [headers, session] of both) {
      const answer = await send(to, {}, headers, session);
      expectFailure(answer, 429, 'otp_rate_limited');
      expect(retryAfter(answer)).toBeGreaterThan(3_000);
    }
    // A third key meets the cap over all of them.
    await house.link('third', newNumber(), await house.key('sessions'));
    expectFailure(await send(to, {}, house.admin, 'third'), 429, 'otp_rate_limited');
    await pass(to, 3_600);
    await sent(to, {}, house.admin, 'third');
  });
});

describe('POST /api/otp/verify', () => {
  it('takes a right code once', async () => {
    const to = newNumber();
    const code = await sent(to);
    const answer = await verify(to, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ success: true, message: 'Kode OTP benar', data: { verified: true } });
    expectFailure(await verify(to, code), 400, 'invalid_otp');
  });

  it("knows another key's code as little as none", async () => {
    const to = newNumber();
    const code = await sent(to);
    expectFailure(await verify(to, code, stranger), 400, 'invalid_otp');
    expectFailure(await verify(to, code, house.admin), 400, 'invalid_otp');
    expectFailure(await status(to, stranger), 404, 'verification_not_found');
    expectFailure(await post('/api/otp/expire', { phone: to }, stranger), 404, 'verification_not_found');
    expectFailure(await post('/api/otp/resend', { phone: to }, stranger), 404, 'verification_not_found');
    expect((await verify(to, code)).status).toBe(200);
  });

  it('refuses a code of another number', async () => {
    const [one, other] = [newNumber(), newNumber()];
    const code = await sent(one);
    await sent(other);
    if (code !== codeFor(other)) expectFailure(await verify(other, code), 400, 'invalid_otp');
  });

  it('tells how many attempts are left, and takes nothing after the last', async () => {
    const to = newNumber();
    const code = await sent(to);
    for (const left of [2, 1, 0])
      expect((await verify(to, wrong(code))).body).toMatchObject({
        code: 'invalid_otp',
        details: { attemptsLeft: left },
      });
    expectFailure(await verify(to, code), 400, 'invalid_otp');
    expect((await status(to)).body.data).toMatchObject({ status: 'pending', attemptsLeft: 0 });
  });

  it('has a budget that a resend does not refill', async () => {
    const to = newNumber();
    let code = await sent(to);
    for (let at = 0; at < 3; at++) await verify(to, wrong(code));
    await pass(to, 61);
    expect((await post('/api/otp/resend', { phone: to })).status).toBe(200);
    code = codeFor(to);
    for (const left of [1, 0]) expect((await verify(to, wrong(code))).body.details).toEqual({ attemptsLeft: left });
    const locked = await verify(to, code);
    expectFailure(locked, 429, 'otp_locked');
    expect(retryAfter(locked)).toBeGreaterThan(700);
    expect(retryAfter(locked)).toBeLessThanOrEqual(900);
    // A code that nobody may try is not sent.
    await pass(to, 61);
    expectFailure(await post('/api/otp/resend', { phone: to }), 429, 'otp_rate_limited');
  });

  it('counts each guess for longer when a budget was used up twice, and three times, in an hour', async () => {
    const to = newNumber();
    for (const [least, most] of [
      [880, 900],
      [1_780, 1_800],
      [3_580, 3_600],
    ] as const) {
      for (let at = 0; at < 5; at++) expectFailure(await verify(to, '000000', stranger), 400, 'invalid_otp');
      const locked = await verify(to, '000000', stranger);
      expectFailure(locked, 429, 'otp_locked');
      expect(retryAfter(locked)).toBeGreaterThan(least);
      expect(retryAfter(locked)).toBeLessThanOrEqual(most);
      await pass(to, most);
    }
  });

  it('is not kept from its own code by what another key guesses', async () => {
    const to = newNumber();
    const code = await sent(to);
    for (let at = 0; at < 6; at++) await verify(to, '000000', stranger);
    expect((await verify(to, code)).status).toBe(200);
  });

  it('refuses a code that is over', async () => {
    const to = newNumber();
    const code = await sent(to, { expiresIn: 60 });
    await pass(to, 60);
    expectFailure(await verify(to, code), 400, 'invalid_otp');
    expect((await status(to)).body.data.status).toBe('expired');
  });

  it.each([undefined, '', 'abcdef', '123', '123456789', 'kode 1234 atau 56789', 123456, ['123456'], { $ne: '' }])(
    'refuses the code %j',
    async (otp) => {
      expectFailure(await post('/api/otp/verify', { phone: newNumber(), otp }), 400, 'validation_failed');
    },
  );

  it.each(['', 'x', '021234567', '+14155550100'])('refuses the number %j', async (phone) => {
    expectFailure(await post('/api/otp/verify', { phone, otp: '123456' }), 400, 'invalid_phone');
  });
});

describe('status, resend and expire', () => {
  it('tell what became of a code', async () => {
    const to = newNumber();
    expectFailure(await status(to), 404, 'verification_not_found', 'Tidak ada kode OTP untuk nomor ini');
    const code = await sent(to);
    expect((await status(`0${to.slice(2)}`)).body.data).toEqual({
      status: 'pending',
      expiresAt: INSTANT,
      attemptsLeft: 3,
    });
    expect((await verify(to, `Kode Anda: *${code}*, berlaku 5 menit`)).status).toBe(200);
    expect((await status(to)).body.data).toEqual({
      status: 'verified',
      expiresAt: INSTANT,
      attemptsLeft: 0,
      verifiedAt: INSTANT,
    });
    expectFailure(await post('/api/otp/resend', { phone: to }), 404, 'verification_not_found');
  });

  it('send a new code in the same name, and the old one dies', async () => {
    const to = newNumber();
    const old = await sent(to, { companyName: 'Apotek Sehat', length: 8 });
    expectFailure(await post('/api/otp/resend', { phone: to }), 429, 'otp_rate_limited');
    await pass(to, 60);
    expect((await post('/api/otp/resend', { phone: to })).status).toBe(200);
    expect(house.whatsapp.messagesTo(to).at(-1)!.text).toContain('Apotek Sehat');
    const code = codeFor(to);
    expect(code).toHaveLength(8);
    if (code !== old) expectFailure(await verify(to, old), 400, 'invalid_otp');
    expect((await verify(to, code)).status).toBe(200);
  });

  it('end a code before its time', async () => {
    const to = newNumber();
    const code = await sent(to);
    const answer = await post('/api/otp/expire', { phone: to });
    expect(answer.body.data).toEqual({ status: 'expired', expiresAt: INSTANT, attemptsLeft: 0 });
    expectFailure(await verify(to, code), 400, 'invalid_otp');
    expectFailure(await post('/api/otp/expire', { phone: to }), 404, 'verification_not_found');
  });
});

describe('the small things', () => {
  it('make random digits for linked accounts of the caller', async () => {
    const get = (query: string, headers = key) =>
      house.service.get(`/api/messages/clinic/generate-otp${query}`, headers);
    const [one, other] = [await get('?length=8'), await get('?length=8')];
    expect(one.body).toEqual({
      success: true,
      message: 'Kode dibuat',
      data: { otp: expect.stringMatching(/^\d{8}$/) },
    });
    expect(one.body.data.otp).not.toBe(other.body.data.otp);
    for (const query of ['', '?length=']) expect((await get(query)).body.data.otp).toHaveLength(6);
    for (const length of ['3', '9', 'x', '4&length=5'])
      expectFailure(await get(`?length=${length}`), 400, 'validation_failed');
    expectFailure(await get('', stranger), 404, 'session_not_found');
  });

  it.each([
    ['0812-3456-7890', '+6281234567890'],
    ['6281234567890', '+6281234567890'],
    ['021234567', null],
    ['%3Cscript%3E', null],
  ])('format %s', async (number, formatted) => {
    const answer = await house.service.get(`/api/messages/format-phone/${number}`, key);
    expect(answer.body.data).toEqual({
      original: decodeURIComponent(number),
      formatted,
      jid: formatted && `${formatted.slice(1)}@s.whatsapp.net`,
      valid: formatted !== null,
    });
  });
});

describe('an account that is erased', () => {
  it('leaves no code and no limit of its number behind', async () => {
    const to = newNumber();
    const made = await post('/api/users', { fullName: 'Siti', phone: to }, house.admin);
    expect(made.status).toBe(201);
    await sent(to);
    expect((await house.service.send('DELETE', `/api/users/${made.body.data.id}`, undefined, house.admin)).status).toBe(
      200,
    );
    for (const table of ['verifications', 'verification_phones'])
      expect(await house.database.query(`SELECT 1 FROM ${table} WHERE phone = $1`, [`+${to}`])).toEqual([]);
  });
});
