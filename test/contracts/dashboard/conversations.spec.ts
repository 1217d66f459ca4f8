import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { national, newPhone, openHouse, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { messagesOf } from '../../support/messages.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU, answersTo, kept, postWhapi, say, stateOf, whapiMessage } from '../../support/webhooks.js';

// docs/contract/dashboard.md#conversations

let house: House;
let service: Service;
let staff: Record<string, string>;
let operatorId: string;

beforeAll(async () => {
  house = await openHouse();
  service = house.service;
  const operator = await newcomer(house, { role: 'OPERATOR', fullName: 'Ruth Mandowen' });
  operatorId = operator.id;
  staff = bearer(await logIn(service, operator.username));
});
afterAll(async () => {
  expect(troubles(service)).toEqual([]);
  await house.close();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const BASE = '/api/conversations';
const list = (query = '', headers = staff) => service.get(`${BASE}${query}`, headers);
const one = (phone: string, headers = staff) => service.get(`${BASE}/${encodeURIComponent(phone)}`, headers);
const messages = (phone: string, query = '', headers = staff) =>
  service.get(`${BASE}/${encodeURIComponent(phone)}/messages${query}`, headers);
const reply = (phone: string, body: unknown, headers = staff) =>
  service.post(`${BASE}/${encodeURIComponent(phone)}/reply`, body, headers);
const change = (phone: string, body: unknown, headers = staff) =>
  service.send('PATCH', `${BASE}/${encodeURIComponent(phone)}`, JSON.stringify(body), { ...JSON_TYPE, ...headers });

const texts = (answer: Answer): string[] => answer.body.data.map(({ text }: { text: string }) => text);

describe('who has access', () => {
  const calls: [string, (phone: string, headers: Record<string, string>) => Promise<Answer>][] = [
    ['list', (_, headers) => list('', headers)],
    ['one', (phone, headers) => one(phone, headers)],
    ['read', (phone, headers) => messages(phone, '', headers)],
    ['reply', (phone, headers) => reply(phone, { text: 'x' }, headers)],
    ['change', (phone, headers) => change(phone, { state: 'PAUSE' }, headers)],
  ];

  it.each(calls)('%s: staff only', async (_, call) => {
    const phone = newPhone();
    await say(service, phone, 'Halo');
    expectFailure(await call(phone, {}), 401, 'unauthenticated');
    for (const role of ['KARYAWAN', 'USER'] as const) {
      const { username } = await newcomer(house, { role });
      expectFailure(await call(phone, bearer(await logIn(service, username))), 403, 'forbidden');
    }
    expect([await stateOf(house, phone), await kept(house, phone)]).toEqual(['BOT', ['IN text', 'OUT text']]);
    for (const role of ['ADMIN', 'SUPERVISOR'] as const) {
      const { username } = await newcomer(house, { role });
      expect((await call(phone, bearer(await logIn(service, username)))).status).toBe(200);
    }
  });
});

describe('GET /api/conversations', () => {
  beforeEach(() => house.database.query('DELETE FROM conversations'));

  it('shows the whole number, the state, the newest message and what is unread', async () => {
    const phone = newPhone();
    await say(service, phone, 'agent', { from_name: 'Ibu\u202e Ani\n' });
    await say(service, phone, `Anak saya demam ${'sekali '.repeat(40)}`, { from_name: undefined });
    const answer = await list();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      success: true,
      message: 'Daftar percakapan',
      data: [
        {
          phone: national(phone),
          name: 'Ibu Ani',
          state: 'AGENT',
          unread: 2,
          canReply: true,
          lastMessage: {
            id: expect.any(String),
            direction: 'in',
            kind: 'text',
            preview: `Anak saya demam ${'sekali '.repeat(40)}`.slice(0, 100),
            at: INSTANT,
          },
          startedAt: INSTANT,
          lastActivityAt: INSTANT,
        },
      ],
      nextCursor: null,
    });
  });

  it('goes by the newest activity, page by page, and by state', async () => {
    const phones = Array.from({ length: 7 }, () => newPhone());
    for (const phone of phones) await say(service, phone, 'pause');
    await say(service, phones[2] ?? '', 'agent');
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await list(`?limit=3&cursor=${cursor}`);
      expect(body.data.length).toBeLessThanOrEqual(3);
      seen.push(...body.data.map(({ phone }: { phone: string }) => phone));
      cursor = body.nextCursor;
    }
    const expected = [phones[2], ...phones.filter((_, at) => at !== 2).reverse()].map((phone) => national(phone ?? ''));
    expect(seen).toEqual(expected);
    const agents = await list('?state=AGENT');
    expect(agents.body.data.map(({ phone }: { phone: string }) => phone)).toEqual([national(phones[2] ?? '')]);
    expect((await list('?state=BOT')).body.data).toEqual([]);
    expect((await list('?state=&limit=&cursor=')).body.data).toHaveLength(7);
  });

  it.each(['?limit=0', '?limit=101', '?limit=x', '?state=bot', '?cursor=x', '?cursor=MSAx', '?cursor=a&cursor=b'])(
    'refuses %s',
    async (query) => {
      expectFailure(await list(query), 400, 'validation_failed');
    },
  );

  it('does not move when the bot answers after a later message of another', async () => {
    const [one, other] = [newPhone(), newPhone()];
    await say(service, one, 'Halo');
    await say(service, other, 'Halo');
    await answersTo(house, one);
    expect((await list()).body.data.map(({ phone }: { phone: string }) => phone)).toEqual([other, one].map(national));
  });
});

