import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const ID = 'gen_random_uuid()';
const HASH = `decode(repeat('ab', 32), 'hex')`;
const SHORT = `'\\xab'::bytea`;

const HOLDER = `'0190d0c0-0000-7000-8000-000000000001'`;
const LINKED = '(SELECT id FROM gateway_sessions LIMIT 1)';

/** Values of a row that every constraint of the table lets in, as SQL, by column. */
const GOOD: Record<string, Record<string, string>> = {
  users: { id: ID, phone: `'+62812' || (random() * 9e7 + 1e7)::bigint`, full_name: `'Budi'` },
  password_budgets: { identifier_key: HASH },
  otp_codes: { phone: `'+62812' || (random() * 9e7 + 1e7)::bigint`, purpose: `'login'` },
  device_guesses: { device_id: ID, issued_at: 'now()', user_id: ID, guesses: '1' },
  otp_sessions: {
    id: ID,
    phone: `'+62812' || (random() * 9e7 + 1e7)::bigint`,
    purpose: `'login'`,
    code_hash: HASH,
    client_address: `'127.0.0.1'`,
    expires_at: `now() + interval '5 minutes'`,
  },
  messages: {
    id: ID,
    purpose: `'login'`,
    recipient: `'+6281200000000'`,
    sealed_content: `'\\x00'`,
    state: `'PENDING'`,
    claimed_until: 'now()',
    expires_at: 'now()',
  },
  login_sessions: {
    id: ID,
    user_id: '(SELECT id FROM users LIMIT 1)',
    device_id: ID,
    method: `'OTP'`,
    client_address: `'127.0.0.1'`,
    idle_expires_at: 'now()',
    expires_at: 'now()',
  },
  refresh_tokens: { token_hash: HASH, session_id: '(SELECT id FROM login_sessions LIMIT 1)' },
  import_runs: { id: ID, origin: `'klinik'`, state: `'READING'` },
  import_rows: { run_id: ID, line: '1', origin_key: SHORT, digest: `'x'` },
  import_origins: {
    origin_key: `decode(repeat('ab', 16), 'hex')`,
    user_id: '(SELECT id FROM users LIMIT 1)',
    origin: `'klinik'`,
  },
  second_factors: {
    user_id: '(SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM second_factors) LIMIT 1)',
  },
  recovery_codes: { user_id: '(SELECT user_id FROM second_factors LIMIT 1)', code_hash: HASH },
  passkeys: {
    id: ID,
    user_id: '(SELECT user_id FROM second_factors LIMIT 1)',
    credential_id: HASH,
    public_key: `'\\x00'`,
    counter: '0',
    transports: `'{}'`,
    name: `'Laptop'`,
  },
  second_factor_challenges: {
    login_session_id: '(SELECT id FROM login_sessions LIMIT 1)',
    purpose: `'passkey-proof'`,
    content: HASH,
    expires_at: 'now()',
  },
  signing_keys: { kid: `'a'`, algorithm: `'ES256'`, state: `'ACTIVE'`, public_jwk: `'{}'`, sealed_private: `'\\x00'` },
  rate_limits: { name: `'sends'`, subject: `'127.0.0.1'`, window_started_at: 'now()', used: '1' },
  idempotency_keys: {
    key_hash: HASH,
    fingerprint: HASH,
    claim_id: ID,
    claimed_until: 'now()',
    expires_at: 'now()',
  },
  auth_secrets: { id: '1', check_value: HASH },
  oidc_clients: {
    id: ID,
    name: `'Dasbor'`,
    kind: `'browser'`,
    redirect_uris: `ARRAY['https://a.example/']`,
    post_logout_redirect_uris: `'{}'`,
    scopes: `'{}'`,
    resources: `'{}'`,
    access_token_seconds: '3600',
    refresh_token_seconds: '0',
  },
  oidc_artifacts: { id_hash: HASH, kind: `'Session'`, sealed_payload: `'\\x00'`, expires_at: 'now()' },
  conversations: { phone: `'+62812' || (random() * 9e7 + 1e7)::bigint` },
  conversation_messages: {
    id: ID,
    phone: '(SELECT phone FROM conversations LIMIT 1)',
    position: '(random() * 1e9 + 1)::int',
    direction: `'IN'`,
    kind: `'text'`,
    sealed_content: `'\\x00'`,
    provider: `'whapi'`,
  },
  gateway_sessions: {
    id: ID,
    name: `'klinik-' || gen_random_uuid()`,
    sealed_key: `'\\x00'`,
    pairing_until: 'now()',
  },
  gateway_keys: { session_id: LINKED, name_hash: HASH, sealed_value: `'\\x00'` },
  gateway_messages: {
    id: ID,
    session_id: LINKED,
    kind: `'text'`,
    recipient: `'+6281234567890'`,
    sealed_content: `'\\x00'`,
    whatsapp_id: `'3EB0'`,
    expires_at: 'now()',
  },
  gateway_commands: { id: ID, session_id: LINKED, kind: `'restart'`, expires_at: 'now()' },
  gateway_tickets: { ticket_hash: HASH, session_id: LINKED, expires_at: 'now()' },
  gateway_contacts: { contact_hash: HASH, session_id: LINKED, heard_at: 'now()' },
  gateway_media: { message_id: ID, session_id: LINKED },
  gateway_media_chunks: {
    message_id: '(SELECT message_id FROM gateway_media LIMIT 1)',
    position: '0',
    bytes: `'\\x00'`,
  },
  gateway_menus: {
    session_id: LINKED,
    whatsapp_id: `'3EB0'`,
    contact_hash: HASH,
    sealed_choices: `'\\x00'`,
    expires_at: 'now()',
  },
  verifications: {
    id: ID,
    owner_id: ID,
    session_id: ID,
    session_name: `'klinik'`,
    phone: `'+6281234567890'`,
    company: `'Klinik'`,
    code_hash: HASH,
    length: '6',
    minutes: '5',
    expires_at: `now() + interval '5 minutes'`,
  },
  verification_phones: { phone: `'+62812' || (random() * 9e7 + 1e7)::bigint` },
  webhooks: { id: ID, url: `'https://example.id/'`, events: `'{otp.status}'`, sealed_secret: `'\\x00'` },
  webhook_deliveries: {
    id: ID,
    webhook_id: '(SELECT id FROM webhooks LIMIT 1)',
    event: `'otp.status'`,
    sealed_body: `'\\x00'`,
    next_attempt_at: 'now()',
  },
  activity_days: {
    day: `'2026-11-20'`,
    session_id: ID,
    action: `'message.text'`,
    status: `'success'`,
    hours: 'array_fill(0, ARRAY[24])',
    durations: `'{}'`,
  },
  activity_log: {
    id: ID,
    occurred_at: `'2026-11-20T00:00:00Z'`,
    session_id: ID,
    session_name: `'klinik'`,
    action: `'message.text'`,
    status: `'success'`,
    number: `'+62812****890'`,
  },
  activity_numbers: {
    day: `'2026-11-20'`,
    session_id: ID,
    number_hash: HASH,
    number: `'+62812****890'`,
    count: '1',
  },
};

