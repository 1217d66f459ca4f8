import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { pino } from 'pino';
import { createDatabase, type TestDatabase } from '../../support/database.js';

/** The rooms as they are built: they find their pages and their dictionaries beside them. */
const built = async <Module>(file: string): Promise<Module> =>
  (await import(join(import.meta.dirname, '..', '..', '..', 'build', file))) as Module;
const { AppModule } = await built<typeof import('../../../src/app.module.js')>('app.module.js');
const { loadAuthSecret } = await built<typeof import('../../../src/platform/secrets/auth-secret.js')>(
  'platform/secrets/auth-secret.js',
);
const { settingsFrom } = await built<typeof import('../../../src/settings.js')>('settings.js');
const { GatewayCommandsRepository } = await built<
  typeof import('../../../src/gateway/accounts/gateway-commands.repository.js')
>('gateway/accounts/gateway-commands.repository.js');
const { GatewayMessagesRepository } = await built<
  typeof import('../../../src/gateway/messages/gateway-messages.repository.js')
>('gateway/messages/gateway-messages.repository.js');
const { AccountLeasesRepository } = await built<
  typeof import('../../../src/gateway/link/account-leases.repository.js')
>('gateway/link/account-leases.repository.js');
const { LeasedLimitRepository } = await built<typeof import('../../../src/platform/limits/leased-limit.repository.js')>(
  'platform/limits/leased-limit.repository.js',
);
const { LeasedLimits } = await built<typeof import('../../../src/platform/limits/leased-limits.js')>(
  'platform/limits/leased-limits.js',
);
const { JobsRepository } = await built<typeof import('../../../src/platform/jobs/jobs.repository.js')>(
  'platform/jobs/jobs.repository.js',
);
const { Jobs } = await built<typeof import('../../../src/platform/jobs/jobs.service.js')>(
  'platform/jobs/jobs.service.js',
);
const { Messaging } = await built<typeof import('../../../src/delivery/outbox/messaging.service.js')>(
  'delivery/outbox/messaging.service.js',
);
const { SigningKeys } = await built<typeof import('../../../src/identity/sessions/signing-keys.js')>(
  'identity/sessions/signing-keys.js',
);
const { Users } = await built<typeof import('../../../src/identity/users/users.service.js')>(
  'identity/users/users.service.js',
);
const { DemoAccounts } = await built<typeof import('../../../src/identity/users/demo-accounts.js')>(
  'identity/users/demo-accounts.js',
);
const { DeliveriesRepository } = await built<
  typeof import('../../../src/applications/webhooks/deliveries.repository.js')
>('applications/webhooks/deliveries.repository.js');

// Every statement of the start, of the jobs and of what each instance does by itself is run on grown tables and explained: it
// reads no table from one end to the other.

/** Rows of a grown table, and how many of them are old. */
const ROWS = 30_000;
const OLD = 1_500;

/** What one statement may read of a grown table: a few steps' worth. */
const READ_AT_MOST = 5_000;

/** When row `n` was made: the first ones are old enough for every job, the others are spread over the last hours. */
const NOW = `'${new Date().toISOString()}'::timestamptz`;
const AT = `CASE WHEN n <= ${OLD} THEN ${NOW} - interval '400 days' ELSE ${NOW} - n * interval '1 millisecond' END`;
/** An id of version 7, as the service makes them: it grows with time. */
const ID = `overlay(overlay(md5(n::text || 'x') PLACING lpad(to_hex((extract(epoch FROM ${AT}) * 1000)::bigint), 12, '0') FROM 1) PLACING '7' FROM 13)::uuid`;
const HASH = 'sha256(n::text::bytea)';
const PHONE = `'+6281' || (200000000 + n)`;
const OWNER = `md5('session' || n % 3)::uuid`;
const HOOK = `md5('hook' || n % 500)::uuid`;

/** The provider's sessions among the artifacts. */
const OF_A_LOGIN = `(n % 3 = 0 AND n > ${OLD})`;

