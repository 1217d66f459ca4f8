import { hash } from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';
import { createDatabase, type TestDatabase } from './database.js';
import { startFakeWhacenter, type FakeWhacenter } from './fake-whacenter.js';
import { startInstances, type Instances } from './instances.js';
import { type Answer, type Service } from './service.js';

/** An account as a spec wants it; a phone is made up when none is given. */
export interface Person {
  phone?: string | null;
  fullName?: string;
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
  email?: string | null;
  username?: string | null;
  password?: string;
  active?: boolean;
}

/** An account as it stands in the database; `phone` national, `digits` as Whacenter sees it. */
export interface Resident {
  id: string;
  phone: string;
  e164: string;
  digits: string;
}

/** The built service on a database of its own, its WhatsApp gateway a fake one. */
export interface House {
  readonly service: Service;
  readonly fake: FakeWhacenter;
  readonly database: TestDatabase;
  /** Inserts an active account by SQL: there is no route that a stranger could do it by. */
  person(person?: Person): Promise<Resident>;
  /** Asks for a code. */
  request(phone: string, headers?: Record<string, string>): Promise<Answer>;
  resend(phone: string, headers?: Record<string, string>): Promise<Answer>;
  verify(phone: string, otpCode: string, headers?: Record<string, string>): Promise<Answer>;
  /** Asks for a code, reads it at the gateway. */
  code(phone: string, headers?: Record<string, string>): Promise<string>;
  /** Asks for a code, reads it at the gateway and logs in with it; the answer's `data`. */
  login(phone: string, headers?: Record<string, string>): Promise<any>;
  /** Lets time pass for everything that is remembered of a phone's codes, by moving it back. */
  pass(phone: string, seconds: number): Promise<void>;
  /** Another service on the same database and gateway. */
  another(variables?: Record<string, string>): Promise<Service>;
  /** Calls to `/api/send` that were for this phone. */
  sendsTo(phone: string): number;
  close(): Promise<void>;
}

const SECRET = 'kP3vQ8wZ1mX6cL0sT9yB4nH7jF2dR5gA-uE_oI8aW1q';

/** What every spec's service has in common: a quick gateway, and addresses that may do what they like. */
const USUAL = {
  SEED_DEMO: 'none',
  AUTH_SECRET: SECRET,
  PROVIDER_TIMEOUT: '1',
  SEND_TIMEOUT: '1',
  ADDRESS_SENDS_PER_HOUR: '1000000',
  ADDRESS_FAILURES_PER_HOUR: '1000000',
  PREFIX_SENDS_PER_HOUR: '1000000',
  COUNTRY_SENDS_PER_HOUR: '1000000',
  SERVICE_SENDS_PER_DAY: '1000000',
};

let made = 0;

/** A mobile number that no other test of this process uses, in E.164. */
export function newPhone(): string {
  made += 1;
  return `+62813${String(process.pid % 1000).padStart(3, '0')}${String(made).padStart(6, '0')}`;
}

export function national(e164: string): string {
  return e164.replace('+62', '0');
}

/** Any spelling that a spec uses, as E.164. */
function toE164(phone: string): string {
  return phone.startsWith('0') ? `+62${phone.slice(1)}` : `+${phone.replace(/\D/g, '')}`;
}

/** Passwords of tests are hashed once each. */
const hashes = new Map<string, Promise<string>>();
export function hashOf(password: string): Promise<string> {
  const known = hashes.get(password) ?? hash(password);
  hashes.set(password, known);
  return known;
}

/** A wrong code of the same length. */
export function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

/**
 * Starts a service with these variables, its database and its gateway. The caller closes it.
 *
 * @param variables over the usual ones of specs; an empty one counts as absent
 * @param gateway how the fake gateway begins
 * @param atLeast instances that share the database and take requests in turn; `MASUK_TEST_INSTANCES` may want more
 */
export async function openHouse(
  variables: Record<string, string> = {},
  gateway: Parameters<typeof startFakeWhacenter>[0] = {},
  atLeast = 1,
): Promise<House> {
  const [database, fake] = await Promise.all([createDatabase(), startFakeWhacenter(gateway)]);
  const start = async (more: Record<string, string>) =>
    startInstances(
      {
        ...USUAL,
        DATABASE_URL: database.url,
        WHATSAPP_DEVICE_ID: fake.deviceId,
        WHACENTER_BASE_URL: fake.url,
        ...more,
      },
      atLeast,
    );
  const running: Instances[] = [];
  const begin = async (more: Record<string, string>) => {
    const instances = await start(more);
    running.push(instances);
    return instances.service;
  };
  const service = await begin(variables).catch(async (error: unknown) => {
    await fake.close();
    await database.drop();
    throw error;
  });
  const post = (path: string, body: object, headers?: Record<string, string>) =>
    service.post(`/api/auth/${path}`, body, headers);
  const house: House = {
    service,
    fake,
    database,
    person: async (person = {}) => insert(database, person),
    request: (phone, headers) => post('otp/request', { phone }, headers),
    resend: (phone, headers) => post('otp/resend', { phone }, headers),
    verify: (phone, otpCode, headers) => post('otp/verify', { phone, otpCode }, headers),
    code: async (phone, headers) => {
      const before = fake.messagesFor(phone).length;
      const answer = await house.request(phone, headers);
      const code = fake.codeFor(phone);
      if (answer.status !== 200 || fake.messagesFor(phone).length === before || !code) {
        throw new Error(`no code came for ${phone}: ${answer.status} ${answer.text}`);
      }
      return code;
    },
    login: async (phone, headers) => {
      const answer = await house.verify(phone, await house.code(phone, headers), headers);
      if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${answer.text}`);
      return answer.body.data;
    },
    pass: async (phone, seconds) => moveBack(database, toE164(phone), seconds),
    another: (more = {}) => begin({ ...variables, ...more }),
    sendsTo: (phone) =>
      fake.calls.filter(({ path, fields }) => path === '/api/send' && `+${fields['number']}` === toE164(phone)).length,
    close: async () => {
      await Promise.all(running.map((each) => each.stop()));
      await fake.close();
      await database.drop();
    },
  };
  return house;
}

async function insert(database: TestDatabase, person: Person): Promise<Resident> {
  const id = randomUUID();
  const e164 = person.phone === undefined ? newPhone() : person.phone;
  await database.query(
    `INSERT INTO users (id, phone, full_name, role, email, username, password_hash, is_active)
     VALUES ($1, $2, $3, $4::role, $5, $6, $7, $8)`,
    [
      id,
      e164,
      person.fullName ?? 'Budi Santoso',
      person.role ?? 'USER',
      person.email ?? null,
      person.username ?? null,
      person.password === undefined ? null : await hashOf(person.password),
      person.active ?? true,
    ],
  );
  return { id, e164: e164 ?? '', phone: national(e164 ?? ''), digits: (e164 ?? '').slice(1) };
}

async function moveBack(database: TestDatabase, e164: string, seconds: number): Promise<void> {
  const span = `${seconds} seconds`;
  const instants = ['current_issued_at', 'current_expires_at', 'current_resend_at'].map(
    (name) => `${name} = ${name} - $2::interval`,
  );
  const lists = ['sends', 'known_sends', 'failed_sends', 'guesses', 'known_guesses'].map(
    (name) => `${name} = ARRAY(SELECT t - $2::interval FROM unnest(${name}) t ORDER BY t)`,
  );
  await database.query(`UPDATE otp_codes SET ${[...instants, ...lists].join(', ')} WHERE phone = $1`, [e164, span]);
}
