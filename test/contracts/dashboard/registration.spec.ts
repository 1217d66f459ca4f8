import { afterAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { openHouse, type House } from '../../support/house.js';
import { type Service } from '../../support/service.js';

// docs/contract/dashboard.md#accounts-and-tokens: who may register as what, and that accounts of one system log in at the other.

const PASSWORD = 'kuda-lari-ke-pasar-lama';
const ADMIN = { role: 'ADMIN', username: 'kepala', password: PASSWORD } as const;
const PRODUCTION = { NODE_ENV: 'production', HOST: '127.0.0.1', PUBLIC_URL: 'https://masuk.dinkes.example' };

const houses = new Map<string, Promise<House>>();
afterAll(async () => Promise.all([...houses.values()].map(async (house) => (await house).close())));

/** The house with these settings, with nobody in it: who the first admin is depends on all accounts. */
async function open(variables: Record<string, string> = {}): Promise<House> {
  const settings = { REGISTRATION: 'open', ...variables };
  const name = JSON.stringify(settings);
  houses.set(name, houses.get(name) ?? openHouse(settings));
  const house = (await houses.get(name))!;
  await house.database.query('DELETE FROM users');
  return house;
}

let made = 0;
function newcomer(role: string): Record<string, string> {
  made += 1;
  const name = `warga${made}`;
  return { name: 'Budi Santoso', email: `${name}@papua.example`, username: name, password: PASSWORD, role };
}

async function tokenOf(service: Service, identifier: string): Promise<Record<string, string>> {
  const { status, body, text } = await service.post('/auth/login', { identifier, password: PASSWORD });
  if (status !== 200) throw new Error(text);
  return { authorization: `Bearer ${body.access_token}` };
}

const register = ({ service }: House, role: string, headers?: Record<string, string>) =>
  service.post('/auth/register', newcomer(role), headers);
const admins = async ({ database }: House) =>
  (await database.query<{ id: string }>(`SELECT id FROM users WHERE role = 'ADMIN'`)).map(({ id }) => id);

describe('the role admin', () => {
  it('can only be given by an admin', async () => {
    const house = await open();
    await house.person(ADMIN);
    await house.person({ role: 'SUPERVISOR', username: 'pengawas', password: PASSWORD });
    const message = 'Anda tidak berhak melakukan ini';
    expectFailure(await register(house, 'admin'), 403, 'forbidden', message);
    expectFailure(await register(house, 'admin', { authorization: 'Bearer x' }), 403, 'forbidden');
    expectFailure(await register(house, 'admin', await tokenOf(house.service, 'pengawas')), 403, 'forbidden');
    expect(await admins(house)).toHaveLength(1);
    const answer = await register(house, 'admin', await tokenOf(house.service, 'kepala'));
    expect([answer.status, answer.body.data.role]).toEqual([201, 'admin']);
    expect(await admins(house)).toHaveLength(2);
  });

  it('cannot be registered while the only admin is disabled', async () => {
    const house = await open();
    await house.person({ ...ADMIN, active: false });
    expectFailure(await register(house, 'admin'), 403, 'forbidden');
  });

  it.each([{ REGISTRATION: 'open' }, { REGISTRATION: 'admin' }])(
    'goes to the first who asks outside production, one of twenty (%j)',
    async (variables) => {
      const house = await open(variables);
      const second = await house.another();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 ? house.service : second).post('/auth/register', newcomer('admin')),
        ),
      );
      const winners = answers.filter(({ status }) => status === 201);
      expect(winners.map(({ body }) => body.data.role)).toEqual(['admin']);
      expect(await admins(house)).toEqual([winners[0]?.body.data.id]);
      for (const answer of answers.filter((each) => each !== winners[0])) expectFailure(answer, 403, 'forbidden');
      expect((await house.database.query('SELECT id FROM users')).length).toBe(1);
    },
  );

  it('cannot be registered when other machines can reach the service', async () => {
    const house = await open({ REGISTRATION: '', HOST: '0.0.0.0', OTP_ECHO: 'off' });
    expectFailure(await register(house, 'admin'), 403, 'forbidden');
    expect((await register(house, 'karyawan')).status).toBe(201);
    expect(await admins(house)).toEqual([]);
  });

  it('cannot be registered in production', async () => {
    const house = await open({ ...PRODUCTION, REGISTRATION: '', AUTH_PROFILE: 'compat' });
    expectFailure(await register(house, 'admin'), 403, 'forbidden');
    expect((await register(house, 'karyawan')).status).toBe(201);
    expect(await admins(house)).toEqual([]);
  });
});

