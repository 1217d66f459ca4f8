import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { endOf, pageOf, wantedOf } from '../../platform/database/steps.js';
import { type AccountRow } from './account.js';
import { type Identifier } from './identifiers.js';
import { ACCOUNT_COLUMNS } from './users.sql.js';

// Where the number is only what somebody said who registered, the account is as one without a password: in the same time.
const BY_IDENTIFIER = statement<AccountRow & { password_hash: string | null }>(
  'users_by_identifier',
  `SELECT ${ACCOUNT_COLUMNS}, CASE WHEN NOT users.phone_claimed THEN users.password_hash END AS password_hash FROM users
    WHERE is_active AND (email = :email::text OR username = :username::text OR phone = :phone::text)`,
);

const BY_ID = statement<FoundAccountRow>(
  'users_by_id',
  `SELECT ${ACCOUNT_COLUMNS}, users.is_active, users.created_at, users.phone_proven_at FROM users WHERE id = :id::uuid`,
);

const PASSWORD_OF = statement<{ password_hash: string | null }>(
  'users_password_of',
  `SELECT CASE WHEN NOT phone_claimed THEN password_hash END AS password_hash FROM users WHERE id = :id::uuid AND is_active`,
);

// Only over the hash that was compared: a password that was changed meanwhile stays changed.
const STRENGTHEN = statement<{ id: string }>(
  'users_strengthen_password',
  `UPDATE users SET password_hash = :stronger::text WHERE id = :id::uuid AND password_hash = :compared::text RETURNING id`,
);

// Also of accounts that may not log in: what is refused to their owners is about them, too.
const OWNERS = statement<{ id: string; phone: string | null; email: string | null; username: string | null }>(
  'users_owners',
  `SELECT id, phone, email, username FROM users
    WHERE phone = ANY (:phones::text[]) OR email = ANY (:names::text[]) OR username = ANY (:names::text[])`,
);

// Each by an index of hashes of its kind alone, which shrinks as their owners log in.
const DEAREST = statement<{ password_hash: string }>(
  'users_dearest_foreign_hashes',
  `SELECT dearest.password_hash
     FROM ((SELECT password_hash FROM users WHERE password_hash LIKE '$2%' ORDER BY substr(password_hash, 5, 2) DESC LIMIT 1)
           UNION ALL
           (SELECT password_hash FROM users WHERE password_hash LIKE '$pbkdf2-sha256%'
             ORDER BY substring(password_hash FROM '[$]i=([0-9]+)')::int DESC LIMIT 1)
           UNION ALL
           (SELECT password_hash FROM users WHERE password_hash LIKE '$pbkdf2-sha512%'
             ORDER BY substring(password_hash FROM '[$]i=([0-9]+)')::int DESC LIMIT 1)) AS dearest`,
);

const ROLE_BY_PHONE = statement<Pick<AccountRow, 'role'>>(
  'users_role_by_phone',
  'SELECT role FROM users WHERE phone = :phone::text AND is_active',
);

const NAMES = statement<{ id: string; full_name: string }>(
  'users_names',
  `SELECT id, full_name FROM users WHERE id = ANY (:ids::uuid[]) AND full_name <> ''`,
);

const ACTIVE_PHONES_AMONG = statement<{ phone: string }>(
  'users_active_phones_among',
  'SELECT phone FROM users WHERE phone = ANY (:phones::text[]) AND is_active ORDER BY phone',
);

const ANY_ACCOUNT = statement<{ id: string }>('users_any_account', 'SELECT id FROM users LIMIT 1');

const INSERT_MISSING = statement<{ id: string }>(
  'users_insert_missing',
  `INSERT INTO users (id, full_name, role, phone, email, username, password_hash)
   SELECT id, "fullName", role, phone, email, username, "passwordHash"
     FROM jsonb_to_recordset(:accounts::jsonb)
       AS new (id uuid, "fullName" text, role role, phone text, email text, username text, "passwordHash" text)
       ON CONFLICT DO NOTHING
   RETURNING id`,
);

const PASSWORD_HASHES_OF = statement<{ password_hash: string }>(
  'users_password_hashes_of',
  `SELECT password_hash
     FROM users
    WHERE password_hash IS NOT NULL
      AND (phone = ANY (:identifiers::text[])
           OR email = ANY (:identifiers::text[])
           OR username = ANY (:identifiers::text[]))`,
);

