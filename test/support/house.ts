import { hash } from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';
import { Clock } from './clock.js';
import { createDatabase, type Queries, type TestDatabase } from './database.js';
import { startFakeWhacenter, type FakeWhacenter } from './fake-whacenter.js';
import { openInstances, startInstances, type Instances } from './instances.js';
import { type Answer, type Service, type ServiceProcess } from './service.js';

type Headers = Record<string, string>;

/** Settings of a service, by the names of its environment variables. */
export type Settings = Record<string, string>;

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

/** The calls of a login by code. */
export interface CodeCalls {
  /** Asks for a code. */
  request(phone: string, headers?: Headers): Promise<Answer>;
  resend(phone: string, headers?: Headers): Promise<Answer>;
  verify(phone: string, otpCode: string, headers?: Headers): Promise<Answer>;
  /** Asks for a code and reads it at the provider; fails when none came. */
  code(phone: string, headers?: Headers): Promise<string>;
  /** Asks for a code, reads it at the provider and logs in with it; the answer's `data`. */
  login(phone: string, headers?: Headers): Promise<any>;
}

/** What a contract test needs: the built service, its database, its provider (a fake one), and people of its own. */
export interface House<Kind extends Service = Service> extends CodeCalls {
  /** The service that `openHouse` opened; a house that was opened without one has none. */
  readonly service: Kind;
  readonly fake: FakeWhacenter;
  readonly database: TestDatabase;
  /** The same calls at another service. */
  at(service: Service): CodeCalls;
  /** Inserts an active account by SQL: there is no route that a stranger could do it by. */
  person(person?: Person): Promise<Resident>;
  /** Inserts so many active accounts in one statement. */
  people(count: number): Promise<Resident[]>;
  /** Lets time pass for everything that is remembered of a phone's codes, by moving it back. */
  pass(phone: string, seconds: number): Promise<void>;
  /** What a service of this house is started with. */
  settings(more?: Settings): Settings;
  /** Another service on the same database and provider, of the kind that the house has. */
  another(more?: Settings): Promise<Kind>;
  /** One more that shares no process with the first, nor with those of other seats: for what must hold between instances. */
  inOtherProcess(more?: Settings, seat?: number): Promise<Service>;
  /** The same, as a process of its own, which can be killed. */
  anotherProcess(more?: Settings): Promise<ServiceProcess>;
  /** The time of the database and of all services; only in a house that was opened with `movingClock`. */
  readonly clock: Clock;
  /** Calls to `/api/send` that were for this phone. */
  sendsTo(phone: string): number;
  close(): Promise<void>;
}

/** How a house is opened. */
export interface HouseOptions {
  /** How the fake provider begins. */
  gateway?: Parameters<typeof startFakeWhacenter>[0];
  /**
   * Instances that take requests in turn, no two of them in one process; 1 when left out, and `MASUK_TEST_INSTANCES` may want more.
   * With 0 the spec opens its services itself (`another`).
   */
  instances?: number;
  /**
   * Whether its services are processes of their own, which costs more: for specs that send signals, kill, or are about several
   * instances at once, and for variables that Node reads. Else they are opened in a process that has others.
   */
  ownProcess?: boolean;
  /** Whether the spec moves the time (`house.clock`) instead of waiting. */
  movingClock?: boolean;
  /** A database that is used in place of a new one, and not dropped. */
  database?: Pick<TestDatabase, 'url' | 'query'>;
}

/** As many connections as production has: for specs outside of test/db whose calls meet in the database. */
export const CROWD: Settings = { DATABASE_POOL: '10' };

/** Each connection costs, and reads and plans for itself. Calls of races meet on as many as production has. */
const FEW: Settings = /^test.db.(?!gateway)/.test((globalThis as { specFile?: string }).specFile ?? '')
  ? {}
  : { DATABASE_POOL: '4' };

export const AUTH_SECRET = 'kP3vQ8wZ1mX6cL0sT9yB4nH7jF2dR5gA-uE_oI8aW1q';

/** What every spec's service has in common: one secret, and addresses that may do what they like. */
const USUAL: Settings = {
  SEED_DEMO: 'none',
  AUTH_SECRET,
  ...FEW,
  ADDRESS_SENDS_PER_HOUR: '1000000',
  ADDRESS_FAILURES_PER_HOUR: '1000000',
  PREFIX_SENDS_PER_HOUR: '1000000',
  COUNTRY_SENDS_PER_HOUR: '1000000',
  SERVICE_SENDS_PER_DAY: '1000000',
};

