import { Injectable } from '@nestjs/common';
import { type Transaction } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { type AccountRow } from '../account.js';
import { ACCOUNT_COLUMNS } from '../users.sql.js';

/** An account that somebody who is imported may be. */
export type KnownAccountRow = AccountRow & {
  is_active: boolean;
  phone_claimed: boolean;
  email_claimed: boolean;
  has_password: boolean;
};

const known = `SELECT ${ACCOUNT_COLUMNS}, users.is_active, users.phone_claimed, users.email_claimed,
       users.password_hash IS NOT NULL AS has_password
  FROM users
 WHERE phone = ANY (:phones::text[]) OR email = ANY (:emails::text[]) OR username = ANY (:usernames::text[])
 ORDER BY id`;

const KNOWN = statement<KnownAccountRow>('imported_accounts_known', known);
// Always in the order of the ids, so that two who lock several queue up.
const LOCK_KNOWN = statement<KnownAccountRow>('imported_accounts_lock_known', `${known} FOR NO KEY UPDATE`);

// Whoever runs an import vouches for the number, the e-mail and the password: docs/decisions/0018-whoever-proves-a-number-owns-it.md.
const INSERT = statement<{ id: string }>(
  'imported_accounts_insert',
  `INSERT INTO users (id, full_name, email, username, phone, role, is_active, password_hash)
   SELECT new.id, new."fullName", new.email, new.username, new.phone, new.role, new."isActive", new."passwordHash"
     FROM jsonb_to_recordset(:accounts::jsonb)
       AS new (id uuid, "fullName" text, email text, username text, phone text, role role, "isActive" boolean, "passwordHash" text)
       ON CONFLICT DO NOTHING
   RETURNING id`,
);

// An e-mail that comes to an account which was there before is only what another system says: no code goes to it.
const FILL = statement<{ id: string }>(
  'imported_accounts_fill',
  `UPDATE users
      SET email_claimed = email_claimed OR (users.email IS NULL AND given.email IS NOT NULL),
          email = coalesce(users.email, given.email), username = coalesce(users.username, given.username), updated_at = now()
     FROM jsonb_to_recordset(:accounts::jsonb) AS given (id uuid, email text, username text)
    WHERE users.id = given.id
   RETURNING users.id`,
);

/** An account that an import makes. */
export interface ImportedAccount {
  readonly id: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly username: string | null;
  readonly phone: string | null;
  readonly role: AccountRow['role'];
  readonly isActive: boolean;
  readonly passwordHash: string | null;
}

/** What an account lacks and an import brings; null: nothing. */
export interface Filling {
  readonly id: string;
  readonly email: string | null;
  readonly username: string | null;
}

/** Names of accounts, in the service's spelling. */
export interface Names {
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  readonly usernames: readonly string[];
}

@Injectable()
export class ImportedAccountsRepository {
  async known({ phones, emails, usernames }: Names, within: Transaction, locks: boolean): Promise<KnownAccountRow[]> {
    return within.run(locks ? LOCK_KNOWN : KNOWN, { phones, emails, usernames });
  }

  /** @returns the ids of those that are made; a name of the others was taken */
  async insert(accounts: readonly ImportedAccount[], within: Transaction): Promise<string[]> {
    const rows = await within.run(INSERT, { accounts: JSON.stringify(accounts) });
    return rows.map(({ id }) => id);
  }

  async fill(accounts: readonly Filling[], within: Transaction): Promise<void> {
    await within.run(FILL, { accounts: JSON.stringify(accounts) });
  }
}