describe('GET /api/conversations/:phone', () => {
  it('shows one, as the list does, by any spelling of its number', async () => {
    const phone = newPhone();
    await say(service, phone, 'agent', { from_name: 'Ibu Ani' });
    const listed = (await list()).body.data[0];
    expect(listed.phone).toBe(national(phone));
    for (const spelling of [phone, national(phone), phone.slice(1)]) {
      const answer = await one(spelling);
      expect(answer.body).toEqual({ success: true, message: 'Percakapan', data: listed });
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('says when there is none', async () => {
    expectFailure(await one(newPhone()), 404, 'conversation_not_found');
    for (const typed of ['abc', '0', `${newPhone()}x`, '%', "'", '0812\u0000', 'id:', `id:${'x'.repeat(200)}`])
      expectFailure(await one(typed), 400, 'invalid_phone');
    expectFailure(await one('id:98765432101234@lid'), 404, 'conversation_not_found');
  });
});

describe('GET /api/conversations/:phone/messages', () => {
  it('shows both directions, newest first, with what became of an answer', async () => {
    const phone = newPhone();
    await say(service, phone, 'Halo', { timestamp: 1795000000 });
    await answersTo(house, phone);
    await reply(phone, { text: 'Selamat pagi' });
    await answersTo(house, phone);
    await until('the outcome is written', async () => (await messages(phone)).body.data[0].delivery === 'accepted');
    const { body } = await messages(phone);
    const answer = { direction: 'out', kind: 'text', media: null, provider: null, at: INSTANT, sentAt: null };
    const taken = { delivery: 'accepted', reason: null };
    const byStaff = { answeredBy: 'staff', sentBy: operatorId, sentByName: 'Ruth Mandowen' };
    const id = expect.any(String);
    expect(body).toEqual({
      success: true,
      message: 'Isi percakapan',
      data: [
        { ...answer, id, text: 'Selamat pagi', ...byStaff, ...taken },
        { ...answer, id, text: MENU, answeredBy: 'bot', sentBy: null, sentByName: null, ...taken },
        {
          id,
          direction: 'in',
          kind: 'text',
          text: 'Halo',
          media: null,
          provider: 'whapi',
          answeredBy: null,
          sentBy: null,
          sentByName: null,
          delivery: null,
          reason: null,
          at: INSTANT,
          sentAt: '2026-11-18T11:06:40.000Z',
        },
      ],
      nextCursor: null,
    });
  });

  it('knows what became of an answer also when it is history', async () => {
    const phone = newPhone();
    await say(service, phone, 'Halo');
    await answersTo(house, phone);
    await until('it is history', async () => (await messagesOf(house.database, phone))[0]?.fence === null);
    await house.database.query(`UPDATE message_history SET state = 'DELIVERED' WHERE recipient = $1`, [phone]);
    expect((await messages(phone)).body.data[0]).toMatchObject({ text: MENU, delivery: 'delivered' });
  });

  it('keeps of media what it is and where the provider has it', async () => {
    const phone = newPhone();
    const document = { id: 'doc-1', mime_type: 'application/pdf', filename: 'hasil lab.pdf', caption: 'hasil saya' };
    await postWhapi(service, [whapiMessage(phone, undefined, { type: 'document', document })]);
    expect((await messages(phone)).body.data[1]).toMatchObject({
      kind: 'document',
      text: 'hasil saya',
      // Whapi is none of this service's providers: nobody can be asked for the file.
      media: { id: 'doc-1', url: null, mimeType: 'application/pdf', fileName: 'hasil lab.pdf', canOpen: false },
    });
  });

  it('says why an answer was not sent', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    await answersTo(house, phone);
    await reply(phone, { text: 'Selamat pagi' });
    await answersTo(house, phone);
    const shownAs = async (state: string) => {
      for (const table of ['messages', 'message_history'])
        await house.database.query(
          `UPDATE ${table} SET state = '${state}', last_error = 'recipient-not-on-whatsapp' WHERE recipient = $1`,
          [phone],
        );
      const { delivery, reason } = (await messages(phone)).body.data[0];
      return [delivery, reason];
    };
    await until('it is history', async () =>
      (await messagesOf(house.database, phone)).every(({ fence }) => fence === null),
    );
    expect(await shownAs('FAILED')).toEqual(['failed', 'recipient-not-on-whatsapp']);
    // Another provider has taken it since.
    expect(await shownAs('DELIVERED')).toEqual(['delivered', null]);
  });

  it('goes page by page, in the order of arrival', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    for (let at = 1; at <= 9; at++) await say(service, phone, `pesan ${at}`);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const answer = await messages(phone, `?limit=4&cursor=${cursor}`);
      seen.push(...texts(answer));
      cursor = answer.body.nextCursor;
    }
    const expected = Array.from({ length: 9 }, (_, at) => `pesan ${9 - at}`);
    expect([seen.slice(0, 9), seen.slice(10)]).toEqual([expected, ['pause']]);
  });

  it('finds a number in any spelling', async () => {
    const phone = newPhone();
    await say(service, phone, 'Halo');
    const digits = phone.slice(1);
    for (const spelling of [
      phone,
      digits,
      national(phone),
      `${digits}@s.whatsapp.net`,
      `+62 ${digits.slice(2)}`,
      `(0${digits.slice(2, 5)}) ${digits.slice(5)}`,
    ])
      expect([spelling, (await messages(spelling)).status]).toEqual([spelling, 200]);
    const abroad = `+1202555${String(process.pid % 10_000).padStart(4, '0')}`;
    await say(service, abroad, 'Hello');
    expect(texts(await messages(abroad))).toEqual(['Hello']);
    expect((await list()).body.data[0]).toMatchObject({ phone: abroad, canReply: false });
    expect((await messages(abroad.slice(1))).status).toBe(200);
  });

  it('says when there is none', async () => {
    expectFailure(await messages(newPhone()), 404, 'conversation_not_found');
    for (const typed of ['abc', '0', '12345', `${newPhone()}x`, '%', "'", '0812\u0000', '+'])
      expectFailure(await messages(typed), 400, 'invalid_phone');
    const phone = newPhone();
    await say(service, phone, 'Halo');
    for (const query of ['?cursor=x', '?limit=0', '?cursor=YmVmb3JlIHg'])
      expectFailure(await messages(phone, query), 400, 'validation_failed');
  });
});

