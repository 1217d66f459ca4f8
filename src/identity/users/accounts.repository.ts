import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { type AccountFields } from './account-fields.js';
import { type ManagedAccountRow } from './account.js';
import { ACCOUNT_COLUMNS } from './users.sql.js';

const MANAGED_COLUMNS = `${ACCOUNT_COLUMNS}, users.is_active, users.created_at,
  users.phone_claimed, users.email_claimed, users.self_registered,
  users.phone_proven_at IS NOT NULL AS phone_proven, users.password_hash IS NOT NULL AS has_password,
  users.has_second_factor`;

const insertAccount = (email: string, username: string) =>
  `INSERT INTO users (id, full_name, email, username, phone, role, is_active, password_hash, password_changed_at,
                      phone_claimed, email_claimed, self_registered)
   SELECT :id::uuid, :full_name::text, n.email, n.username, :phone::text, :role::role, :is_active::boolean,
          :password_hash::text, CASE WHEN :password_hash::text IS NULL THEN NULL ELSE now() END,
          :claimed::boolean AND :phone::text IS NOT NULL, :claimed::boolean AND n.email IS NOT NULL, :claimed::boolean
     FROM (SELECT ${email} AS email, ${username} AS username) n`;

const INSERT = statement<ManagedAccountRow>(
  'accounts_insert',
  `${insertAccount(':email::text', ':username::text')} RETURNING ${MANAGED_COLUMNS}`,
);

const unlessTaken = (column: string) =>
  `CASE WHEN NOT EXISTS (SELECT 1 FROM users taken WHERE taken.${column} = :${column}::text) THEN :${column}::text END`;

// For answers that must not tell whether a number, an e-mail or a username is known: the same work whether the number is
// free or not. No row of either kind: somebody took a name after our snapshot, and the caller tries again.
const INSERT_QUIETLY = statement<{ made: string | null; number_owner: string | null }>(
  'accounts_insert_quietly',
  `WITH made AS (
     ${insertAccount(unlessTaken('email'), unlessTaken('username'))} ON CONFLICT DO NOTHING RETURNING id
   )
   SELECT (SELECT id FROM made) AS made, (SELECT id FROM users WHERE phone = :phone::text) AS number_owner`,
);

const FIND = statement<ManagedAccountRow>(
  'accounts_find',
  `SELECT ${MANAGED_COLUMNS} FROM users WHERE id = :id::uuid AND erased_at IS NULL`,
);

const BY_IDENTITY = statement<ManagedAccountRow>(
  'accounts_by_identity',
  `SELECT ${MANAGED_COLUMNS} FROM users WHERE email = :email::text OR username = :username::text OR phone = :phone::text`,
);

// The row comparison walks users_created_at_id_idx from the cursor on; without one it begins past every row.
const LIST = statement<ManagedAccountRow>(
  'accounts_list',
  `SELECT ${MANAGED_COLUMNS} FROM users
    WHERE erased_at IS NULL
      AND (created_at, id) < (coalesce(:after_created::timestamptz, 'infinity'),
                              coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:role::text IS NULL OR role = :role::role)
      AND (:is_active::boolean IS NULL OR is_active = :is_active::boolean)
      AND (:words::text IS NULL OR full_name ILIKE :words::text OR email LIKE :words::text OR username LIKE :words::text
           OR phone LIKE :digits::text)
    ORDER BY created_at DESC, id DESC LIMIT :count::int`,
);

// Always in the order of the ids, and before any other account is locked, so that two changes at once queue up instead
// of waiting for each other. What the first one took from the list, the second one no longer finds in it.
const LOCK_ACTIVE_ADMINS = statement<{ id: string }>(
  'accounts_lock_active_admins',
  `SELECT id FROM users WHERE role = 'ADMIN' AND is_active ORDER BY id FOR NO KEY UPDATE`,
);

const LOCK = statement<ManagedAccountRow>(
  'accounts_lock',
  `SELECT ${MANAGED_COLUMNS} FROM users WHERE id = :id::uuid AND erased_at IS NULL FOR NO KEY UPDATE`,
);

/**
 * From when on devices are known again: after the account's row is locked, so later than any login that was still let in,
 * and a whole millisecond later, because that is how exactly tokens name their time.
 */
const NO_DEVICE_YET = `clock_timestamp() + interval '1 millisecond'`;

/** An admin gives a number to an account that was registered by itself. */
const GIVES_NUMBER = `(self_registered AND :phone::text IS NOT NULL AND phone IS DISTINCT FROM :phone::text AND NOT :is_proven::boolean)`;

