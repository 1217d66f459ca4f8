import { Injectable } from '@nestjs/common';
import { isErased } from '../users/users.sql.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { type JudgedRow, type Rival } from './judge.js';

/** A row as it waits for its decision. Keys as hexadecimal digits. */
export type WaitingRow = JudgedRow & {
  readonly legacyId: string | null;
  readonly previousKey: string | null;
  readonly passwordHash: string | null;
  readonly passwordNote: string | null;
  readonly problem: string | null;
};

/** A row as it was read. */
export type ReadRow = Omit<WaitingRow, 'originKey' | 'fullName'> & {
  readonly originKey: string | null;
  readonly fullName: string | null;
  readonly leftOut: readonly string[];
};

/** What became of a row. */
export interface DecidedRow {
  readonly line: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly otherLine: number | null;
  readonly userId: string | null;
  readonly kept: readonly string[];
}

/** A row of the report. */
export interface ReportedRow {
  line: number;
  legacy_id: string | null;
  outcome: string | null;
  reason: string | null;
  other_line: number | null;
  user_id: string | null;
  phone: string | null;
  kept: string[];
  left_out: string[];
  has_password: boolean;
  password_note: string | null;
  role: string;
}

/** Where an account came from. */
export interface OriginRow {
  origin: string;
  legacy_id: string | null;
  imported_at: Date;
}

/** Rows of a report that are read at a time, and rows that are deleted. */
const PAGE = 2_000;

const hex = (column: string) => `decode(new."${column}", 'hex')`;
const INSERT = statement(
  'import_rows_insert',
  `INSERT INTO import_rows (run_id, line, origin_key, previous_key, digest, legacy_id, full_name, email, username, phone, role,
                            is_active, password_hash, has_password, password_note, left_out, problem)
   SELECT :run::uuid, new.line, ${hex('originKey')}, ${hex('previousKey')}, new.digest, new."legacyId", new."fullName", new.email,
          new.username, new.phone, new.role, new."isActive", new."passwordHash", new."hasPassword", new."passwordNote",
          new."leftOut", new.problem
     FROM jsonb_to_recordset(:rows::jsonb)
       AS new (line int, "originKey" text, "previousKey" text, digest text, "legacyId" text, "fullName" text, email text,
               username text, phone text, role role, "isActive" boolean, "passwordHash" text, "hasPassword" boolean,
               "passwordNote" text, "leftOut" text[], problem text)
       ON CONFLICT DO NOTHING`,
);

const WAITING = statement<WaitingRow>(
  'import_rows_waiting',
  `SELECT line, encode(origin_key, 'hex') AS "originKey", encode(previous_key, 'hex') AS "previousKey", digest,
          legacy_id AS "legacyId", coalesce(full_name, '') AS "fullName", email, username, phone, role::text AS role,
          is_active AS "isActive", password_hash AS "passwordHash", has_password AS "hasPassword", password_note AS "passwordNote", problem
     FROM import_rows WHERE run_id = :run::uuid AND line > :after::int ORDER BY line LIMIT :most::int`,
);

// A part for each index: with OR the planner may take the run's rows for few, and read them all each time.
const rivalsBy = (column: string, list: string) =>
  `SELECT line, digest, encode(origin_key, 'hex') AS "originKey", phone, email, username
     FROM import_rows WHERE run_id = :run::uuid AND ${column} = ANY (${list})`;
const RIVALS = statement<Rival>(
  'import_rows_rivals',
  [
    rivalsBy('origin_key', `ARRAY(SELECT decode(k, 'hex') FROM unnest(:keys::text[]) k)`),
    rivalsBy('phone', ':phones::text[]'),
    rivalsBy('email', ':emails::text[]'),
    rivalsBy('username', ':usernames::text[]'),
  ].join('\n   UNION\n   '),
);

const DECIDE = statement(
  'import_rows_decide',
  `UPDATE import_rows r
      SET outcome = new.outcome, reason = new.reason, other_line = new."otherLine", user_id = new."userId", kept = new.kept,
          password_hash = CASE WHEN NOT :is_final::boolean THEN r.password_hash END
     FROM jsonb_to_recordset(:rows::jsonb)
       AS new (line int, outcome text, reason text, "otherLine" int, "userId" uuid, kept text[])
    WHERE r.run_id = :run::uuid AND r.line = new.line`,
);

const REPORT = statement<ReportedRow>(
  'import_rows_report',
  `SELECT line, legacy_id, outcome, reason, other_line, user_id, phone, kept, left_out, has_password, password_note, role::text AS role
     FROM import_rows WHERE run_id = :run::uuid AND line > :after::int ORDER BY line LIMIT ${String(PAGE)}`,
);

const DELETE = statement<{ line: number }>(
  'import_rows_delete',
  `DELETE FROM import_rows
    WHERE run_id = :run::uuid
      AND line = ANY (ARRAY(SELECT line FROM import_rows WHERE run_id = :run::uuid ORDER BY line LIMIT ${String(PAGE)}))
   RETURNING line`,
);

