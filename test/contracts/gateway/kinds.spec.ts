import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT, retryAfter } from '../../support/answers.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/gateway.md#messages: every kind but text, as WhatsApp's server gets it.

let house: GatewayHouse;
let account: string;
/** Lets a young account begin two conversations a day. */
let limited: Service;

beforeAll(async () => {
  house = await openGatewayHouse({ WHATSAPP_PROVIDERS: 'session' });
  account = newNumber();
  await house.link('main', account);
});
afterAll(async () => house.close());

const post = (kind: string, body: Record<string, unknown>, headers = house.admin) =>
  house.service.post(`/api/messages/main/${kind}`, body, headers);

const BUTTONS = [
  { id: 'umum', text: 'Poli Umum' },
  { id: 'gigi', text: 'Poli Gigi' },
];
const SECTIONS = [
  { title: 'Pagi', rows: [{ id: 'p8', title: '08.00', description: 'dr. Sari' }] },
  { title: 'Sore', rows: [{ id: 's4', title: '16.00' }] },
];

describe('POST /api/messages/:sessionId/location', () => {
  it('sends a place', async () => {
    const to = newNumber();
    const place = { latitude: -2.5337, longitude: 140.7181, name: 'Klinik', address: 'Jl. Raya 1, Jayapura' };
    const answer = await post('location', { to, ...place });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({
      sessionId: 'main',
      to: `${to}@s.whatsapp.net`,
      messageId: expect.stringMatching(/^3EB0/),
      timestamp: INSTANT,
    });
    const [message] = house.whatsapp.messagesTo(to);
    expect(message?.id).toBe(answer.body.data.messageId);
    expect(message?.content.locationMessage).toMatchObject({
      degreesLatitude: place.latitude,
      degreesLongitude: place.longitude,
      name: place.name,
      address: place.address,
    });
  });

  it('takes coordinates as text, and blanks for left out', async () => {
    const to = newNumber();
    const place = { latitude: '-2.53', longitude: ' 140.7', name: '', address: '' };
    expect((await post('location', { to, ...place })).status).toBe(200);
    const sent = house.whatsapp.messagesTo(to)[0]?.content.locationMessage;
    expect(sent).toMatchObject({ degreesLatitude: -2.53, degreesLongitude: 140.7 });
    expect([sent?.name, sent?.address].every((text) => !text)).toBe(true);
  });

  it.each<Record<string, unknown>>([
    { latitude: 91 },
    { latitude: '91' },
    { latitude: '-2,53' },
    { latitude: '0x10' },
    { latitude: '1e1' },
    { latitude: '' },
    { longitude: 'Infinity' },
    { latitude: null },
    { longitude: -180.1 },
    { longitude: [140] },
    { name: 'a\nb' },
    { address: 5 },
  ])('refuses %j', async (bad) => {
    const answer = await post('location', { to: '081234567890', latitude: 0, longitude: 0, ...bad });
    expectFailure(answer, 400, 'validation_failed');
  });
});