/** As a service starts in development: the demo's accounts, and messages go to the developer's inbox. */
export const AS_IN_DEVELOPMENT: Settings = { SEED_DEMO: '', WHATSAPP_DEVICE_ID: '', WHACENTER_BASE_URL: '' };

/** For specs whose provider fails or says nothing: the service gives up after three seconds, in which a slow machine can answer. */
export const QUICK: Settings = { PROVIDER_TIMEOUT: '3', SEND_TIMEOUT: '3' };

let made = 0;

/** A mobile number that no other test of this process uses, in E.164. */
export function newPhone(): string {
  made += 1;
  return `+62813${String(process.pid % 1000).padStart(3, '0')}${String(made).padStart(6, '0')}`;
}

/** The same as digits, `628…`. */
export const newNumber = (): string => newPhone().slice(1);

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

/**
 * Opens a house: a service with these settings on a database of its own. The caller closes it, in `afterAll`.
 *
 * @param settings over the usual ones of specs; an empty one counts as absent
 */
export async function openHouse(
  settings: Settings,
  options: HouseOptions & { ownProcess: true },
): Promise<House<ServiceProcess>>;
export async function openHouse(settings?: Settings, options?: HouseOptions): Promise<House>;
export async function openHouse(settings: Settings = {}, options: HouseOptions = {}): Promise<House> {
  const own = options.database ? undefined : await createDatabase();
  const fake = await startFakeWhacenter(options.gateway);
  const house = new OpenHouse(settings, fake, own ?? withoutLocks(options.database!), own);
  await house.begin(options).catch(async (error: unknown) => {
    await house.close();
    throw error;
  });
  return house;
}

function withoutLocks(given: Pick<TestDatabase, 'url' | 'query'>): TestDatabase {
  const refuse = () => Promise.reject(new Error('the spec brought this database, and must do that itself'));
  return { url: given.url, near: given.url, query: given.query, lock: refuse, drop: refuse };
}

class OpenHouse implements House {
  private readonly running: Instances[] = [];
  private home: Service | undefined;
  private moving: Clock | undefined;
  private ownProcess = false;

  constructor(
    private readonly given: Settings,
    readonly fake: FakeWhacenter,
    readonly database: TestDatabase,
    private readonly own: TestDatabase | undefined,
  ) {}

  get service(): Service {
    if (!this.home) throw new Error('this house was opened without a service');
    return this.home;
  }

  async begin({ instances = 1, movingClock = false, ownProcess = false }: HouseOptions): Promise<void> {
    this.ownProcess = ownProcess;
    if (movingClock) {
      this.moving = new Clock(this.database, () => this.running.map(({ service }) => service));
      await this.moving.install();
    }
    if (instances > 0) this.home = await this.open({}, instances);
  }

  get clock(): Clock {
    if (!this.moving) throw new Error('this house was opened without a clock that moves');
    return this.moving;
  }

  settings(more: Settings = {}): Settings {
    return {
      ...USUAL,
      DATABASE_URL: this.database.near,
      WHATSAPP_DEVICE_ID: this.fake.deviceId,
      WHACENTER_BASE_URL: this.fake.url,
      ...(this.moving && { TEST_CLOCK: 'on', CLOCK_AHEAD_MS: String(this.moving.ahead) }),
      ...this.given,
      ...more,
    };
  }

  another(more: Settings = {}): Promise<Service> {
    return this.open(more, 1);
  }

  private open(more: Settings, count: number): Promise<Service> {
    const settings = this.settings(more);
    return this.ownProcess ? this.keep(startInstances(settings, count)) : this.keep(openInstances(settings, count));
  }

  inOtherProcess(more: Settings = {}, seat = 1): Promise<Service> {
    return this.keep(openInstances(this.settings(more), 1, seat));
  }

  anotherProcess(more: Settings = {}): Promise<ServiceProcess> {
    return this.keep(startInstances(this.settings(more)));
  }

  private async keep<Kind extends Service>(begun: Promise<Instances<Kind>>): Promise<Kind> {
    const instances = await begun;
    this.running.push(instances);
    return instances.service;
  }

  at(service: Service): CodeCalls {
    return new CallsAt(service, this.fake);
  }

