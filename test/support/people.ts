import { randomUUID } from 'node:crypto';
import type { TestDatabase } from './database.js';
import type { FakeWhacenter } from './fake-whacenter.js';
import type { Answer, Service } from './service.js';

type Queries = Pick<TestDatabase, 'query'>;

/** Somebody who can log in. */
export interface Person {
  readonly id: string;
  /** E.164. */
  readonly phone: string;
}

let made = 0;

/** Puts people with phone numbers of their own into the database. */
export async function addPeople(database: Queries, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, () => ({ id: randomUUID(), phone: `+62812${10_000_000 + made++}` }));
  await database.query(
    `INSERT INTO users (id, phone, full_name) SELECT id, phone, 'Budi' FROM unnest($1::uuid[], $2::text[]) AS p(id, phone)`,
    [people.map(({ id }) => id), people.map(({ phone }) => phone)],
  );
  return people;
}

export async function addPerson(database: Queries): Promise<Person> {
  return (await addPeople(database, 1))[0]!;
}

/**
 * Variables of instances that share a database and a gateway. The limits of the one address that all specs call from are
 * out of the way unless `more` sets them.
 */
export function sharing(
  database: Pick<TestDatabase, 'url'>,
  whacenter: FakeWhacenter,
  more: Record<string, string> = {},
) {
  return {
    DATABASE_URL: database.url,
    AUTH_SECRET: 'the specs share this one: 7f3c9a1e5b8d2046',
    SEED_DEMO: 'none',
    WHATSAPP_DEVICE_ID: whacenter.deviceId,
    WHACENTER_BASE_URL: whacenter.url,
    ADDRESS_SENDS_PER_HOUR: '100000',
    ADDRESS_FAILURES_PER_HOUR: '100000',
    PREFIX_SENDS_PER_HOUR: '1000000',
    COUNTRY_SENDS_PER_HOUR: '1000000',
    SERVICE_SENDS_PER_DAY: '1000000',
    ...more,
  };
}

export function requestCode(service: Service, phone: string, headers?: Record<string, string>): Promise<Answer> {
  return service.post('/api/auth/otp/request', { phone }, headers);
}

export function resendCode(service: Service, phone: string, headers?: Record<string, string>): Promise<Answer> {
  return service.post('/api/auth/otp/resend', { phone }, headers);
}

export function verifyCode(
  service: Service,
  phone: string,
  otpCode: string,
  headers?: Record<string, string>,
): Promise<Answer> {
  return service.post('/api/auth/otp/verify', { phone, otpCode }, headers);
}

/** Asks for a code and reads it off the phone; fails when it did not go out. */
export async function codeOf(
  service: Service,
  whacenter: FakeWhacenter,
  phone: string,
  headers?: Record<string, string>,
): Promise<string> {
  const answer = await requestCode(service, phone, headers);
  const code = whacenter.codeFor(phone);
  if (answer.status !== 200 || code === undefined) throw new Error(`no code: ${answer.status} ${answer.text}`);
  return code;
}

/** What the logins by code of a person left behind: sessions, their refresh tokens, successes in the audit log. */
export async function loginsOf(
  database: Queries,
  userId: string,
): Promise<{ sessions: number; tokens: number; events: number }> {
  const rows = await database.query<{ sessions: number; tokens: number; events: number }>(
    `SELECT (SELECT count(*)::int FROM login_sessions WHERE user_id = $1) AS sessions,
            (SELECT count(*)::int FROM login_sessions WHERE user_id = $1 AND refresh_hash IS NOT NULL) AS tokens,
            (SELECT count(*)::int FROM audit_events WHERE user_id = $1 AND type = 'login.otp' AND outcome = 'success') AS events`,
    [userId],
  );
  return rows[0]!;
}

/** Ends the cooldown of a phone's codes, as time would. */
export async function endCooldown(database: Queries, phone: string): Promise<void> {
  await database.query(
    `UPDATE otp_codes SET current_resend_at = now() - interval '1 second' WHERE phone = $1 AND current_session_id IS NOT NULL`,
    [phone],
  );
}

/** So many codes, each different and none of them `right`. */
export function wrongCodes(right: string, count: number): string[] {
  const space = 10 ** right.length;
  return Array.from({ length: count }, (_, at) => String((Number(right) + 1 + at) % space).padStart(right.length, '0'));
}

/** So many calls at once, `work` knowing its place in the row. */
export function atOnce<Result>(count: number, work: (at: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => work(at)));
}

/** How many answers came with each status. */
export function tally(answers: readonly Pick<Answer, 'status'>[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Waits until `ready` says so; fails, naming `what`, when that takes longer than `patience` ms. */
export async function until(what: string, ready: () => boolean | Promise<boolean>, patience = 10_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`);
    await pause(20);
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lines that a service logged at `error` or above, but for a gateway that refused, and whatever mentions a deadlock. */
export function troubles(service: Service): string[] {
  return service
    .output()
    .split('\n')
    .filter((line) =>
      /"level":[56]0\b.*(?<!"code":"whatsapp_unavailable","msg":"request failed"})$|40P01|deadlock/.test(line),
    );
}