const GROWN: Record<string, Record<string, string>> = {
  users: { id: `md5('user' || n)::uuid`, phone: PHONE, full_name: `'Budi'` },
  password_budgets: { identifier_key: HASH, updated_at: AT },
  otp_codes: { phone: PHONE, purpose: `'login'`, failures: 'n % 3', updated_at: AT },
  otp_sessions: {
    id: ID,
    phone: PHONE,
    purpose: `'login'`,
    code_hash: HASH,
    client_address: `'127.0.0.1'`,
    created_at: AT,
    expires_at: `${AT} + interval '5 minutes'`,
    consumed_at: `CASE WHEN n % 2 = 0 THEN ${AT} END`,
  },
  messages: {
    id: ID,
    purpose: `'login'`,
    recipient: PHONE,
    state: `'ACCEPTED'`,
    provider: `'whacenter'`,
    provider_message_id: `n::text`,
    sealed_content: `CASE WHEN n % 100 = 0 THEN ${HASH} END`,
    created_at: AT,
    expires_at: `${AT} + interval '5 minutes'`,
    closed_at: AT,
  },
  message_history: {
    id: ID,
    purpose: `'login'`,
    recipient: PHONE,
    state: `'ACCEPTED'`,
    attempts: '1',
    created_at: `now() - n * interval '1 millisecond'`,
  },
  audit_events: {
    id: ID,
    type: `'login.otp'`,
    outcome: `'success'`,
    occurred_at: `now() - n * interval '1 millisecond'`,
  },
  login_sessions: {
    id: ID,
    user_id: `md5('user' || n)::uuid`,
    device_id: ID,
    method: `'OTP'`,
    client_address: `'127.0.0.1'`,
    created_at: AT,
    idle_expires_at: `${AT} + interval '30 days'`,
    expires_at: `${AT} + interval '90 days'`,
    revoked_at: `CASE WHEN n % 1000 = 0 THEN ${AT} END`,
    revoked_reason: `CASE WHEN n % 1000 = 0 THEN 'logout' END`,
  },
  refresh_tokens: { token_hash: HASH, session_id: ID },
  oidc_artifacts: {
    id_hash: HASH,
    kind: `CASE WHEN ${OF_A_LOGIN} THEN 'Session' ELSE 'AccessToken' END`,
    login_session_id: `CASE WHEN ${OF_A_LOGIN} THEN ${ID} END`,
    sealed_payload: HASH,
    created_at: AT,
    expires_at: `${AT} + interval '90 days'`,
  },
  import_runs: { id: ID, origin: `'klinik'`, state: `'DONE'`, updated_at: AT },
  import_rows: {
    run_id: ID.replaceAll(/\bn\b/g, '(n % 100 + 1)'),
    line: 'n',
    origin_key: HASH,
    digest: `'x'`,
    phone: PHONE,
  },
  rate_limits: { name: `'sends'`, subject: `'s' || n`, window_started_at: AT, used: '1' },
  idempotency_keys: {
    key_hash: HASH,
    fingerprint: HASH,
    claim_id: ID,
    claimed_until: AT,
    sealed_answer: HASH,
    expires_at: `${AT} + interval '1 day'`,
  },
  conversations: { phone: PHONE, last_position: '1', created_at: AT, last_activity_at: AT },
  conversation_messages: {
    id: ID,
    phone: PHONE,
    position: '1',
    direction: `'OUT'`,
    kind: `'text'`,
    sealed_content: HASH,
    created_at: AT,
  },
  gateway_messages: {
    id: ID,
    session_id: OWNER,
    kind: `'text'`,
    recipient: PHONE,
    state: `'SENT'`,
    whatsapp_id: 'n::text',
    created_at: AT,
    expires_at: `${AT} + interval '1 minute'`,
    sent_at: AT,
  },
  gateway_contacts: { contact_hash: HASH, session_id: OWNER, wrote_at: AT },
  gateway_commands: {
    id: ID,
    session_id: OWNER,
    kind: `'restart'`,
    done_at: AT,
    created_at: AT,
    expires_at: `${AT} + interval '1 minute'`,
  },
  gateway_tickets: { ticket_hash: HASH, session_id: OWNER, expires_at: `${AT} + interval '1 hour'` },
  gateway_menus: {
    session_id: OWNER,
    whatsapp_id: 'n::text',
    contact_hash: HASH,
    sealed_choices: HASH,
    created_at: AT,
    expires_at: `${AT} + interval '1 day'`,
  },
  gateway_media: { message_id: ID, session_id: OWNER, created_at: AT },
  verifications: {
    id: ID,
    owner_id: OWNER,
    session_id: OWNER,
    session_name: `'one'`,
    phone: PHONE,
    company: `'Klinik'`,
    code_hash: HASH,
    length: '6',
    minutes: '5',
    created_at: AT,
    expires_at: `${AT} + interval '5 minutes'`,
    ended_at: `CASE WHEN n % 50 > 0 THEN ${AT} END`,
    ended_as: `CASE WHEN n % 50 > 0 THEN 'verified' END`,
  },
  verification_phones: { phone: PHONE, updated_at: AT },
  webhook_deliveries: {
    id: ID,
    webhook_id: HOOK,
    event: `'message.status'`,
    sealed_body: HASH,
    state: `CASE WHEN n % 500 = 7 THEN 'PENDING' ELSE 'DELIVERED' END::webhook_delivery_state`,
    next_attempt_at: `CASE WHEN n % 500 = 7 THEN ${AT} END`,
    delivered_at: `CASE WHEN n % 500 <> 7 THEN ${AT} END`,
    created_at: AT,
  },
  activity_days: {
    day: `(${AT})::date`,
    session_id: ID,
    action: `'message.text'`,
    status: `'success'`,
    hours: `array_fill(0, ARRAY[24])`,
    durations: `'{0}'`,
  },
};