describe('POST /api/conversations/:phone/reply', () => {
  it('sends the text as it is and takes the conversation over', async () => {
    const phone = newPhone();
    await say(service, phone, 'Halo');
    await answersTo(house, phone);
    const text = 'Baik, *Ibu Ani*.\r\n\tSilakan datang ke https://puskesmas.example besok 😀';
    const answer = await reply(national(phone), { text });
    const sent = text.replace('\r\n', '\n');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      success: true,
      message: 'Balasan dikirim',
      data: { direction: 'out', text: sent, answeredBy: 'staff', sentBy: operatorId, delivery: 'pending' },
    });
    await until('it arrives', () => house.fake.messagesFor(phone).length === 2);
    expect(house.fake.messagesFor(phone)[1]).toBe(sent);
    expect(await stateOf(house, phone)).toBe('AGENT');
    const [conversation] = (await list()).body.data;
    expect(conversation).toMatchObject({
      state: 'AGENT',
      unread: 0,
      lastMessage: { direction: 'out', id: answer.body.data.id },
    });
    await say(service, phone, 'Terima kasih');
    expect(await answersTo(house, phone)).toHaveLength(2);
    expect((await list()).body.data[0]).toMatchObject({ unread: 1 });
  });

  it('is not counted against the answers of the bot', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    for (let time = 0; time < 25; time++) expect((await reply(phone, { text: `balasan ${time}` })).status).toBe(200);
    await answersTo(house, phone);
    await say(service, phone, 'bot');
    expect(await answersTo(house, phone)).toHaveLength(27);
  });

  it('is sent once however often it is repeated with its key, also at the same time', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    await answersTo(house, phone);
    const keyed = { ...staff, 'idempotency-key': `"${randomUUID()}"` };
    const answers = await Promise.all(Array.from({ length: 6 }, () => reply(phone, { text: 'satu kali' }, keyed)));
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken.length).toBeGreaterThan(0);
    for (const { status, body } of answers) expect(status === 200 || body.code === 'idempotency_conflict').toBe(true);
    const again = await reply(phone, { text: 'satu kali' }, keyed);
    expect([again.headers.get('idempotency-replayed'), again.text]).toEqual(['true', taken[0]?.text]);
    expectFailure(await reply(phone, { text: 'yang lain' }, keyed), 422, 'idempotency_key_reused');
    expect((await answersTo(house, phone)).filter((text) => text === 'satu kali')).toHaveLength(1);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text', 'OUT text']);
    // Somebody else's key is another one, though it is spelt the same.
    const { username } = await newcomer(house, { role: 'SUPERVISOR' });
    const other = { ...bearer(await logIn(service, username)), 'idempotency-key': keyed['idempotency-key'] };
    expect((await reply(phone, { text: 'dari rekan' }, other)).body.data).toMatchObject({ text: 'dari rekan' });
  });

  it('writes down who did it, and not what it said', async () => {
    const phone = newPhone();
    await say(service, phone, 'Halo');
    const { body } = await reply(phone, { text: 'rahasia medis' });
    const events = await house.database.query<{ type: string; user_id: string; detail: object }>(
      'SELECT type, user_id, detail FROM audit_events WHERE subject_id = $1',
      [body.data.id],
    );
    const masked = `${phone.slice(0, 6)}****${phone.slice(-3)}`;
    expect(events).toEqual([{ type: 'conversation.replied', user_id: operatorId, detail: { phone: masked } }]);
  });

  it('reaches only who has written, and only where the service serves', async () => {
    expectFailure(await reply(newPhone(), { text: 'Halo' }), 404, 'conversation_not_found');
    const abroad = `+1202556${String(process.pid % 10_000).padStart(4, '0')}`;
    await say(service, abroad, 'Hello');
    expectFailure(await reply(abroad, { text: 'Hello' }), 400, 'invalid_phone');
    expect(await stateOf(house, abroad)).toBe('BOT');
    expect(await answersTo(house, abroad)).toEqual([]);
  });

  it.each([
    {},
    { text: '' },
    { text: ' \n\u200b ' },
    { text: 5 },
    { text: ['x'] },
    { text: null },
    { text: 'x'.repeat(4_097) },
    { text: 'a\u0000b' },
    { text: 'a\u001b[31m' },
    { text: '\ud83d' },
  ])('refuses %.30j', async (body) => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    expectFailure(await reply(phone, body), 400, 'validation_failed');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it.each([
    { text: 'x', media: { kind: 'image', url: 'https://files.example/a.png' } },
    { media: null },
    { media: [] },
    { media: 'https://files.example/a.png' },
    { media: {} },
    { media: { kind: 'image' } },
    { media: { kind: 'sticker', url: 'https://files.example/a.png' } },
    { media: { kind: ['image'], url: 'https://files.example/a.png' } },
    { media: { kind: 'image', url: ['https://files.example/a.png'] } },
    { media: { kind: 'image', url: 'http://files.example/a.png' } },
    { media: { kind: 'image', url: 'https://budi:rahasia@files.example/a.png' } },
    { media: { kind: 'image', url: `https://files.example/${'a'.repeat(2_048)}` } },
    { media: { kind: 'image', url: 'https://files.example/a.png', caption: 'x'.repeat(1_025) } },
    { media: { kind: 'image', url: 'https://files.example/a.png', caption: 'a\u0000b' } },
    { media: { kind: 'image', url: 'https://files.example/a.png', fileName: 'a.png' } },
    { media: { kind: 'audio', url: 'https://files.example/a.mp3', caption: 'x' } },
    { media: { kind: 'document', url: 'https://files.example/a.pdf', fileName: '../a.pdf' } },
    { media: { kind: 'document', url: 'https://files.example/a.pdf', fileName: 'a\u202efdp.exe' } },
  ])('refuses the file %.90j', async (body) => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    expectFailure(await reply(phone, body), 400, 'validation_failed');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('says so where no provider that is set up sends files', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    const other = await house.another({
      WHATSAPP_PROVIDERS: 'sms',
      TWILIO_ACCOUNT_SID: 'AC0123456789abcdef0123456789abcdef',
      TWILIO_AUTH_TOKEN: 'a-token-of-a-spec',
      TWILIO_FROM: '+12025550123',
      TWILIO_BASE_URL: 'http://127.0.0.1:9',
    });
    const media = { kind: 'image', url: 'https://files.example/a.png' };
    expectFailure(await other.post(`${BASE}/${phone}/reply`, { media }, staff), 422, 'media_not_sendable');
    expect([await stateOf(house, phone), await kept(house, phone)]).toEqual(['PAUSE', ['IN text', 'OUT text']]);
  });

  it('takes 4,096 characters', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    expect((await reply(phone, { text: 'ä'.repeat(4_096) })).status).toBe(200);
    await until('it arrives', () => house.fake.messagesFor(phone).includes('ä'.repeat(4_096)));
  });
});