describe('REGISTRATION=admin', () => {
  it.each([
    ['by itself', { REGISTRATION: 'admin' }],
    ['as the strict profile has it', { REGISTRATION: '', AUTH_PROFILE: 'strict' }],
    ['in production', { ...PRODUCTION, REGISTRATION: '' }],
  ])('is closed to strangers and open to admins, %s', async (_, variables) => {
    const house = await open(variables);
    await house.person(ADMIN);
    await house.person({ role: 'OPERATOR', username: 'operator', password: PASSWORD });
    const operator = await tokenOf(house.service, 'operator');
    for (const headers of [undefined, operator]) {
      for (const role of ['karyawan', 'agent']) {
        const answer = await register(house, role, headers);
        expectFailure(answer, 403, 'registration_closed', 'Pendaftaran hanya dapat dilakukan oleh admin');
      }
      expectFailure(await register(house, 'admin', headers), 403, 'forbidden');
      const a = { fullName: 'Budi', phone: '081355550001' };
      const closed = await house.service.post('/api/auth/register', a, headers);
      expectFailure(closed, 403, 'registration_closed');
    }
    const admin = await tokenOf(house.service, 'kepala');
    for (const role of ['karyawan', 'agent', 'admin']) expect((await register(house, role, admin)).status).toBe(201);
    expect((await house.database.query('SELECT id FROM users')).length).toBe(5);
  });
});