function insertion(table: string, changes: Record<string, string>): string {
  const row = { ...GOOD[table], ...changes };
  return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).join(', ')})`;
}

/** Runs the statements in a transaction that is rolled back; resolves with the name of the constraint that refused. */
async function refusalOf(...statements: string[]): Promise<string | undefined> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(insertion('users', {}));
    await client.query(insertion('login_sessions', {}));
    await client.query(insertion('second_factors', {}));
    await client.query(insertion('users', {}));
    await client.query(insertion('conversations', {}));
    await client.query(insertion('gateway_sessions', {}));
    await client.query(insertion('gateway_media', {}));
    await client.query(insertion('webhooks', {}));
    await client.query(`CREATE TABLE partitions.activity_log_spec PARTITION OF activity_log DEFAULT`);
    await client.query(`CREATE TABLE partitions.activity_numbers_spec PARTITION OF activity_numbers DEFAULT`);
    for (const statement of statements) await client.query(statement);
    return undefined;
  } catch (error) {
    const { constraint, message } = error as pg.DatabaseError;
    return constraint ?? message;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** A bad row by the constraint that must refuse it: table and the columns that make it bad. */
const BAD: [constraint: string, table: string, ...changes: Record<string, string>[]][] = [
  ['users_identity_check', 'users', { phone: 'NULL' }],
  [
    'users_email_check',
    'users',
    { email: `'Budi@example.id'` },
    { email: `'budi'` },
    { email: `'a b@example.id'` },
    { email: `'a@b@c'` },
    { email: `repeat('a', 250) || '@b.id'` },
  ],
  [
    'users_email_not_phone_check',
    'users',
    { email: `'6281234567890@s.whatsapp.net'` },
    { email: `'+6281234567890:12@c.us'` },
  ],
  [
    'users_username_check',
    'users',
    { username: `'Budi'` },
    { username: `'0812'` },
    { username: `'a@b'` },
    { username: `'a b'` },
    { username: `repeat('a', 65)` },
    { username: `''` },
  ],
  [
    'users_phone_check',
    'users',
    { phone: `'081234567890'` },
    { phone: `'+0812345678'` },
    { phone: `'+62812'` },
    { phone: `'+62 812 345 678'` },
    { phone: `'+1234567890123456'` },
    { phone: `E'+6281234567\\n'` },
  ],
  ['users_full_name_check', 'users', { full_name: `''` }, { full_name: `repeat('a', 201)` }],
  ['users_password_hash_check', 'users', { password_hash: `'password123'` }],
  [
    'password_budgets_key_check',
    'password_budgets',
    { identifier_key: SHORT },
    { identifier_key: `convert_to('admin@example.id', 'UTF8')` },
  ],
  ['otp_codes_phone_check', 'otp_codes', { phone: `'0812'` }],
  [
    'otp_codes_current_check',
    'otp_codes',
    { current_session_id: ID },
    { current_issued_at: 'now()', current_expires_at: 'now()', current_resend_at: 'now()' },
  ],
  ['otp_sessions_code_hash_check', 'otp_sessions', { code_hash: `convert_to('123456', 'UTF8')` }],
  [
    'otp_sessions_attempts_check',
    'otp_sessions',
    { attempts: '11' },
    { attempts: '-1' },
    { known_attempts: '11' },
    { known_attempts: '-1' },
  ],
  [
    'otp_sessions_life_check',
    'otp_sessions',
    { expires_at: 'now()' },
    { expires_at: `now() + interval '15 minutes 1 second'` },
  ],
  [
    'otp_sessions_end_check',
    'otp_sessions',
    { consumed_at: 'now()', replaced_at: 'now()' },
    { consumed_at: 'now()', failed_at: 'now()' },
    { replaced_at: 'now()', failed_at: 'now()' },
  ],
  ['messages_claim_check', 'messages', { claimed_until: 'NULL' }, { state: `'ACCEPTED'` }],
  ['messages_content_check', 'messages', { sealed_content: 'NULL' }],
  [
    'messages_blanked_check',
    'messages',
    ...['UNKNOWN', 'FAILED', 'EXPIRED', 'SUPPRESSED', 'READ'].flatMap((state) => [
      { state: `'${state}'`, claimed_until: 'NULL' },
      { state: `'${state}'`, claimed_until: 'NULL', sealed_content: 'NULL', recipient_name: `'Budi'` },
    ]),
  ],
  ['messages_fence_check', 'messages', { fence: '0' }, { attempts: '-1' }],
  ['messages_accept_ms_check', 'messages', { accept_ms: '-1' }],
  ['device_guesses_guesses_check', 'device_guesses', { guesses: '-1' }],
  ['otp_codes_failures_check', 'otp_codes', { failures: '-1' }, { known_failures: '-1' }],
  ['login_sessions_life_check', 'login_sessions', { idle_expires_at: `now() + interval '1 second'` }],
  ['login_sessions_cookie_hash_check', 'login_sessions', { cookie_hash: SHORT }, { cookie_hash: `'\\x'::bytea` }],
  ['login_sessions_refresh_hash_check', 'login_sessions', { refresh_hash: SHORT }],
  [
    'login_sessions_second_factor_check',
    'login_sessions',
    { second_factor: `'TOTP'` },
    { second_factor: `'SMS'`, proved_at: 'now()' },
  ],
  ['second_factors_totp_check', 'second_factors', { sealed_totp: HASH }, { totp_since: 'now()' }, { totp_step: '1' }],
  ['second_factors_failures_check', 'second_factors', { failures: '-1' }],
  ['second_factors_recovery_guesses_check', 'second_factors', { recovery_guesses: '-1' }],
  ['recovery_codes_hash_check', 'recovery_codes', { code_hash: SHORT }],
  ['passkeys_counter_check', 'passkeys', { counter: '-1' }],
  ['passkeys_credential_id_check', 'passkeys', { credential_id: `'\\x'::bytea` }],
  ['second_factor_challenges_purpose_check', 'second_factor_challenges', { purpose: `'login'` }],
  ['login_sessions_revoked_check', 'login_sessions', { revoked_at: 'now()' }, { revoked_reason: `'logout'` }],
  ['refresh_tokens_hash_check', 'refresh_tokens', { token_hash: SHORT }],
  ['refresh_tokens_used_check', 'refresh_tokens', { used_at: 'now()' }, { successor_hash: HASH }],
  ['signing_keys_algorithm_check', 'signing_keys', { algorithm: `'HS256'` }, { algorithm: `'none'` }],
  ['signing_keys_state_check', 'signing_keys', { state: `'RETIRED'` }, { retired_at: 'now()' }],
  ['signing_keys_next_check', 'signing_keys', { state: `'NEXT'` }],
  ['users_erased_check', 'users', { erased_at: 'now()' }],
  ['users_phone_proven_check', 'users', { phone: 'NULL', username: `'budi'`, phone_proven_at: 'now()' }],
  [
    'users_phone_claimed_check',
    'users',
    { phone: 'NULL', username: `'budi'`, phone_claimed: 'true' },
    { phone_claimed: 'true', phone_proven_at: 'now()' },
  ],
  ['users_email_claimed_check', 'users', { email_claimed: 'true' }],
  ['rate_limits_used_check', 'rate_limits', { used: '-1' }],
  ['idempotency_keys_hash_check', 'idempotency_keys', { key_hash: SHORT }, { fingerprint: SHORT }],
  ['auth_secrets_single_check', 'auth_secrets', { id: '2' }],
  ['oidc_clients_name_check', 'oidc_clients', { name: `''` }, { name: `repeat('a', 101)` }],
  ['oidc_clients_kind_check', 'oidc_clients', { kind: `'spa'` }],
  ['oidc_clients_secret_check', 'oidc_clients', { kind: `'web'` }, { secret_hash: HASH }],
  ['oidc_clients_secret_hash_check', 'oidc_clients', { kind: `'web'`, secret_hash: SHORT }],
  ['oidc_clients_redirect_uris_check', 'oidc_clients', { redirect_uris: `'{}'` }, { kind: `'device'` }],
  [
    'oidc_clients_lifetimes_check',
    'oidc_clients',
    { access_token_seconds: '59' },
    { access_token_seconds: '3601' },
    { refresh_token_seconds: '-1' },
  ],
  ['oidc_artifacts_hash_check', 'oidc_artifacts', { id_hash: SHORT }, { uid_hash: SHORT }, { user_code_hash: SHORT }],
  [
    'conversations_phone_check',
    'conversations',
    { phone: `'081234567890'` },
    { phone: `'+62 812'` },
    { phone: `'id:'` },
    { phone: `'ID.13491208655302741918'` },
    { phone: `E'id:98765432101234@lid\\n'` },
  ],
  ['conversations_counts_check', 'conversations', { unread: '1' }, { unread: '-1' }, { last_position: '-1' }],
  ['conversation_messages_position_check', 'conversation_messages', { position: '0' }],
  ['conversation_messages_in_check', 'conversation_messages', { provider: 'NULL' }, { sent_by: ID }],
  [
    'conversation_messages_out_check',
    'conversation_messages',
    { direction: `'OUT'`, provider_message_id: `'1'` },
    { direction: `'OUT'`, repeat_key: HASH },
  ],
  ['conversation_messages_repeat_key_check', 'conversation_messages', { repeat_key: SHORT }],
  [
    'gateway_sessions_name_check',
    'gateway_sessions',
    { name: `''` },
    { name: `'a b'` },
    { name: `'../a'` },
    { name: `E'a\\n'` },
    { name: `repeat('a', 65)` },
  ],
  ['gateway_sessions_phone_check', 'gateway_sessions', { phone: `'081234567890'` }, { phone: `E'+6281234567\\n'` }],
  ['gateway_sessions_push_name_check', 'gateway_sessions', { push_name: `repeat('a', 101)` }],
  ['gateway_sessions_lease_check', 'gateway_sessions', { owner: ID }, { lease_until: 'now()' }, { fence: '-1' }],
  [
    'gateway_sessions_qr_check',
    'gateway_sessions',
    { state: `'QR'` },
    { sealed_qr: `'\\x00'`, qr_at: 'now()' },
    { state: `'QR'`, sealed_qr: `'\\x00'` },
  ],
  ['gateway_keys_name_hash_check', 'gateway_keys', { name_hash: SHORT }],
  ['gateway_messages_recipient_check', 'gateway_messages', { recipient: `'081234567890'` }],
  [
    'gateway_messages_content_check',
    'gateway_messages',
    { sealed_content: 'NULL' },
    ...['SENT', 'DELIVERED', 'READ', 'UNKNOWN', 'CANCELLED'].map((state) => ({ state: `'${state}'` })),
  ],
  [
    'gateway_messages_error_check',
    'gateway_messages',
    { error: `'refused'` },
    { state: `'FAILED'`, sealed_content: 'NULL' },
  ],
  ['gateway_messages_fence_check', 'gateway_messages', { fence: '-1' }],
  [
    'gateway_commands_kind_check',
    'gateway_commands',
    { kind: `'shell'` },
    { kind: `'pairing-code'` },
    { phone: `'+6281234567890'` },
  ],
  ['gateway_commands_done_check', 'gateway_commands', { error: `'busy'` }, { sealed_result: `'\\x00'` }],
  ['import_runs_state_check', 'import_runs', { state: `'BUSY'` }],
  ['import_runs_rows_check', 'import_runs', { position: '1' }, { rows: '-1' }],
  ['import_rows_line_check', 'import_rows', { line: '0' }],
  ['import_rows_key_check', 'import_rows', { problem: `'unreadable'` }, { origin_key: 'NULL' }],
  ['import_origins_key_check', 'import_origins', { origin_key: SHORT }],
  ['gateway_tickets_hash_check', 'gateway_tickets', { ticket_hash: SHORT }, { viewer_hash: SHORT }],
  ['gateway_contacts_hash_check', 'gateway_contacts', { contact_hash: SHORT }, { heard_at: 'NULL' }],
  [
    'gateway_media_chunks_bytes_check',
    'gateway_media_chunks',
    { position: '-1' },
    { bytes: `''` },
    { bytes: `decode(repeat('00', 1048577), 'hex')` },
  ],
  ['gateway_menus_contact_hash_check', 'gateway_menus', { contact_hash: SHORT }],
  ['verifications_phone_check', 'verifications', { phone: `'081234567890'` }, { phone: `E'+6281234567\\n'` }],
  [
    'verifications_company_check',
    'verifications',
    { company: `''` },
    { company: `repeat('a', 121)` },
    { company: `E'Klinik\\nKode'` },
  ],
  ['verifications_code_hash_check', 'verifications', { code_hash: `convert_to('123456', 'UTF8')` }],
  [
    'verifications_bounds_check',
    'verifications',
    { length: '3' },
    { length: '9' },
    { minutes: '0' },
    { minutes: '11' },
    { attempts: '-1' },
    { attempts: '11' },
  ],
  [
    'verifications_life_check',
    'verifications',
    { expires_at: 'now()' },
    { expires_at: `now() + interval '10 minutes 1 second'` },
  ],
  [
    'verifications_end_check',
    'verifications',
    { ended_at: 'now()' },
    { ended_as: `'verified'` },
    { ended_at: 'now()', ended_as: `'lost'` },
  ],
  ['verification_phones_phone_check', 'verification_phones', { phone: `'0812'` }],
  [
    'verification_phones_owners_check',
    'verification_phones',
    { sends: 'ARRAY[now()]' },
    { guess_owners: `ARRAY[${ID}]` },
  ],
  ['webhooks_url_check', 'webhooks', { url: `'ftp://example.id/'` }, { url: `'https://' || repeat('a', 2048)` }],
  ['webhooks_events_check', 'webhooks', { events: `'{}'` }],
  [
    'webhooks_disabled_check',
    'webhooks',
    { disabled_at: 'now()' },
    { disabled_for: `'gone'` },
    { disabled_at: 'now()', disabled_for: `'spite'` },
  ],
  [
    'webhook_deliveries_state_check',
    'webhook_deliveries',
    { next_attempt_at: 'NULL' },
    { state: `'DELIVERED'` },
    { state: `'DELIVERED'`, next_attempt_at: 'NULL' },
    { delivered_at: 'now()' },
  ],
  ['webhook_deliveries_counts_check', 'webhook_deliveries', { attempts: '-1' }, { fence: '-1' }],
  ['activity_log_status_check', 'activity_log', { status: `'fine'` }],
  ['activity_log_number_check', 'activity_log', { number: `'+6281234567890'` }],
  ['activity_days_hours_check', 'activity_days', { hours: `'{1}'` }],
  [
    'activity_numbers_number_check',
    'activity_numbers',
    { number: `'+6281234567890'` },
    { number_hash: SHORT },
    { count: '0' },
  ],
];

/** Rows of which each is good and all together are not. */
const TOGETHER: [index: string, table: string, ...rows: Record<string, string>[]][] = [
  ['otp_sessions_live_key', 'otp_sessions', { phone: `'+6281234567890'` }, { phone: `'+6281234567890'` }],
  ['login_sessions_cookie_hash_key', 'login_sessions', { cookie_hash: HASH }, { cookie_hash: HASH }],
  ['login_sessions_refresh_hash_key', 'login_sessions', { refresh_hash: HASH }, { refresh_hash: HASH }],
  ['signing_keys_live_key', 'signing_keys', {}, { kid: `'b'` }],
  ['verifications_live_key', 'verifications', { owner_id: HOLDER }, { owner_id: HOLDER }],
  ['gateway_sessions_name_key', 'gateway_sessions', { name: `'klinik'` }, { name: `'klinik'` }],
  [
    'conversation_messages_provider_message_id_key',
    'conversation_messages',
    { provider_message_id: `'1'` },
    { provider_message_id: `'1'` },
  ],
  [
    'conversation_messages_repeat_key_key',
    'conversation_messages',
    { repeat_key: HASH },
    { repeat_key: HASH, provider: `'whacenter'` },
  ],
];

/** The same for indexes over whole tables, which stand in the schema. */
const UNIQUE: typeof TOGETHER = [
  [
    'gateway_sessions_api_key_id_name_key',
    'gateway_sessions',
    { name: `'klinik'`, api_key_id: HOLDER },
    { name: `'klinik'`, api_key_id: HOLDER },
  ],
  ...['uid_hash', 'user_code_hash'].map((column): (typeof TOGETHER)[number] => [
    `oidc_artifacts_${column}_key`,
    'oidc_artifacts',
    { [column]: HASH },
    { [column]: HASH, id_hash: `decode(repeat('cd', 32), 'hex')` },
  ]),
];

/** Rows beside those that are good together: what the partial indexes must let in. */
const ALLOWED: [what: string, table: string, ...rows: Record<string, string>[]][] = [
  [
    'a code beside those of other purposes and phones',
    'otp_sessions',
    { phone: `'+6281234567890'` },
    { phone: `'+6281234567890'`, purpose: `'reset'` },
    { phone: `'+6281234567891'` },
  ],
  [
    'a live code beside ended ones',
    'otp_sessions',
    ...['consumed_at', 'replaced_at', 'failed_at'].map((end) => ({ phone: `'+6281234567890'`, [end]: 'now()' })),
    { phone: `'+6281234567890'` },
  ],
  ['messages without a name of their provider', 'messages', { provider: `'whacenter'` }, { provider: `'whacenter'` }],
  [
    'the same name at two providers',
    'messages',
    { provider: `'whacenter'`, provider_message_id: `'1'` },
    { provider: `'whapi'`, provider_message_id: `'1'` },
  ],
  [
    'a name of one key beside that of no key',
    'gateway_sessions',
    { name: `'klinik'` },
    { name: `'klinik'`, api_key_id: HOLDER },
  ],
  ['sessions that no cookie holds beside one that a cookie holds', 'login_sessions', {}, {}, { cookie_hash: HASH }],
  [
    'sessions without a refresh token of the new form beside one with it',
    'login_sessions',
    {},
    {},
    { refresh_hash: HASH },
  ],
  [
    'a message by the same name at two providers, or without any',
    'conversation_messages',
    { provider_message_id: `'1'` },
    { provider_message_id: `'1'`, provider: `'cloud-api'` },
    {},
    {},
  ],
  [
    'a signing key beside the next one and retired ones',
    'signing_keys',
    {},
    { kid: `'b'`, state: `'NEXT'`, activates_at: 'now()' },
    { kid: `'c'`, state: `'RETIRED'`, retired_at: 'now()' },
    { kid: `'d'`, state: `'RETIRED'`, retired_at: 'now()' },
  ],
];

describe('a row that must not be', () => {
  it.each(Object.keys(GOOD))('accepts the same row without the mistake: %s', async (table) => {
    expect(await refusalOf(insertion(table, {}))).toBeUndefined();
  });

  it.each(BAD)('is kept out by %s', async (constraint, table, ...changes) => {
    for (const change of changes) {
      expect([change, await refusalOf(insertion(table, change))]).toEqual([change, constraint]);
    }
  });

  it.each([...TOGETHER, ...UNIQUE])('is kept out by %s', async (index, table, ...rows) => {
    expect(await refusalOf(...rows.map((row) => insertion(table, row)))).toBe(index);
  });

  it.each(ALLOWED)('is not taken for one: %s', async (_, table, ...rows) => {
    expect(await refusalOf(...rows.map((row) => insertion(table, row)))).toBeUndefined();
  });

  it('is named here for every check and partial unique index of the migrations', () => {
    const folder = join(import.meta.dirname, '..', '..', '..', 'prisma', 'migrations');
    const sql = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => readFileSync(join(folder, name, 'migration.sql'), 'utf8'))
      .join('\n');
    const renamed = new Map(
      [...sql.matchAll(/RENAME CONSTRAINT "(\w+)" TO "(\w+)"/g)].map(([, before, name]) => [before, name]),
    );
    const checks = [...sql.matchAll(/ADD CONSTRAINT "(\w+)"\s+CHECK/g)].map(([, name]) => renamed.get(name) ?? name);
    const indexes = [...sql.matchAll(/CREATE UNIQUE INDEX "(\w+)"[^;]*\bWHERE\b/g)].map((match) => match[1]);
    expect(checks.length).toBeGreaterThan(20);
    expect(BAD.map(([constraint]) => constraint).sort()).toEqual([...new Set(checks)].sort());
    expect(TOGETHER.map(([index]) => index).sort()).toEqual(indexes.sort());
  });
});