/** An account that was registered by itself, and whose number nobody has proven, gets a role that may do more. */
const RAISES_STRANGER = `(self_registered AND phone_proven_at IS NULL AND role <> :role::role AND :role::role NOT IN ('USER', 'KARYAWAN'))`;

// A number that changes hands takes its known devices with it. An admin vouches for the number and the e-mail that they write.
// A password that a registrant set, and that nobody has vouched for, goes when an admin gives the account a number or a role.
const WRITE = statement<ManagedAccountRow>(
  'accounts_write',
  `UPDATE users SET full_name = :full_name::text, email = :email::text, username = :username::text, role = :role::role,
          is_active = :is_active::boolean, updated_at = now(), phone = :phone::text,
          devices_valid_from = CASE WHEN phone IS DISTINCT FROM :phone::text THEN ${NO_DEVICE_YET} ELSE devices_valid_from END,
          phone_proven_at = CASE WHEN :is_proven::boolean THEN now() WHEN phone = :phone::text THEN phone_proven_at END,
          phone_claimed = phone_claimed AND phone IS NOT DISTINCT FROM :phone::text AND NOT :is_proven::boolean,
          email_claimed = email_claimed AND email IS NOT DISTINCT FROM :email::text,
          self_registered = self_registered AND NOT ${GIVES_NUMBER},
          password_hash = CASE WHEN NOT ${GIVES_NUMBER} AND NOT ${RAISES_STRANGER} THEN password_hash END,
          password_changed_at = CASE WHEN NOT ${GIVES_NUMBER} AND NOT ${RAISES_STRANGER} THEN password_changed_at END
    WHERE id = :id::uuid RETURNING ${MANAGED_COLUMNS}`,
);

// The operator vouches for the account's number. A password that was set before anybody had proven the number goes.
const VOUCH = statement(
  'accounts_vouch',
  `UPDATE users SET phone_claimed = false, self_registered = false, devices_valid_from = ${NO_DEVICE_YET}, updated_at = now(),
          password_hash = CASE WHEN phone_proven_at IS NOT NULL THEN password_hash END,
          password_changed_at = CASE WHEN phone_proven_at IS NOT NULL THEN password_changed_at END
    WHERE id = :id::uuid AND self_registered`,
);

const SET_PASSWORD = statement(
  'accounts_set_password',
  `UPDATE users
      SET password_hash = :password_hash::text, password_changed_at = now(),
          devices_valid_from = ${NO_DEVICE_YET}, updated_at = now()
    WHERE id = :id::uuid`,
);

const CHANGE_PASSWORD = statement<ManagedAccountRow>(
  'accounts_change_password',
  `UPDATE users
      SET password_hash = :password_hash::text, password_changed_at = now(),
          devices_valid_from = ${NO_DEVICE_YET}, updated_at = now()
    WHERE id = :id::uuid AND is_active AND password_hash = :compared::text RETURNING ${MANAGED_COLUMNS}`,
);

const ERASE = statement(
  'accounts_erase',
  `UPDATE users SET full_name = 'Erased', email = NULL, username = NULL, phone = NULL, role = 'USER', is_active = false,
          password_hash = NULL, password_changed_at = NULL, devices_valid_from = ${NO_DEVICE_YET}, updated_at = now(), erased_at = now(),
          phone_proven_at = NULL, phone_claimed = false, email_claimed = false, self_registered = false,
          has_second_factor = false
    WHERE id = :id::uuid`,
);

const NOTE_SECOND_FACTOR = statement(
  'accounts_note_second_factor',
  'UPDATE users SET has_second_factor = :has::boolean, updated_at = now() WHERE id = :id::uuid',
);

const HELD = statement<PersonalAccountRow>(
  'accounts_held',
  `SELECT ${MANAGED_COLUMNS}, users.updated_at, users.password_changed_at
     FROM users WHERE id = :id::uuid AND erased_at IS NULL`,
);

/** Everything of an account but the password's hash. */
export type PersonalAccountRow = ManagedAccountRow & {
  updated_at: Date;
  password_changed_at: Date | null;
};

/** Which accounts, from where on. */
export interface AccountsFilter {
  /** LIKE pattern for names, in lower case. */
  readonly words: string | null;
  /** LIKE pattern for phones; null finds none. */
  readonly digits: string | null;
  readonly role: string | null;
  readonly isActive: boolean | null;
  readonly after: { createdAt: Date; id: string } | null;
  readonly count: number;
}

