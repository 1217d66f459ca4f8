import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter, SOME_TEXT } from '../../support/answers.js';
import { atOnce, tally } from '../../support/crowds.js';
import { openHouse, type House } from '../../support/house.js';

// docs/contract/sikeskoja.md#password-login

const WRONG = 'Email, username, nomor telepon atau kata sandi salah';
const LOCKED = 'Terlalu banyak percobaan login, coba lagi nanti';
const PASSWORD = 'Rahasia-Dinas-2024';

let house: House;
let named = 0;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const login = (identifier: unknown, password: unknown = PASSWORD) =>
  house.service.post('/api/auth/login', { identifier, password });

/** An account that can be named in each of the three ways. */
const member = async (more: { active?: boolean } = {}) => {
  named += 1;
  const names = { email: `petugas${named}@dinkes.example`, username: `petugas${named}` };
  return { ...names, ...(await house.person({ ...names, password: PASSWORD, fullName: 'Petugas', ...more })) };
};

describe('a password login', () => {
  it('answers as a login by code does', async () => {
    const person = await member();
    const answer = await login(person.email);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      message: 'Login berhasil',
      data: {
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresIn: 604_800,
        refreshToken: SOME_TEXT,
        deviceToken: SOME_TEXT,
        user: {
          id: person.id,
          email: person.email,
          username: person.username,
          phone: person.phone,
          role: 'USER',
          profile: { fullName: 'Petugas', phone: person.phone },
        },
      },
    });
  });

  it('takes an e-mail address, a username or a phone number, in any case and spelling', async () => {
    const person = await member();
    const rest = person.digits.slice(2);
    const identifiers = [
      person.email,
      person.email.toUpperCase(),
      `  ${person.email} `,
      person.username,
      person.username.toUpperCase(),
      `P${person.username.slice(1)}`,
      person.phone,
      person.digits,
      person.e164,
      rest,
      `0${rest.slice(0, 3)}-${rest.slice(3, 7)}-${rest.slice(7)}`,
      `+62 ${rest.slice(0, 3)} ${rest.slice(3)}`,
      `${person.digits}@s.whatsapp.net`,
    ];
    for (const identifier of identifiers) {
      const { status, body } = await login(identifier);
      expect({ identifier, status, id: body.data?.user.id }).toEqual({ identifier, status: 200, id: person.id });
    }
  });

  it('gives a device token that is known to the login by code, too', async () => {
    const person = await member();
    const { deviceToken } = (await login(person.username)).body.data;
    for (let send = 0; send < 5; send++) {
      await house.resend(person.phone);
      await house.pass(person.phone, 301);
    }
    expectFailure(await house.resend(person.phone), 429, 'otp_rate_limited');
    expect((await house.resend(person.phone, { 'x-device-token': deviceToken })).status).toBe(200);
  });
});