/** An account, active or not, and when somebody proved its number. */
export type FoundAccountRow = AccountRow & { is_active: boolean; created_at: Date; phone_proven_at: Date | null };

const EVERYBODY = {
  table: 'users',
  key: 'id',
  after: ':after::uuid',
  most: 1_000,
  where: 'erased_at IS NULL',
};
const FORGET_DEVICES = statement<{ accounts: number; end: string | null }>(
  'users_forget_devices',
  `WITH ${pageOf(EVERYBODY)}, strange AS (
     UPDATE users SET devices_valid_from = now() WHERE ${wantedOf(EVERYBODY)} RETURNING id
   )
   SELECT (SELECT count(*)::int FROM strange) AS accounts, (${endOf(EVERYBODY)}) AS end`,
);

/** An account to be made, as the seed gives it. */
export interface NewAccount {
  id: string;
  fullName: string;
  role: AccountRow['role'];
  phone: string | null;
  email: string | null;
  username: string | null;
  passwordHash: string | null;
}

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** The active account that somebody logs in by. */
  async findByIdentifier({
    column,
    value,
  }: Identifier): Promise<(AccountRow & { password_hash: string | null }) | null> {
    const columns = { email: null, username: null, phone: null };
    const [row] = await this.database.run(BY_IDENTIFIER, { ...columns, [column]: value });
    return row ?? null;
  }

  async findById(id: string): Promise<FoundAccountRow | null> {
    const [row] = await this.database.run(BY_ID, { id });
    return row ?? null;
  }

  /** The hash of an active account's password; null where there is none. */
  async passwordOf(id: string): Promise<string | null> {
    const [row] = await this.database.run(PASSWORD_OF, { id });
    return row?.password_hash ?? null;
  }

  /** The account of each of these numbers (E.164), e-mails and usernames (both canonical) that somebody has. */
  async owners(phones: readonly string[], names: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.database.run(OWNERS, { phones, names });
    return new Map(
      rows.flatMap(({ id, phone, email, username }) =>
        [phone, email, username].flatMap((name) => (name === null ? [] : [[name, id] as const])),
      ),
    );
  }

  async roleByPhone(phone: string): Promise<AccountRow['role'] | null> {
    const [row] = await this.database.run(ROLE_BY_PHONE, { phone });
    return row?.role ?? null;
  }

  /** Names by the ids of accounts, in any state; who has none, or was erased, is left out. */
  async names(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.database.run(NAMES, { ids });
    return new Map(rows.map(({ id, full_name }) => [id, full_name]));
  }

  /** Those of these phones that active accounts have, in order. */
  async activePhonesAmong(phones: string[]): Promise<string[]> {
    const rows = await this.database.run(ACTIVE_PHONES_AMONG, { phones });
    return rows.map(({ phone }) => phone);
  }

  /** @returns false when the account has another hash by now */
  async strengthenPassword(id: string, compared: string, stronger: string): Promise<boolean> {
    return (await this.database.run(STRENGTHEN, { id, compared, stronger })).length > 0;
  }

  /**
   * One step of a walk through the accounts: device tokens of before are known no more.
   *
   * @param after where the step before ended; null for the first
   * @returns of how many accounts, and where it ended; null behind the last
   */
  async forgetDevices(after: string | null): Promise<{ accounts: number; end: string | null }> {
    const [step] = await this.database.run(FORGET_DEVICES, { after: after ?? '00000000-0000-0000-0000-000000000000' });
    return step ?? { accounts: 0, end: null };
  }

  /** Of each kind of other systems' hashes that are stored, the one that takes the most work. */
  async dearestForeignHashes(): Promise<string[]> {
    return (await this.database.run(DEAREST, {})).map(({ password_hash }) => password_hash);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.database.run(ANY_ACCOUNT, {})).length === 0;
  }

  /** Inserts those that do not meet an existing e-mail, username or phone; returns how many were new. */
  async insertMissing(accounts: NewAccount[]): Promise<number> {
    const rows = await this.database.run(INSERT_MISSING, { accounts: JSON.stringify(accounts) });
    return rows.length;
  }

  /** The password hashes of accounts known by these phones or e-mails. */
  async passwordHashesOf(identifiers: string[]): Promise<string[]> {
    const rows = await this.database.run(PASSWORD_HASHES_OF, { identifiers });
    return rows.map(({ password_hash }) => password_hash);
  }
}