  readonly request: CodeCalls['request'] = (...call) => this.at(this.service).request(...call);
  readonly resend: CodeCalls['resend'] = (...call) => this.at(this.service).resend(...call);
  readonly verify: CodeCalls['verify'] = (...call) => this.at(this.service).verify(...call);
  readonly code: CodeCalls['code'] = (...call) => this.at(this.service).code(...call);
  readonly login: CodeCalls['login'] = (...call) => this.at(this.service).login(...call);

  async person(person: Person = {}): Promise<Resident> {
    return (await addPeople(this.database, [person]))[0]!;
  }

  people(count: number): Promise<Resident[]> {
    return addPeople(this.database, count);
  }

  pass(phone: string, seconds: number): Promise<void> {
    return moveBack(this.database, toE164(phone), seconds);
  }

  sendsTo(phone: string): number {
    const number = toE164(phone).slice(1);
    return this.fake.calls.filter(({ path, fields }) => path === '/api/send' && fields['number'] === number).length;
  }

  async close(): Promise<void> {
    const stopped = await Promise.allSettled(this.running.map((each) => each.stop()));
    await this.fake.close();
    await this.own?.drop();
    for (const end of stopped) if (end.status === 'rejected') throw end.reason;
  }
}

class CallsAt implements CodeCalls {
  constructor(
    private readonly service: Service,
    private readonly fake: FakeWhacenter,
  ) {}

  private post(path: string, body: object, headers?: Headers): Promise<Answer> {
    return this.service.post(`/api/auth/otp/${path}`, body, headers);
  }

  request(phone: string, headers?: Headers): Promise<Answer> {
    return this.post('request', { phone }, headers);
  }

  resend(phone: string, headers?: Headers): Promise<Answer> {
    return this.post('resend', { phone }, headers);
  }

  verify(phone: string, otpCode: string, headers?: Headers): Promise<Answer> {
    return this.post('verify', { phone, otpCode }, headers);
  }

  async code(phone: string, headers?: Headers): Promise<string> {
    const before = this.fake.messagesFor(phone).length;
    const answer = await this.request(phone, headers);
    const code = this.fake.codeFor(phone);
    if (answer.status !== 200 || this.fake.messagesFor(phone).length === before || !code) {
      throw new Error(`no code came for ${phone}: ${answer.status} ${answer.text}`);
    }
    return code;
  }

  async login(phone: string, headers?: Headers): Promise<any> {
    const answer = await this.verify(phone, await this.code(phone, headers), headers);
    if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }
}

/** Inserts active accounts, so many or these, into any database: for specs that have several. */
export async function addPeople(database: Queries, people: number | readonly Person[]): Promise<Resident[]> {
  const wanted: readonly Person[] = typeof people === 'number' ? Array.from({ length: people }, () => ({})) : people;
  const rows = await Promise.all(wanted.map(rowOf));
  const column = (name: keyof (typeof rows)[number]) => rows.map((row) => row[name]);
  await database.query(
    `INSERT INTO users (id, phone, full_name, role, email, username, password_hash, is_active)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::role[], $5::text[], $6::text[], $7::text[], $8::boolean[])`,
    [
      column('id'),
      column('phone'),
      column('fullName'),
      column('role'),
      column('email'),
      column('username'),
      column('hash'),
      column('active'),
    ],
  );
  return rows.map(({ id, phone }) => {
    const e164 = phone ?? '';
    return { id, e164, phone: national(e164), digits: e164.slice(1) };
  });
}

/** A person with all that was left out. */
async function rowOf(person: Person) {
  return {
    id: randomUUID(),
    phone: person.phone === undefined ? newPhone() : person.phone,
    fullName: person.fullName ?? 'Budi Santoso',
    role: person.role ?? 'USER',
    email: person.email ?? null,
    username: person.username ?? null,
    hash: person.password === undefined ? null : await hashOf(person.password),
    active: person.active ?? true,
  };
}

async function moveBack(database: Queries, e164: string, seconds: number): Promise<void> {
  const span = `${seconds} seconds`;
  const instants = ['current_issued_at', 'current_expires_at', 'current_resend_at'].map(
    (name) => `${name} = ${name} - $2::interval`,
  );
  const lists = ['sends', 'known_sends', 'failed_sends', 'guesses', 'known_guesses'].map(
    (name) => `${name} = ARRAY(SELECT t - $2::interval FROM unnest(${name}) t ORDER BY t)`,
  );
  await database.query(`UPDATE otp_codes SET ${[...instants, ...lists].join(', ')} WHERE phone = $1`, [e164, span]);
}