describe('PATCH /api/conversations/:phone', () => {
  it('says who answers from now on', async () => {
    const phone = newPhone();
    await say(service, phone, 'agent');
    const answer = await change(phone, { state: 'BOT' });
    expect(answer.body).toMatchObject({
      success: true,
      message: 'Percakapan diperbarui',
      data: { phone: national(phone), state: 'BOT', unread: 1 },
    });
    const before = (await answersTo(house, phone)).length;
    await say(service, phone, 'Halo');
    expect((await answersTo(house, phone)).slice(before)).toEqual([MENU]);
    await change(phone, { state: 'PAUSE' });
    expect(await stateOf(house, phone)).toBe('PAUSE');
    const events = await house.database.query(
      `SELECT detail->>'from' AS "from", detail->>'to' AS "to" FROM audit_events
        WHERE type = 'conversation.changed' AND user_id = $1 ORDER BY occurred_at DESC LIMIT 2`,
      [operatorId],
    );
    expect(events).toEqual([
      { from: 'BOT', to: 'PAUSE' },
      { from: 'AGENT', to: 'BOT' },
    ]);
  });

  it('says that all is read, and leaves out what is not named', async () => {
    const phone = newPhone();
    await say(service, phone, 'agent');
    expect((await change(phone, {})).body.data).toMatchObject({ state: 'AGENT', unread: 1 });
    expect((await change(phone, { read: true })).body.data).toMatchObject({ state: 'AGENT', unread: 0 });
    expect((await change(phone, { read: false, state: null })).body.data).toMatchObject({ state: 'AGENT', unread: 0 });
    expect((await change(phone, { read: '', state: '' })).body.data).toMatchObject({ state: 'AGENT', unread: 0 });
  });

  it('says up to which message is read: what came in after it stays unread', async () => {
    const phone = newPhone();
    await say(service, phone, 'pause');
    for (const text of ['satu', 'dua', 'tiga']) await say(service, phone, text);
    const ids = (await messages(phone)).body.data.map(({ id }: { id: string }) => id);
    expect((await one(phone)).body.data.unread).toBe(4);
    expect((await change(phone, { readTo: ids[1] })).body.data).toMatchObject({ state: 'PAUSE', unread: 1 });
    // An older one takes nothing back.
    expect((await change(phone, { readTo: ids[3] })).body.data).toMatchObject({ unread: 1 });
    expect((await change(phone, { state: 'AGENT' })).body.data).toMatchObject({ state: 'AGENT', unread: 1 });
    expect((await change(phone, { readTo: ids[0] })).body.data).toMatchObject({ unread: 0 });
    await say(service, phone, 'empat');
    expect((await change(phone, { readTo: ids[0], read: true })).body.data).toMatchObject({ unread: 0 });
    const other = newPhone();
    await say(service, other, 'pause');
    const refusal = await change(other, { readTo: ids[0] });
    expectFailure(refusal, 400, 'validation_failed');
    expect(refusal.body.details).toEqual([{ field: 'readTo', problem: 'bukan pesan dalam percakapan ini' }]);
    for (const readTo of ['x', 5, [ids[0]], {}])
      expectFailure(await change(other, { readTo }), 400, 'validation_failed');
    expect((await one(other)).body.data.unread).toBe(1);
  });

  it('refuses an unknown state, and an unknown conversation', async () => {
    const phone = newPhone();
    expectFailure(await change(phone, { state: 'BOT' }), 404, 'conversation_not_found');
    await say(service, phone, 'pause');
    for (const body of [{ state: 'bot' }, { state: ' ' }, { state: 1 }, { state: ['BOT'] }, { read: 'true' }])
      expectFailure(await change(phone, body), 400, 'validation_failed');
    expectFailure(await change('abc', { state: 'BOT' }), 400, 'invalid_phone');
    expect(await stateOf(house, phone)).toBe('PAUSE');
  });
});