const ORIGINS = statement<{ key: string; user_id: string; is_erased: boolean }>(
  'import_origins_find',
  `SELECT encode(origin_key, 'hex') AS key, user_id, ${isErased('import_origins.user_id')} AS is_erased
     FROM import_origins WHERE origin_key = ANY (ARRAY(SELECT decode(k, 'hex') FROM unnest(:keys::text[]) k))`,
);

const NOTE_ORIGINS = statement(
  'import_origins_note',
  `INSERT INTO import_origins (origin_key, user_id, origin, legacy_id)
   SELECT decode(new.key, 'hex'), new."userId", :origin::text, new."legacyId"
     FROM jsonb_to_recordset(:origins::jsonb) AS new (key text, "userId" uuid, "legacyId" text)
       ON CONFLICT DO NOTHING`,
);

const ORIGINS_OF = statement<OriginRow>(
  'import_origins_of',
  `SELECT origin, legacy_id, imported_at FROM import_origins WHERE user_id = :user_id::uuid ORDER BY imported_at, origin_key`,
);

const FORGET_ORIGINS = statement(
  'import_origins_forget',
  `UPDATE import_origins SET legacy_id = NULL WHERE user_id = :user_id::uuid`,
);

// A part for each index, as above.
const rowOfRuns = (column: string) =>
  `SELECT r.run_id, r.line FROM import_runs i CROSS JOIN LATERAL (
     SELECT run_id, line FROM import_rows WHERE run_id = i.id AND ${column} = :${column}::text LIMIT 1000
   ) r`;
const FORGET_ROWS = statement(
  'import_rows_forget',
  `WITH theirs AS (
     ${['phone', 'email', 'username'].map(rowOfRuns).join('\n     UNION\n     ')}
   )
   DELETE FROM import_rows r USING theirs WHERE r.run_id = theirs.run_id AND r.line = theirs.line`,
);

// One import at a time decides a batch: two with the same names in another order would lock each other out. And the plans are
// made while the tables are empty, and kept: reading a table from one end to the other must not be part of them.
const ALONE = statement(
  'import_alone',
  `SELECT pg_advisory_xact_lock(7203005), set_config('enable_seqscan', 'off', true)`,
);
const BY_INDEX = statement('import_by_index', `SELECT set_config('enable_seqscan', 'off', true)`);

/** Names and keys that rows may have in common. */
export interface RivalNames {
  readonly keys: readonly string[];
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  readonly usernames: readonly string[];
}

@Injectable()
export class RowsRepository {
  constructor(private readonly database: Database) {}

  async insert(run: string, rows: readonly ReadRow[], within: Transaction): Promise<void> {
    await within.run(INSERT, { run, rows: JSON.stringify(rows) });
  }

  /** Begins a batch: alone, where it writes. */
  async beginBatch(writes: boolean, within: Transaction): Promise<void> {
    await within.run(writes ? ALONE : BY_INDEX, {});
  }

  async waiting(run: string, after: number, most: number, within: Transaction): Promise<WaitingRow[]> {
    return within.run(WAITING, { run, after, most });
  }

  async rivals(run: string, names: RivalNames, within: Transaction): Promise<Rival[]> {
    return within.run(RIVALS, { run, ...names });
  }

  /** @param isFinal whether the hashes of these rows are needed no more */
  async decide(run: string, rows: readonly DecidedRow[], isFinal: boolean, within: Transaction): Promise<void> {
    await within.run(DECIDE, { run, rows: JSON.stringify(rows), is_final: isFinal });
  }

  /** The rows of a run, from the first one on, as they are taken. */
  async *report(run: string): AsyncGenerator<ReportedRow> {
    let after = 0;
    for (;;) {
      const rows = await this.database.run(REPORT, { run, after });
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = last.line;
    }
  }

  /** @returns whether there may be more */
  async deleteSome(run: string): Promise<boolean> {
    return (await this.database.run(DELETE, { run })).length === PAGE;
  }

  async origins(
    keys: readonly string[],
    within: Transaction = this.database,
  ): Promise<Map<string, { userId: string; isErased: boolean }>> {
    const rows = await within.run(ORIGINS, { keys });
    return new Map(rows.map(({ key, user_id, is_erased }) => [key, { userId: user_id, isErased: is_erased }]));
  }

  async noteOrigins(
    origin: string,
    origins: readonly { key: string; userId: string; legacyId: string | null }[],
    within: Transaction,
  ): Promise<void> {
    await within.run(NOTE_ORIGINS, { origin, origins: JSON.stringify(origins) });
  }

  originsOf(userId: string): Promise<OriginRow[]> {
    return this.database.run(ORIGINS_OF, { user_id: userId });
  }

  /** What is kept of a person under these names. */
  async forget(
    userId: string,
    { phone, email, username }: Pick<Rival, 'phone' | 'email' | 'username'>,
    within: Transaction,
  ): Promise<void> {
    await within.run(FORGET_ORIGINS, { user_id: userId });
    await within.run(FORGET_ROWS, { phone, email, username });
  }
}