/** What they refer to. */
const FEW = `
  INSERT INTO gateway_sessions (id, name, sealed_key, pairing_until, wanted)
  SELECT md5('session' || n)::uuid, 'session' || n, 'x', now(), true FROM generate_series(0, 2) n;
  INSERT INTO webhooks (id, url, events, sealed_secret)
  SELECT md5('hook' || n)::uuid, 'https://example.com', '{message.status}', 'x' FROM generate_series(0, 499) n`;

interface Recorded {
  readonly text: string;
  readonly values: unknown[];
}

let database: TestDatabase;
let pool: pg.Pool | undefined;
let rooms: INestApplicationContext | undefined;
/** Tables and partitions that are large by now. */
let grown: Set<string>;
/** Statements by their names, or what they begin with. */
const recorded = new Map<string, Recorded>();

/** Takes down what the service asks the database. */
function record(client: pg.Client): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  Object.assign(client, {
    query: (...given: unknown[]) => {
      const [first, values] = given as [string | { name?: string; text: string; values?: unknown[] }, unknown];
      const {
        name,
        text,
        values: own,
      } = typeof first === 'string' ? { name: '', text: first, values: undefined } : first;
      if (/^\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE)\b/.test(text))
        recorded.set(name || text.slice(0, 100), { text, values: own ?? (Array.isArray(values) ? values : []) });
      return query(...given);
    },
  });
}