describe('what a person may ask for', () => {
  it('the conversation is in the export of the account with that number, for them and for admins', async () => {
    const person = await newcomer(house);
    await say(service, person.e164, 'agent', { from_name: 'Ani' });
    await reply(person.e164, { text: 'Selamat pagi' });
    const tokens = await logIn(service, person.username);
    const own = (await service.get('/api/auth/me/export', bearer(tokens))).body.data;
    expect(own.conversation).toEqual({
      state: 'AGENT',
      name: 'Ani',
      startedAt: INSTANT,
      messages: [
        { direction: 'IN', kind: 'text', text: 'agent', fileName: null, at: INSTANT },
        { direction: 'OUT', kind: 'text', text: expect.stringContaining('petugas'), fileName: null, at: INSTANT },
        { direction: 'OUT', kind: 'text', text: 'Selamat pagi', fileName: null, at: INSTANT },
      ],
    });
    const admin = await newcomer(house, { role: 'ADMIN' });
    const asked = await service.get(`/api/users/${person.id}/export`, bearer(await logIn(service, admin.username)));
    expect(asked.body.data.conversation).toEqual(own.conversation);
    const other = await newcomer(house);
    const others = await service.get('/api/auth/me/export', bearer(await logIn(service, other.username)));
    expect(others.body.data.conversation).toBeNull();
    expect(others.text).not.toContain('Selamat pagi');
  });

  it('an erasure takes it along, and that answers went to the number', async () => {
    const [person, neighbour] = [await newcomer(house), newPhone()];
    for (const phone of [person.e164, neighbour]) {
      await say(service, phone, 'Halo');
      await answersTo(house, phone);
    }
    await until('it is history', async () => (await messagesOf(house.database, person.e164))[0]?.fence === null);
    await say(service, person.e164, '1');
    const admin = await newcomer(house, { role: 'ADMIN' });
    const headers = bearer(await logIn(service, admin.username));
    expect((await service.send('DELETE', `/api/users/${person.id}`, undefined, headers)).status).toBe(200);
    const left = await house.database.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM (
         SELECT phone FROM conversations UNION ALL SELECT phone FROM conversation_messages UNION ALL
         SELECT recipient FROM messages UNION ALL SELECT recipient FROM message_history UNION ALL SELECT recipient FROM developer_inbox
       ) held WHERE phone = $1`,
      [person.e164],
    );
    expect(left).toEqual([{ rows: 0 }]);
    expect(await kept(house, neighbour)).toEqual(['IN text', 'OUT text']);
    expectFailure(await messages(person.e164), 404, 'conversation_not_found');
  });
});

describe('what the database says to who has it alone', () => {
  it('is neither what was written nor who wrote', async () => {
    const phone = newPhone();
    const secret = 'penyakit rahasia 8812';
    await say(service, phone, secret, { from_name: 'Nama Rahasia 881304279917' });
    await reply(phone, { text: 'jawaban rahasia 881404279918' });
    const rows = await house.database.query<{ all: string }>(
      `SELECT (c::text || coalesce(string_agg(m::text, ' '), '')) AS all FROM conversations c
         JOIN conversation_messages m ON m.phone = c.phone WHERE c.phone = $1 GROUP BY c.*`,
      [phone],
    );
    const outbox = await house.database.query<{ all: string }>(
      'SELECT m::text AS all FROM messages m WHERE recipient = $1 UNION ALL SELECT h::text FROM message_history h WHERE recipient = $1',
      [phone],
    );
    for (const text of [secret, 'Rahasia', 'rahasia', '881304279917', '881404279918']) {
      for (const form of [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64')])
        expect(JSON.stringify([...rows, ...outbox])).not.toContain(form);
    }
    expect(service.output()).not.toMatch(/rahasia/i);
    expect(service.output()).not.toContain(phone.slice(1));
  });
});
