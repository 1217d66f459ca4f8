/** How long a session may take for what, in ms; 0: no limit. */
export interface SessionLimits {
  readonly statement: number;
  readonly lock: number;
  readonly idleInTransaction: number;
}

/** Of the service's own connections. What waits for a lock is ended by the limit of its statement. */
export const SERVICE_LIMITS: SessionLimits = { statement: 5_000, lock: 0, idleInTransaction: 10_000 };

/**
 * Of connections that change the schema. A change that waits for a table makes everybody behind it wait for that table
 * too, so it gives up soon and is tried again.
 */
export const SCHEMA_LIMITS: SessionLimits = { statement: 0, lock: 5_000, idleInTransaction: 0 };

/** What our statements rely on: how values are written, which tables are meant, and how transactions see each other. */
const RELIED_ON = {
  search_path: 'public',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
};

/**
 * With `TEST_CLOCK` a test's database may bring functions of these names that tell another time. The path finds them before
 * PostgreSQL's own, in every statement of ours and of pg-boss; without such functions it changes nothing.
 */
export const TEST_CLOCK_SETTINGS = { search_path: 'test_clock, pg_catalog, public' };

/** Limits that PostgreSQL has had since these versions; ours are enough. */
const SWITCHED_OFF = { idle_session_timeout: 140_000, transaction_timeout: 170_000 };

/**
 * The statement that a session begins with: it says what we rely on, so that no setting of a role, a database or the
 * server changes it. `synchronous_commit` may be stronger, but not off: what we acknowledge has to stay.
 *
 * @param more settings of this kind of connection alone; they win
 */
export function beginSession(limits: SessionLimits, more: Readonly<Record<string, string>> = {}): string {
  const settings = {
    ...RELIED_ON,
    statement_timeout: String(limits.statement),
    lock_timeout: String(limits.lock),
    idle_in_transaction_session_timeout: String(limits.idleInTransaction),
  };
  const set = (name: string, value: string) => `set_config('${name}', '${value}', false)`;
  return `SELECT ${[
    ...Object.entries(settings).map(([name, value]) => set(name, value)),
    ...Object.entries(SWITCHED_OFF).map(
      ([name, since]) => `CASE WHEN current_setting('server_version_num')::int >= ${since} THEN ${set(name, '0')} END`,
    ),
    `CASE WHEN current_setting('synchronous_commit') = 'off' THEN ${set('synchronous_commit', 'on')} END`,
    ...Object.entries(more).map(([name, value]) => set(name, value)),
  ].join(', ')}`;
}

/**
 * Limits, in ms, that a session begins with and that may end its first statement, which is the one that would set others. 0
 * means no limit.
 */
const TOO_SHORT_TO_BEGIN = `
  SELECT name FROM pg_settings
   WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout') AND reset_val::int BETWEEN 1 AND 99`;

/** Names the settings that do not fit in a session of the service. Some of them no session may set for itself. */
export const UNFIT_SETTINGS = `${TOO_SHORT_TO_BEGIN}
   UNION
  SELECT name
    FROM (VALUES ('search_path', current_schemas(false) = ARRAY['public']::name[]),
                 ('default_transaction_isolation', current_setting('default_transaction_isolation') = 'read committed'),
                 ('DateStyle', current_setting('DateStyle') LIKE 'ISO%'),
                 ('IntervalStyle', current_setting('IntervalStyle') = 'postgres'),
                 ('TimeZone', current_setting('TimeZone') ~ '^(Etc/)?(UTC|GMT)$'),
                 ('bytea_output', current_setting('bytea_output') = 'hex'),
                 ('standard_conforming_strings', current_setting('standard_conforming_strings') = 'on'),
                 ('array_nulls', current_setting('array_nulls') = 'on'),
                 ('transform_null_equals', current_setting('transform_null_equals') = 'off'),
                 ('statement_timeout', current_setting('statement_timeout')::interval
                                       BETWEEN interval '1 second' AND interval '1 minute'),
                 ('idle_in_transaction_session_timeout',
                  current_setting('idle_in_transaction_session_timeout')::interval
                  BETWEEN interval '1 second' AND interval '1 minute'),
                 ('lock_timeout', current_setting('lock_timeout')::interval NOT BETWEEN interval '1 ms'
                                                                                    AND interval '1 second'),
                 ('synchronous_commit', current_setting('synchronous_commit') <> 'off'),
                 ('session_replication_role', current_setting('session_replication_role') = 'origin'),
                 ('default_transaction_read_only', NOT current_setting('transaction_read_only')::boolean),
                 ('server_encoding', current_setting('server_encoding') = 'UTF8')) AS setting (name, fits)
   WHERE NOT fits`;