describe('POST /api/messages/:sessionId/button and /list', () => {
  it('sends buttons as a numbered text, and says so', async () => {
    const to = newNumber();
    const answer = await post('button', { to, text: 'Mau ke mana?', footer: 'Klinik', buttons: BUTTONS });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({ sessionId: 'main', to: `${to}@s.whatsapp.net`, renderedAs: 'text' });
    expect(house.whatsapp.messagesTo(to)[0]?.text).toBe(
      'Mau ke mana?\n\n1. Poli Umum\n2. Poli Gigi\n\nBalas dengan nomor pilihan Anda.\n\n_Klinik_',
    );
  });

  it('sends a list with its sections', async () => {
    const to = newNumber();
    const answer = await post('list', { to, text: 'Pilih jadwal', buttonText: 'Jadwal', sections: SECTIONS });
    expect(answer.body.data).toMatchObject({ renderedAs: 'text' });
    expect(house.whatsapp.messagesTo(to)[0]?.text).toBe(
      'Pilih jadwal\n\n*Jadwal*\n\n*Pagi*\n1. 08.00\n    dr. Sari\n\n*Sore*\n2. 16.00\n\nBalas dengan nomor pilihan Anda.',
    );
  });

  it('takes whole numbers for ids, and blanks for left out', async () => {
    const to = newNumber();
    const buttons = [
      { id: 1, text: 'Ya' },
      { id: '2', text: 'Tidak' },
    ];
    expect((await post('button', { to, text: 'Pilih', footer: '', buttons })).status).toBe(200);
    const sections = [{ title: '', rows: [{ id: 7, title: 'Pagi', description: '' }] }];
    expect((await post('list', { to, text: 'Pilih', footer: '', buttonText: '', sections })).status).toBe(200);
    const texts = house.whatsapp.messagesTo(to).map(({ text }) => text);
    expect(texts).toEqual([
      'Pilih\n\n1. Ya\n2. Tidak\n\nBalas dengan nomor pilihan Anda.',
      'Pilih\n\n1. Pagi\n\nBalas dengan nomor pilihan Anda.',
    ]);
  });

  it.each<[string, unknown, string]>([
    ['button', [{ id: 1.5, text: 'Ya' }], 'buttons.0.id'],
    ['button', [BUTTONS[0], { id: '', text: 'Ya' }], 'buttons.1.id'],
    ['list', [{ rows: [{ id: 'a', title: '' }] }], 'sections.0.rows.0.title'],
  ])('names the field of a %s that is wrong', async (kind, choices, field) => {
    const body = { to: '081234567890', text: 'Pilih', [kind === 'button' ? 'buttons' : 'sections']: choices };
    expect(expectFailure(await post(kind, body), 400, 'validation_failed').details).toMatchObject([{ field }]);
  });

  it.each<[string, string, unknown]>([
    ['no buttons', 'button', []],
    ['too many', 'button', Array.from({ length: 11 }, (_, at) => ({ id: `${at}`, text: 'x' }))],
    ['two with one id', 'button', [BUTTONS[0], BUTTONS[0]]],
    ['a title that looks like two choices', 'button', [{ id: 'a', text: 'Ya\n2. Tidak' }]],
    ['a button without an id', 'button', [{ text: 'Ya' }]],
    ['an object for a list', 'button', { id: 'a', text: 'Ya' }],
    ['a list for a button', 'button', [[BUTTONS[0]]]],
    ['an empty list for a button', 'button', [[]]],
    ['a list for a section', 'list', [SECTIONS]],
    ['an empty list for a row', 'list', [{ rows: [[]] }]],
    ['a text for a list', 'list', 'pagi'],
    ['a section without rows', 'list', [{ title: 'Pagi', rows: [] }]],
    [
      'more rows than anybody reads',
      'list',
      [0, 1].map((part) => ({ rows: Array.from({ length: 26 }, (_, at) => ({ id: `${part}-${at}`, title: 'x' })) })),
    ],
  ])('refuses %s', async (_, kind, choices) => {
    const field = kind === 'button' ? 'buttons' : 'sections';
    const answer = await post(kind, { to: '081234567890', text: 'Pilih', [field]: choices });
    expectFailure(answer, 400, 'validation_failed');
  });

  it('asks for a key with the scope', async () => {
    expectFailure(await post('button', { to: '081234567890' }, {}), 401, 'unauthenticated');
    expectFailure(await post('location', {}, await house.key('sessions')), 403, 'forbidden');
  });
});