describe('a login that fails', () => {
  it('gets the same answer for every reason', async () => {
    const [person, inactive] = [await member(), await member({ active: false })];
    const withoutPassword = await house.person();
    const answers = [
      await login(person.email, 'salah'),
      await login(person.username, `${PASSWORD} `),
      await login(person.phone, PASSWORD.toLowerCase()),
      await login('nobody@dinkes.example'),
      await login('nobody'),
      await login('081300000000'),
      await login(inactive.email),
      await login(inactive.phone),
      await login(withoutPassword.phone),
      await login("' OR '1'='1"),
      await login('%'),
      await login('petugas_'),
      await login('*'),
    ];
    for (const answer of answers) {
      expect(expectFailure(answer, 401, 'invalid_credentials', WRONG)).toStrictEqual({
        success: false,
        message: WRONG,
        code: 'invalid_credentials',
      });
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const names = answers.map(({ headers }) => [...headers.keys()].sort().join());
    expect(new Set(names).size).toBe(1);
  });
});

describe('ten failures in fifteen minutes', () => {
  const fail = async (identifiers: string[]) => {
    for (const identifier of identifiers) expectFailure(await login(identifier, 'salah'), 401, 'invalid_credentials');
  };
  const letTimePass = async (seconds: number) =>
    house.database.query(
      `UPDATE password_budgets SET failures = ARRAY(SELECT f - $1::interval FROM unnest(failures) f ORDER BY f)`,
      [`${seconds} seconds`],
    );

  it('lock an identifier, whatever its spelling, for the right password too; then only time helps', async () => {
    const person = await member();
    await fail(Array.from({ length: 10 }, (_, index) => (index % 2 ? person.email : person.email.toUpperCase())));
    const locked = await login(person.email);
    expectFailure(locked, 429, 'login_locked', LOCKED);
    expect(Math.abs(retryAfter(locked) - 900)).toBeLessThanOrEqual(15);
    await letTimePass(retryAfter(locked) - 5);
    expectFailure(await login(person.email), 429, 'login_locked');
    await letTimePass(5);
    expect((await login(person.email)).status).toBe(200);
  });

  it('lock every spelling of a phone number', async () => {
    const person = await member();
    const spellings = [
      person.phone,
      person.digits,
      person.e164,
      person.digits.slice(2),
      `${person.digits}@s.whatsapp.net`,
    ];
    await fail([...spellings, ...spellings]);
    for (const spelling of spellings) expectFailure(await login(spelling), 429, 'login_locked');
  });

  it('lock an identifier that does not exist, with the same answer', async () => {
    const person = await member();
    const began = performance.now();
    await fail(Array<string>(10).fill('siapa@dinkes.example'));
    await fail(Array<string>(10).fill(person.email));
    const [unknown, known] = [await login('siapa@dinkes.example'), await login(person.email)];
    expectFailure(unknown, 429, 'login_locked', LOCKED);
    expect(known.text).toBe(unknown.text);
    const gone = (performance.now() - began) / 1000;
    expect(Math.abs(retryAfter(known) - retryAfter(unknown))).toBeLessThanOrEqual(1 + gone);
  });

  it('lock also when they come at once', async () => {
    const person = await member();
    const answers = await Promise.all(Array.from({ length: 25 }, () => login(person.username, 'salah')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('do not lock the login by code, nor another identifier', async () => {
    const person = await member();
    await fail(Array<string>(10).fill(person.username));
    expectFailure(await login(person.username), 429, 'login_locked');
    expect((await house.login(person.phone)).user.id).toBe(person.id);
    expect((await login((await member()).username)).status).toBe(200);
  });

  it('lock an account, whichever of its names they come by, and no other', async () => {
    const [person, other] = [await member(), await member()];
    await fail([person.email, person.username, person.phone, person.email, person.username]);
    expect((await login(other.username)).status).toBe(200);
    await fail([person.phone, person.email, person.username, person.phone, person.email]);
    for (const identifier of [person.email, person.username, person.phone])
      expectFailure(await login(identifier), 429, 'login_locked', LOCKED);
    expect((await login(other.phone)).status).toBe(200);
    await letTimePass(900);
    expect((await login(person.username)).status).toBe(200);
  });

  it('are exactly ten for an account when they come at once by all its names', async () => {
    const person = await member();
    const names = [person.email, person.username, person.phone];
    const answers = await atOnce(30, (at) => login(names[at % 3], 'salah'));
    expect(tally(answers)).toEqual({ 401: 10, 429: 20 });
  });

  it('by one name are not forgotten with a login by another one, or of somebody else', async () => {
    const [person, other] = [await member(), await member()];
    await fail(Array<string>(6).fill(person.username));
    expect((await login(other.username)).status).toBe(200);
    expect((await login(person.email)).status).toBe(200);
    await fail(Array<string>(4).fill(person.username));
    expectFailure(await login(person.username), 429, 'login_locked');
    expect((await login(person.email)).status).toBe(200);
  });

  it('are not tries that the database fails, with the right password', async () => {
    const person = await member();
    await house.database.query(
      `CREATE FUNCTION refuse_session() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$`,
    );
    await house.database.query(
      `CREATE TRIGGER refuse_session BEFORE INSERT ON login_sessions FOR EACH ROW WHEN (NEW.user_id = '${person.id}')
       EXECUTE FUNCTION refuse_session()`,
    );
    // A wrong password stays paid for, whatever happens to the others.
    expectFailure(await login(person.email, 'salah-sekali'), 401, 'invalid_credentials');
    for (const identifier of [person.email, person.username])
      for (let turn = 0; turn < 6; turn++) expectFailure(await login(identifier), 503, 'database_unavailable');
    // No more than the tries that are left: those under way are charged.
    expect(tally(await atOnce(8, () => login(person.phone)))).toEqual({ 503: 8 });
    await house.database.query('DROP FUNCTION refuse_session CASCADE');
    // Of the account's ten tries one is used: nine more, and it is locked.
    for (let turn = 0; turn < 9; turn++)
      expectFailure(await login(person.username, 'salah-sekali'), 401, 'invalid_credentials');
    expectFailure(await login(person.email), 429, 'login_locked');
  });

  it('are forgotten with a login', async () => {
    const person = await member();
    await fail(Array<string>(9).fill(person.username));
    expect((await login(person.username)).status).toBe(200);
    await fail(Array<string>(9).fill(person.username));
    expect((await login(person.username)).status).toBe(200);
  });
});
