import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type TestDatabase } from '../../support/database.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { bearer, me, refresh, refreshed, type Tokens } from '../../support/logins.js';
import { stopAllServices, type Service } from '../../support/service.js';

// A backup is made, the service goes on, the backup is restored: what was used, exchanged, ended and replaced meanwhile.

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'restore-finish.js');

let house: House;

let original: TestDatabase;
let folder: string;
/** Two copies of the backup: one is started as it is, the other one is finished before. */
const copies: string[] = [];

/** Runs on the copy that is started as it is. */
let unfinished: Service;

let exchanged: Tokens;
let loggedOut: Tokens;
let used: { phone: string; code: string };
let stranger: Resident;
let kid: string;

const urlOf = (name: string) => {
  const url = new URL(original.url);
  url.pathname = `/${name}`;
  return url.href;
};
const serve = (name: string) => house.another({ DATABASE_URL: urlOf(name) });
const kidsOf = async (service: Service): Promise<string[]> =>
  (await service.get('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid);

async function query<Row extends pg.QueryResultRow>(name: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: urlOf(name) });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function backup(): Promise<string> {
  const [from] = await original.query<{ name: string }>('SELECT current_database() AS name');
  const name = `${from!.name}_copy${copies.length}`;
  copies.push(name);
  await query('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [from!.name]);
  await query('postgres', `CREATE DATABASE ${name} TEMPLATE ${from!.name}`);
  return name;
}

async function finish(name: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', ...house.settings({ DATABASE_URL: urlOf(name) }) };
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: folder, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

async function logIn(service: Service): Promise<Tokens> {
  const { e164: phone } = await house.person();
  const answer = await house.at(service).verify(phone, await house.at(service).code(phone));
  expect(answer.status).toBe(200);
  return answer.body.data;
}

/** What no route leaves behind so quickly. */
const MORE = `
  INSERT INTO messages (id, purpose, recipient, sealed_content, claimed_until, expires_at)
  VALUES (gen_random_uuid(), 'notice', '+6281200000001', 'x', now() + interval '1 hour', now() + interval '1 hour');
  INSERT INTO messages (id, purpose, recipient, sealed_content, state, provider, expires_at)
  VALUES (gen_random_uuid(), 'login', '+6281200000001', 'x', 'SENT', 'cloud-api', now() + interval '1 hour');
  INSERT INTO verifications (id, owner_id, session_id, session_name, phone, company, code_hash, length, minutes, expires_at)
  VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'one', '+6281200000001', 'Klinik', sha256('x'), 6, 5, now() + interval '5 minutes');
  INSERT INTO gateway_sessions (id, name, sealed_key, pairing_until, phone, state)
  VALUES ('00000000-0000-4000-8000-000000000001', 'one', 'x', now(), '+6281200000009', 'CONNECTED');
  INSERT INTO gateway_keys (session_id, name_hash, sealed_value) VALUES ('00000000-0000-4000-8000-000000000001', sha256('creds'), 'x');
  INSERT INTO oidc_artifacts (id_hash, kind, sealed_payload, expires_at) VALUES (sha256('code'), 'AuthorizationCode', 'x', now() + interval '1 hour');
  INSERT INTO oidc_artifacts (id_hash, kind, login_session_id, sealed_payload, expires_at)
  SELECT sha256('session'), 'Session', id, 'x', now() + interval '1 hour' FROM login_sessions LIMIT 1;
  INSERT INTO api_keys (id, name, key_hash, hint, scopes, requests_per_minute)
  VALUES (gen_random_uuid(), 'cashier', sha256('key'), 'msk_', '{tokens}', 60)`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masuk-restore-'));
  house = await openHouse({}, { instances: 0 });
  ({ database: original } = house);
  let service = await house.another();
  exchanged = await logIn(service);
  loggedOut = await logIn(service);
  const { e164: phone } = await house.person();
  used = { phone, code: await house.at(service).code(phone) };
  stranger = await house.person();
  [kid = ''] = await kidsOf(service);
  await service.stop();
  await original.query(MORE);
  await backup();
  await backup();

  service = await house.another();
  await refreshed(service, exchanged.refreshToken);
  expect((await service.post('/api/auth/logout', {}, bearer(loggedOut))).status).toBe(200);
  expect((await house.at(service).verify(used.phone, used.code)).status).toBe(200);
  await service.stop();
}, 300_000);

afterAll(async () => {
  await stopAllServices();
  for (const name of copies) await query('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a backup that was restored', () => {
  it('brings used codes, exchanged refresh tokens and ended sessions back', async () => {
    unfinished = await serve(copies[0]!);
    const answers = [
      await me(unfinished, loggedOut),
      await refresh(unfinished, exchanged.refreshToken),
      await house.at(unfinished).verify(used.phone, used.code),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  }, 120_000);

  it('brings back nothing of them once it is finished, and serves whoever logs in anew', async () => {
    const name = copies[1]!;
    const { code, out, err } = await finish(name);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('  1 codes\n');
    expect(out).toContain('  2 login sessions, with their refresh tokens\n');
    expect(out).toContain('  1 linked WhatsApp accounts, to be linked again\n');
    expect(out).toContain('  1 signing keys; a new one signs\n');

    const rows = async (sql: string) => query(name, sql);
    expect(await rows('SELECT DISTINCT state, sealed_content FROM messages ORDER BY state')).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ state: 'PENDING' })]),
    );
    expect(await rows('SELECT 1 FROM messages WHERE sealed_content IS NOT NULL')).toEqual([]);
    expect(await rows('SELECT 1 FROM verifications WHERE ended_at IS NULL')).toEqual([]);
    expect(await rows('SELECT state, wanted, phone, owner FROM gateway_sessions')).toEqual([
      { state: 'LOGGED_OUT', wanted: false, phone: null, owner: null },
    ]);
    expect(await rows('SELECT 1 FROM gateway_keys')).toEqual([]);
    // The provider's session stays until applications have been told that its login is over.
    expect(await rows('SELECT kind FROM oidc_artifacts')).toEqual([{ kind: 'Session' }]);
    expect(
      await rows(
        "SELECT 1 FROM users WHERE devices_valid_from < now() - interval '1 minute' OR devices_valid_from <= created_at",
      ),
    ).toEqual([]);
    expect(await rows('SELECT 1 FROM api_keys WHERE revoked_at IS NOT NULL')).toEqual([]);
    const [event] = await query<{ detail: object }>(
      name,
      `SELECT detail FROM audit_events WHERE type = 'database.restored'`,
    );
    expect(event!.detail).toEqual({
      ...{
        messages: 1,
        codes: 1,
        verifications: 1,
        sessions: 2,
        oidc: 1,
        linkedAccounts: 1,
        signingKeys: 1,
        apiKeys: null,
      },
      devices: 4,
    });

    const service = await serve(name);
    const statuses = [
      await me(service, loggedOut),
      await me(service, exchanged),
      await refresh(service, exchanged.refreshToken),
      await refresh(service, loggedOut.refreshToken),
      await house.at(service).verify(used.phone, used.code),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 401, 400]);
    const kids = await kidsOf(service);
    expect(kids).toHaveLength(1);
    expect(kids).not.toContain(kid);
    const fresh = await house.at(service).verify(stranger.e164, await house.at(service).code(stranger.e164));
    expect((await me(service, fresh.body.data)).status).toBe(200);
    // Who had a code when the backup was made can ask for the next one at once.
    await house.at(service).code(used.phone);
    await service.stop();
  }, 180_000);

  it('is not finished while an instance uses it, unless somebody insists', async () => {
    const name = copies[0]!;
    const refused = await finish(name);
    expect({ code: refused.code, out: refused.out }).toEqual({ code: 1, out: '' });
    expect(refused.err).toMatch(
      /^Nothing was ended\.\nAnother process of this service uses the database \(\d+ connections\)\.\nStop every instance/,
    );
    expect((await me(unfinished, exchanged)).status).toBe(200);
    expect(await query(name, `SELECT 1 FROM audit_events WHERE type = 'database.restored'`)).toEqual([]);
    expect(await finish(name, '--force')).toMatchObject({ code: 0, err: '' });
    expect((await me(unfinished, exchanged)).status).toBe(401);
    await unfinished.stop();
  }, 180_000);

  it('may be finished twice, and revokes API keys when it is told to', async () => {
    const name = copies[1]!;
    const { code, out } = await finish(name, '--api-keys');
    expect(code).toBe(0);
    expect(out).toContain('  1 API keys\n');
    expect(out).toContain('  0 linked WhatsApp accounts');
    expect(await query(name, 'SELECT 1 FROM api_keys WHERE revoked_at IS NULL')).toEqual([]);
    expect(await query(name, `SELECT 1 FROM audit_events WHERE type = 'api_key.revoked'`)).toHaveLength(1);
  });

  it('is not changed by a misspelt command', async () => {
    const { code, err } = await finish(copies[1]!, '--apikeys');
    expect(code).toBe(2);
    expect(err).toContain('usage: npm run restore:finish');
  });
});