describe('the answer to a menu', () => {
  /** The newest message of a conversation, as the staff sees it. */
  async function lastHeard(from: string): Promise<{ kind: string; text: string | null } | undefined> {
    const answer = await house.service.get(`/api/conversations/${from}/messages`, house.admin);
    return (answer.body?.data as { direction: string; kind: string; text: string }[] | undefined)?.find(
      ({ direction }) => direction.toLowerCase() === 'in',
    );
  }
  const answered = async (menuId: string) =>
    (
      await house.database.query<{ answer_id: string | null }>(
        'SELECT answer_id FROM gateway_menus WHERE whatsapp_id = $1',
        [menuId],
      )
    )[0]?.answer_id ?? null;
  const ask = async (to: string) =>
    (await post('button', { to, text: 'Mau ke mana?', buttons: BUTTONS })).body.data.messageId as string;

  it('is the choice, not the number', async () => {
    const to = newNumber();
    const menuId = await ask(to);
    const id = await house.whatsapp.say(account, to, '2');
    await until('the menu is answered', async () => (await answered(menuId)) === id);
    await until('heard', async () => (await lastHeard(to)) !== undefined);
    expect(await lastHeard(to)).toMatchObject({ kind: 'reply', text: 'Poli Gigi' });
    // The next number is a message like any other.
    await house.whatsapp.say(account, to, '1');
    await until('heard', async () => (await lastHeard(to))?.text === '1');
    expect(await lastHeard(to)).toMatchObject({ kind: 'text' });
    expect(await answered(menuId)).toBe(id);
  });

  it('is nobody else’s, and nothing that names no choice', async () => {
    const [to, other] = [newNumber(), newNumber()];
    const menuId = await ask(to);
    await house.whatsapp.say(account, other, '2');
    await house.whatsapp.say(account, to, 'halo');
    await until(
      'both are heard',
      async () => (await lastHeard(other)) !== undefined && (await lastHeard(to)) !== undefined,
    );
    expect(await lastHeard(other)).toMatchObject({ kind: 'text', text: '2' });
    expect(await answered(menuId)).toBeNull();
  });

  it('is not that of a menu that never left, or is too old', async () => {
    const to = newNumber();
    house.whatsapp.reply = () => 479;
    expectFailure(await post('button', { to, text: 'Mau ke mana?', buttons: BUTTONS }), 502, 'message_refused');
    house.whatsapp.reply = () => 'ack';
    await house.whatsapp.say(account, to, '1');
    await until('heard', async () => (await lastHeard(to)) !== undefined);
    expect(await lastHeard(to)).toMatchObject({ kind: 'text', text: '1' });
    await ask(to);
    await house.database.query(`UPDATE gateway_menus SET expires_at = now() - interval '1 second'`);
    await house.whatsapp.say(account, to, '2');
    await until('heard', async () => (await lastHeard(to))?.text === '2');
  });

  it('is recognised by another instance after the one that sent the menu was killed', async () => {
    const [to, phone] = [newNumber(), newNumber()];
    const dying = await house.anotherProcess();
    expect((await dying.post('/api/sessions/create', { sessionId: 'held' }, house.admin)).status).toBe(201);
    await house.whatsapp.scan(await house.qrOf('held'), { phone });
    await house.becomes('held', 'connected', undefined, dying);
    const menu = { to, text: 'Mau ke mana?', buttons: BUTTONS };
    const sent = await dying.post('/api/messages/held/button', menu, house.admin);
    const menuId = sent.body.data.messageId as string;
    const [row] = await house.database.query<{ sealed_choices: Buffer }>(
      'SELECT sealed_choices FROM gateway_menus WHERE whatsapp_id = $1',
      [menuId],
    );
    expect(row?.sealed_choices.toString('latin1')).not.toContain('Poli');
    await dying.stop('SIGKILL');
    // Its lease would end by itself, later.
    await house.database.query(`UPDATE gateway_sessions SET lease_until = now() WHERE name = 'held'`);
    await until('it is back', () => house.whatsapp.line(phone).logins === 2);
    const id = await house.whatsapp.say(phone, to, 'poli umum');
    await until('the menu is answered', async () => (await answered(menuId)) === id);
  });
});

describe('a young account', () => {
  beforeAll(async () => {
    limited = await house.another({ GATEWAY_NEW_CONTACTS_PER_DAY: '2' });
  });

  it('begins a limited number of conversations per day, more each day, and may always answer', async () => {
    const send = (to: string) => house.text('young', to, 'halo', house.admin, limited);
    const made = await limited.post('/api/sessions/create', { sessionId: 'young' }, house.admin);
    expect(made.status).toBe(201);
    const phone = newNumber();
    await house.whatsapp.scan(await house.qrOf('young'), { phone });
    await house.becomes('young', 'connected', undefined, limited);
    const [first, second, third, friend] = [newNumber(), newNumber(), newNumber(), newNumber()];
    expect((await send(first)).status).toBe(200);
    expect((await send(second)).status).toBe(200);
    const refused = await send(third);
    expectFailure(refused, 503, 'session_warming_up');
    expect(retryAfter(refused)).toBeGreaterThan(60);
    expect(house.whatsapp.messagesTo(third)).toEqual([]);
    expect((await send(first)).status).toBe(200);
    await house.whatsapp.say(phone, friend, 'apa kabar');
    await until('heard', () => house.whatsapp.acknowledged.size > 0);
    await until('known', async () => (await send(friend)).status === 200);
    await house.database.query(
      `UPDATE gateway_sessions SET linked_at = now() - interval '25 hours' WHERE name = 'young'`,
    );
    expect((await send(third)).status).toBe(200);
    expect((await send(newNumber())).status).toBe(200);
    expectFailure(await send(newNumber()), 503, 'session_warming_up');
    await house.database.query(
      `UPDATE gateway_sessions SET linked_at = now() - interval '15 days' WHERE name = 'young'`,
    );
    expect((await send(newNumber())).status).toBe(200);
  });
});