// Two statements: the second one's snapshot is younger than the lock, so it sees the admin that was made before us.
const LOCK_FIRST_ADMIN = statement('users_lock_first_admin', `SELECT pg_advisory_xact_lock(7203002)`);
const ANY_ADMIN = statement<{ id: string }>('users_any_admin', `SELECT id FROM users WHERE role = 'ADMIN' LIMIT 1`);

@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    id: string,
    fields: AccountFields,
    { passwordHash, claimed }: { passwordHash: string | null; claimed: boolean },
    within: Transaction = this.database,
  ): Promise<ManagedAccountRow> {
    const [row] = await within.run(INSERT, { id, ...values(fields), password_hash: passwordHash, claimed });
    if (!row) throw new Error('the insert returned no row');
    return row;
  }

  /**
   * As `insert`, where it must not be told what is taken: an e-mail or username that somebody has is left out, and where
   * somebody has the number nothing is made.
   *
   * @returns who has the number; both null: try again
   */
  async insertQuietly(
    id: string,
    fields: AccountFields,
    passwordHash: string | null,
    within: Transaction,
  ): Promise<{ made: string | null; numberOwner: string | null }> {
    const given = { id, ...values(fields), password_hash: passwordHash, claimed: true };
    const [row] = await within.run(INSERT_QUIETLY, given);
    return { made: row?.made ?? null, numberOwner: row?.number_owner ?? null };
  }

  async find(id: string): Promise<ManagedAccountRow | null> {
    const [row] = await this.database.run(FIND, { id });
    return row ?? null;
  }

  /** The accounts that have one of these; at most three. */
  async byIdentity(identity: Pick<AccountFields, 'email' | 'username' | 'phone'>): Promise<ManagedAccountRow[]> {
    const { email, username, phone } = identity;
    return this.database.run(BY_IDENTITY, { email, username, phone });
  }

  async list({ words, digits, role, isActive, after, count }: AccountsFilter): Promise<ManagedAccountRow[]> {
    const cursor = { after_created: after?.createdAt ?? null, after_id: after?.id ?? null };
    return this.database.run(LIST, { words, digits, role, is_active: isActive, ...cursor, count });
  }

  async lockActiveAdmins(within: Transaction): Promise<string[]> {
    return (await within.run(LOCK_ACTIVE_ADMINS, {})).map(({ id }) => id);
  }

  async noAdminYet(within: Transaction): Promise<boolean> {
    await within.run(LOCK_FIRST_ADMIN, {});
    return (await within.run(ANY_ADMIN, {})).length === 0;
  }

  async lock(id: string, within: Transaction): Promise<ManagedAccountRow | null> {
    const [row] = await within.run(LOCK, { id });
    return row ?? null;
  }

  /** @param isPhoneProven whether a code to the number has just been used */
  async write(
    id: string,
    fields: AccountFields,
    isPhoneProven: boolean,
    within: Transaction,
  ): Promise<ManagedAccountRow> {
    const [row] = await within.run(WRITE, { id, ...values(fields), is_proven: isPhoneProven });
    if (!row) throw new Error('a locked account is gone');
    return row;
  }

  async vouch(id: string, within: Transaction): Promise<void> {
    await within.run(VOUCH, { id });
  }

  async setPassword(id: string, passwordHash: string | null, within: Transaction): Promise<void> {
    await within.run(SET_PASSWORD, { id, password_hash: passwordHash });
  }

  /** @returns null when the account was disabled, or got another password since `compared` was read */
  async changePassword(
    id: string,
    compared: string,
    passwordHash: string,
    within: Transaction,
  ): Promise<ManagedAccountRow | null> {
    const [row] = await within.run(CHANGE_PASSWORD, { id, compared, password_hash: passwordHash });
    return row ?? null;
  }

  async noteSecondFactor(id: string, has: boolean, within: Transaction): Promise<void> {
    await within.run(NOTE_SECOND_FACTOR, { id, has });
  }

  async erase(id: string, within: Transaction): Promise<void> {
    await within.run(ERASE, { id });
  }

  async personalData(id: string): Promise<PersonalAccountRow | null> {
    const [row] = await this.database.run(HELD, { id });
    return row ?? null;
  }
}

function values(fields: AccountFields) {
  const { fullName, email, username, phone, role, isActive } = fields;
  return { full_name: fullName, email, username, phone, role, is_active: isActive };
}