describe('the same services behind /api/auth', () => {
  it('an account registered at one set of routes logs in at the other', async () => {
    const house = await open();
    const { service } = house;
    const atD = newcomer('karyawan');
    const { data } = (await service.post('/auth/register', atD)).body;
    const loginAtA = await service.post('/api/auth/login', { identifier: atD['email'], password: PASSWORD });
    expect(loginAtA.body.data).toMatchObject({
      tokenType: 'Bearer',
      user: {
        id: data.id,
        email: atD['email'],
        username: atD['username'],
        phone: null,
        role: 'KARYAWAN',
        profile: { fullName: 'Budi Santoso', phone: null },
      },
    });
    const atA = { fullName: 'Siti Aminah', email: 'Siti@Papua.Example', username: 'Siti', phone: '0813-7000-0001' };
    const made = await service.post('/api/auth/register', { ...atA, password: PASSWORD });
    const user = { email: 'siti@papua.example', username: 'siti', phone: '081370000001', role: 'USER' };
    expect({ status: made.status, body: made.body }).toStrictEqual({
      status: 201,
      body: {
        success: true,
        message: 'Registrasi berhasil',
        data: {
          user: {
            id: expect.any(String),
            ...user,
            profile: { fullName: 'Siti Aminah', phone: '081370000001' },
          },
          registrationToken: expect.any(String),
        },
      },
    });
    // Her number is a claim until she shows a code that went there; with the token of the registration she keeps what she set.
    const early = await service.post('/auth/login', { identifier: '+6281370000001', password: PASSWORD });
    expectFailure(early, 401, 'invalid_credentials');
    const { registrationToken } = made.body.data;
    const otpCode = await house.code('081370000001');
    const proven = await service.post('/api/auth/otp/verify', { phone: '081370000001', otpCode, registrationToken });
    expect(proven.body.data.user).toMatchObject(user);
    const loginAtD = await service.post('/auth/login', { identifier: '+6281370000001', password: PASSWORD });
    expect(loginAtD.body.data).toStrictEqual({
      id: made.body.data.user.id,
      name: 'Siti Aminah',
      username: 'siti',
      email: 'siti@papua.example',
      role: 'user',
    });
    // The phone in national form at both systems' routes; tokens of one are good at the other.
    const seen = await service.get('/auth/me', { authorization: `Bearer ${loginAtA.body.data.token}` });
    expect(seen.body.data).toMatchObject({ id: data.id, role: 'karyawan' });
    const mine = { authorization: `Bearer ${loginAtD.body.access_token}` };
    expect((await service.get('/api/auth/me', mine)).body.data).toMatchObject(user);
    const renewed = await service.post('/api/auth/refresh', { refreshToken: loginAtD.body.refresh_token });
    expect(renewed.status).toBe(200);
    const again = await service.post('/auth/refresh', { refresh_token: renewed.body.data.refreshToken });
    expect(again.status).toBe(200);
  });

  it('a name taken at one set of routes is taken at the other', async () => {
    const { service } = await open();
    const atD = newcomer('karyawan');
    expect((await service.post('/auth/register', atD)).status).toBe(201);
    const taken: [string, string][] = [
      ['email', 'email_taken'],
      ['username', 'username_taken'],
    ];
    for (const [field, code] of taken) {
      const answer = await service.post('/api/auth/register', { fullName: 'X', [field]: atD[field]?.toUpperCase() });
      expect(expectFailure(answer, 409, code).details).toEqual({ field });
    }
    const phone = '081370000002';
    const answers = await Promise.all(
      [phone, '+62 813-7000-0002'].map((each) => service.post('/api/auth/register', { fullName: 'X', phone: each })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const late = answers.find(({ status }) => status === 409)!;
    expect(expectFailure(late, 409, 'phone_taken').details).toEqual({ field: 'phone' });
  });

  it('strangers cannot give themselves a higher role at /api/auth either', async () => {
    const house = await open();
    await house.person(ADMIN);
    for (const role of ['ADMIN', 'SUPERVISOR', 'OPERATOR']) {
      const answer = await house.service.post('/api/auth/register', { fullName: 'X', phone: '081370000003', role });
      expectFailure(answer, 403, 'forbidden');
    }
  });
});

describe('null in a registration', () => {
  it('counts as left out, and so does a blank', async () => {
    const house = await open();
    const nothing = { email: null, phone: null, password: null, role: null };
    const made = await house.service.post('/api/auth/register', { fullName: 'Nol', username: 'nol', ...nothing });
    expect({ status: made.status, role: made.body.data?.user.role }).toEqual({ status: 201, role: 'USER' });
    const refused = await house.service.post('/auth/register', { ...newcomer('karyawan'), password: null });
    expectFailure(refused, 400, 'validation_failed');

    // A blank, as a form sends it, says no more either. What is required is refused by its field.
    const blank = { email: '', phone: '', password: '', role: '' };
    const filled = await house.service.post('/api/auth/register', { fullName: 'Ani', username: 'kosong', ...blank });
    expect(filled.status).toBe(201);
    const { user } = filled.body.data as { user: { id: string; role: string; email: unknown } };
    expect(user).toMatchObject({ role: 'USER', email: null });
    const rows = await house.database.query('SELECT password_hash FROM users WHERE id = $1', [user.id]);
    expect(rows).toEqual([{ password_hash: null }]);
    for (const field of ['name', 'email', 'username', 'password', 'role']) {
      const answer = await house.service.post('/auth/register', { ...newcomer('karyawan'), [field]: '' });
      expect(expectFailure(answer, 400, 'validation_failed').details).toMatchObject([{ field }]);
    }
  });

  it('an e-mail address that is a phone number is refused at both', async () => {
    const house = await open();
    const email = '6281370000009@s.whatsapp.net';
    for (const [door, body] of [
      ['/auth/register', { ...newcomer('karyawan'), email }],
      ['/api/auth/register', { fullName: 'Budi', username: 'budi', email }],
    ] as const) {
      const answer = await house.service.post(door, body);
      expect(expectFailure(answer, 400, 'validation_failed').details).toMatchObject([{ field: 'email' }]);
    }
  });

  it('invisible characters make no name and no lookalike', async () => {
    const house = await open();
    for (const [field, value] of [
      ['fullName', '\u200b\u200c'],
      ['fullName', 'Budi\u202e'],
      ['username', 'admin\u034f'],
      ['username', 'admin\ufe0f'],
    ] as const) {
      const answer = await house.service.post('/api/auth/register', {
        fullName: 'Budi',
        username: 'budi',
        [field]: value,
      });
      expectFailure(answer, 400, 'validation_failed');
    }
  });
});
