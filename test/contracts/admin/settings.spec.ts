import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { AUTH_SECRET, openHouse, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';

// What the service runs with, for admins and supervisors to read: docs/console.md#pages.

const FIXED_CODE = '918273';
const WEBHOOK_SECRET = 'secret-of-a-webhook-in-a-spec';
/** Its types are those of a browser, which this spec is not checked with. */
const CONSOLE_TEXTS = '../../../web/console/texts/texts.js';
interface ConsoleTexts {
  readonly settings: { readonly templates: Record<string, string> };
  readonly people: { readonly purposes: Record<string, string> };
}

const PATHS = ['settings', 'templates', 'test-numbers', 'signing-keys'] as const;

let house: House;
let supervisor: Record<string, string>;

beforeAll(async () => {
  house = await openHouse({
    APP_NAME: 'Klinik Uji',
    APP_TEAM: 'Tim Uji',
    OTP_EXPIRES_IN: '7',
    BOT_MENU_INFO: 'Buka jam 8.',
    WHACENTER_WEBHOOK_SECRET: WEBHOOK_SECRET,
    TEST_PHONES: `+6281200000001=delivered,+6281200000002=code:${FIXED_CODE},+6281200000003=locked,until=2099-12-31`,
  });
  const { username } = await newcomer(house, { role: 'SUPERVISOR' });
  supervisor = bearer(await logIn(house.service, username));
});
afterAll(() => house.close());

const read = (path: (typeof PATHS)[number], headers = supervisor) => house.service.get(`/api/admin/${path}`, headers);

it.each(PATHS)('%s: admins and supervisors only, stored by nobody', async (path) => {
  expectFailure(await read(path, {}), 401, 'unauthenticated');
  for (const role of ['OPERATOR', 'KARYAWAN', 'USER'] as const) {
    const { username } = await newcomer(house, { role });
    expectFailure(await read(path, bearer(await logIn(house.service, username))), 403, 'forbidden');
  }
  const answer = await read(path);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect((await read(path, { ...supervisor, 'accept-language': 'en' })).body.message).toBe(answer.body.message);
});

it('tells no secret by any of the routes', async () => {
  const all = await Promise.all(PATHS.map((path) => read(path)));
  const database = new URL(house.database.url);
  const secrets = [AUTH_SECRET, FIXED_CODE, WEBHOOK_SECRET, house.fake.deviceId, database.password].filter(Boolean);
  expect(secrets.length).toBeGreaterThan(3);
  for (const { text } of all) expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  expect(Object.keys(all[3]?.body.data.keys[0]).sort()).toEqual([
    'algorithm',
    'createdAt',
    'kid',
    'removedAt',
    'signsFrom',
    'signsUntil',
    'state',
  ]);
});

it('lists what counts, and where it comes from', async () => {
  const { data } = (await read('settings')).body;
  const of = (name: string) => data.find((each: { name: string }) => each.name === name);
  expect(of('APP_NAME')).toEqual({
    name: 'APP_NAME',
    section: 'Service',
    doc: expect.stringMatching(/^name of the application/),
    source: 'environment',
    masked: false,
    value: 'Klinik Uji',
    otherwise: null,
  });
  expect(of('OTP_LENGTH')).toMatchObject({ source: 'default', value: '6' });
  expect(of('AUTH_SECRET')).toMatchObject({ source: 'environment', masked: true, value: null });
  expect(of('JWT_SECRET')).toMatchObject({ source: 'absent', masked: true, value: null });
});

describe('templates', () => {
  it('are what is sent, letter for letter, in both languages', async () => {
    const { data } = (await read('templates')).body;
    const names = data.map(({ name }: { name: string }) => name);
    expect(names).toEqual([
      'otp.login',
      'otp.phone_change',
      'otp.reset',
      ...names.filter((name: string) => name.startsWith('notice.')),
      'verification',
      ...names.filter((name: string) => name.startsWith('bot.')),
    ]);
    for (const { texts } of data) {
      expect(texts.map(({ language }: { language: string }) => language)).toEqual(['id', 'en']);
      for (const { text } of texts) expect(text.length).toBeGreaterThan(10);
    }
    const { phone } = await house.person({ fullName: 'Ani Wulandari' });
    const code = await house.code(phone);
    const login = data.find(({ name }: { name: string }) => name === 'otp.login');
    expect(login.settings).toEqual(['APP_NAME', 'APP_TEAM', 'OTP_LENGTH', 'OTP_EXPIRES_IN']);
    expect(login.texts[0].text.replace('*123456*', `*${code}*`)).toBe(house.fake.messagesFor(phone).at(-1));
    expect(login.texts[0].text).toContain('7 menit');
    expect(login.texts[1].text).toContain('7 minutes');
    const info = data.find(({ name }: { name: string }) => name === 'bot.info');
    expect(info.texts.map(({ text }: { text: string }) => text)).toEqual(['Buka jam 8.', 'Buka jam 8.']);
  });

  it.each(['id', 'en'] as const)('have a name on each page of the console that names them, in %s', async (language) => {
    const { consoleTexts } = (await import(CONSOLE_TEXTS)) as { consoleTexts: (language: string) => ConsoleTexts };
    const { settings, people } = consoleTexts(language);
    const { data } = (await read('templates')).body;
    const names: string[] = data.map(({ name }: { name: string }) => name);
    expect(names.filter((name) => !Object.hasOwn(settings.templates, name))).toEqual([]);
    const notices = names.filter((name) => name.startsWith('notice.'));
    expect(notices.filter((name) => !Object.hasOwn(people.purposes, name))).toEqual([]);
  });
});

it('lists test numbers with what becomes of their codes, and never a code', async () => {
  expect((await read('test-numbers')).body.data).toEqual({
    until: '2099-12-31T23:59:59.999Z',
    numbers: [
      { phone: '081200000001', outcome: 'delivered', inForce: true },
      { phone: '081200000002', outcome: 'fixed-code', inForce: true },
      { phone: '081200000003', outcome: 'locked', inForce: true },
    ],
  });
});

it('lists the signing keys with their dates', async () => {
  const { keys: published } = (await house.service.get('/.well-known/jwks.json')).body;
  const { algorithm, keys } = (await read('signing-keys')).body.data;
  expect(algorithm).toBe('ES256');
  expect(keys).toEqual([
    {
      kid: published[0].kid,
      algorithm: 'ES256',
      state: 'ACTIVE',
      createdAt: INSTANT,
      signsFrom: INSTANT,
      signsUntil: INSTANT,
      removedAt: null,
    },
  ]);
  const days = (Date.parse(keys[0].signsUntil) - Date.parse(keys[0].signsFrom)) / 86_400_000;
  expect(Math.floor(days)).toBe(90);
  await house.database.query(
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private, state, activates_at)
     SELECT 'next', algorithm, public_jwk, sealed_private, 'NEXT', now() + interval '9 minutes' FROM signing_keys`,
  );
  const later = (await read('signing-keys')).body.data.keys;
  expect(later.map(({ state }: { state: string }) => state)).toEqual(['ACTIVE', 'NEXT']);
  expect(later[0].signsUntil).toBe(later[1].signsFrom);
  await house.database.query(`DELETE FROM signing_keys WHERE kid = 'next'`);
});