beforeAll(async () => {
  database = await createDatabase();
  for (const [table, columns] of Object.entries(GROWN)) {
    // Without the checks of references and the triggers: they would take most of the time.
    await database.query(
      `BEGIN; SET LOCAL session_replication_role = replica;
       INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM generate_series(1, ${ROWS}) n; COMMIT`,
    );
  }
  // Messages that old have a month to go to.
  await database
    .query(
      `SELECT format('CREATE TABLE partitions.message_history_before PARTITION OF message_history FOR VALUES FROM (MINVALUE) TO (%L)', date_trunc('month', now(), 'UTC')) AS sql`,
    )
    .then(([row]) => database.query(String(row!['sql'])));
  await database.query(FEW);
  await database.query('ANALYZE');
  const large = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND reltuples >= ${ROWS}`,
  );
  grown = new Set(large.map(({ name }) => name));

  const connections = new pg.Pool({ connectionString: database.url, max: 4 });
  pool = connections;
  connections.on('connect', record);
  const settings = settingsFrom({ NODE_ENV: 'test', DATABASE_URL: database.url, AUTH_SECRET: 'x'.repeat(43) });
  const open = {
    pool: connections,
    poolBehind: connections,
    poolForLogs: connections,
    directUrl: database.url,
    close: async () => connections.end(),
  };
  const secret = loadAuthSecret(settings);
  // What applications are told of is opened before.
  const ended = await database.query<{ id_hash: Buffer }>(
    `SELECT id_hash FROM oidc_artifacts a JOIN login_sessions s ON s.id = a.login_session_id WHERE s.revoked_at IS NOT NULL`,
  );
  for (const { id_hash } of ended)
    await database.query('UPDATE oidc_artifacts SET sealed_payload = $2 WHERE id_hash = $1', [
      id_hash,
      secret.seal('oidc-artifact', '{}', `Session:${id_hash.toString('hex')}`),
    ]);
  const given = { settings, secret, logger: pino({ level: 'silent' }), database: open };
  rooms = await NestFactory.createApplicationContext(AppModule.on(given), { logger: false, abortOnError: false });
}, 240_000);

afterAll(async () => {
  await rooms?.close();
  await pool?.end().catch(() => undefined);
  await database.drop();
});

/** A node of a plan, with what was read there. */
interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Filter?: string;
  /** Whether the node above takes only so many rows. */
  limited?: boolean;
  Plans?: Node[];
}

const nodesOf = (node: Node): Node[] => [
  node,
  ...(node.Plans ?? []).flatMap((child) => nodesOf({ ...child, limited: node['Node Type'] === 'Limit' })),
];
const isGrown = ({ 'Relation Name': name = '' }: Node) => grown.has(name);

/** What the functions of a statement have read in this transaction: no plan shows it. */
async function readByFunctions(client: pg.Client, nodes: readonly Node[]): Promise<Node[]> {
  const { rows } = await client.query<{ table: string; rows: number }>(
    `SELECT relname AS table, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS rows
       FROM pg_stat_xact_user_tables WHERE relname <> ALL ($1)`,
    [nodes.map((node) => node['Relation Name'] ?? '')],
  );
  return rows.map(({ table, rows: read }) => ({
    'Node Type': 'Function',
    'Relation Name': table,
    'Actual Rows': read,
    'Actual Loops': 1,
  }));
}

/** @param costs what the planner is made to believe; nothing: its own figures */
async function explain(how: string, text: string, values?: unknown[], costs = ''): Promise<Node[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`BEGIN; ${costs}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (${how}, FORMAT JSON) ${text}`,
      values,
    );
    const nodes = nodesOf(rows[0]!['QUERY PLAN'][0].Plan);
    return how.startsWith('ANALYZE') ? [...nodes, ...(await readByFunctions(client, nodes))] : nodes;
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

/** The outbox holds what is under way, so it is read whole: an index would cost each login more than it ever saves. */
const isOutbox = (node: Node) => node['Relation Name'] === 'messages';

/** What is wrong with a plan. */
function whole(nodes: Node[]): string[] {
  return nodes
    .filter((node) => isGrown(node) && !isOutbox(node))
    .flatMap((node) => {
      const read = ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);
      const kind = `${node['Node Type']} of ${node['Relation Name']}`;
      // Any first row of all needs no index.
      const anyFirst = node.limited && node.Filter === undefined;
      if (node['Node Type'] === 'Seq Scan' && !anyFirst && node['Actual Loops'] !== 0) return [kind];
      return read > READ_AT_MOST ? [`${kind} reads ${read} rows`] : [];
    });
}

type Private = Record<string, (...given: unknown[]) => Promise<unknown>>;
const room = <Room>(type: new (...given: never[]) => Room): Room => rooms!.get(type);
const inside = (type: new (...given: never[]) => object) => room(type) as unknown as Private;

/** What each instance does by itself, by the file that says so. A new timer belongs here, too. */
const TIMERS: Record<string, () => Promise<unknown>> = {
  'platform/jobs/jobs.service.ts': () => room(JobsRepository).waiting(['old-codes']),
  'gateway/accounts/command-runner.ts': () =>
    room(GatewayCommandsRepository).take([{ sessionId: crypto.randomUUID(), owner: crypto.randomUUID(), fence: 1 }]),
  'gateway/link/held-accounts.ts': async () => {
    const lease = { sessionId: crypto.randomUUID(), owner: crypto.randomUUID(), fence: 1 };
    await room(AccountLeasesRepository).anyFree();
    await room(AccountLeasesRepository).take(lease.owner, 15, { count: 5 });
    await room(AccountLeasesRepository).renew([lease], 15);
    await room(GatewayMessagesRepository).claim([{ lease, withMedia: true }]);
  },
  'identity/users/users.service.ts': () => inside(Users)['lookForForeignHashes']!(),
  'platform/limits/leased-limits.ts': async () => {
    const limits = room(LeasedLimits);
    for (let subject = 0; subject < 300; subject++) {
      const limit = { name: 'sends', cap: 1_000, seconds: 3_600 };
      await limits.reserve(limit, `s${ROWS - subject}`);
      await limits.reserve(limit, `s${ROWS - subject}`);
    }
    await inside(LeasedLimits)['report']!();
    await room(LeasedLimitRepository).forgetOld();
  },
  'delivery/outbox/messaging.service.ts': () => inside(Messaging)['recover']!(),
  'identity/sessions/signing-keys.ts': () => inside(SigningKeys)['keepUp']!('ES256'),
  'applications/webhooks/webhook-dispatcher.ts': () =>
    room(DeliveriesRepository).claim({ count: 48, each: 4, without: [], claim_seconds: 30 }),
};

/** Timers that run while AUTH_SECRET is replaced, and read everything that is sealed, page by page. */
const RESEALING = [
  'gateway/gateway-upkeep.ts',
  'incoming/bot/conversation-upkeep.ts',
  'login/second-factor/totp-seal.ts',
];

describe('on grown tables', () => {
  it('covers every timer of an instance', () => {
    const source = join(import.meta.dirname, '..', '..', '..', 'src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (file) =>
        file.endsWith('.ts') &&
        /[= (]every\(\w+_EVERY|[ [(]every\([A-Z_]+,/.test(readFileSync(join(source, file), 'utf8')),
    );
    expect(files.sort()).toEqual([...Object.keys(TIMERS), ...RESEALING].sort());
  });

  it('a statement that reads a whole table is noticed', async () => {
    expect(grown.size).toBe(Object.keys(GROWN).length);
    const scan = 'SELECT count(*) FROM otp_sessions WHERE consumed_at > $1';
    expect(whole(await explain('GENERIC_PLAN', scan))).toEqual(['Seq Scan of otp_sessions']);
    const index = `SELECT count(*) FROM password_budgets WHERE updated_at < $1`;
    expect(whole(await explain('ANALYZE, SETTINGS', index, [new Date()]))).toEqual([
      expect.stringContaining('password_budgets'),
    ]);
    await database.query(
      'CREATE FUNCTION read_all() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(failures) FROM otp_codes); END $$',
    );
    expect(whole(await explain('ANALYZE', 'SELECT read_all()'))).toEqual([
      expect.stringMatching(/^Function of otp_codes reads \d+ rows$/),
    ]);
  });

  it('no statement of the start, of a job or of a timer reads a whole table', async () => {
    const jobs = (room(Jobs) as unknown as { scheduled: { name: string; work: () => Promise<boolean> }[] }).scheduled;
    expect(jobs.length).toBeGreaterThan(15);
    for (const { work } of jobs) for (let parts = 0; parts < 10 && (await work()); parts++);
    for (const work of Object.values(TIMERS)) await work();
    // What else the start asks for (main.ts).
    await room(DemoAccounts).refuseDemoPassword();
    await room(DemoAccounts).phones();
    await room(DemoAccounts).seedIfEmpty();
    // The start, each job and each timer have left something.
    expect([...recorded.keys()]).toEqual(
      expect.arrayContaining([
        'codes_forget_old',
        'login_sessions_walk',
        'users_dearest_foreign_hashes',
        'rate_limits_report',
      ]),
    );
    const wrong: Record<string, string[]> = {};
    for (const [name, { text, values }] of recorded) {
      const plans = { generic: await explain('GENERIC_PLAN', text), run: await explain('ANALYZE', text, values) };
      for (const [how, nodes] of Object.entries(plans)) {
        const found = whole(nodes);
        if (found.length > 0) wrong[`${name} (${how})`] = found;
      }
    }
    expect(wrong).toEqual({});
  }, 120_000);

  it('a step in the middle of the codes finds them by the index, though the planner would rather read all', async () => {
    const { text } = recorded.get('codes_forget_old')!;
    const middle = [`+6281${200_000_000 + ROWS / 2}`, 'login', 1_000];
    const dear =
      'SET LOCAL random_page_cost = 1000000; SET LOCAL cpu_index_tuple_cost = 10000; SET LOCAL seq_page_cost = 0';
    expect(whole(await explain('ANALYZE', text, middle, dear))).toEqual([]);
  });
});
