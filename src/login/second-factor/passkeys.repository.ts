import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** A passkey as its owner sees it. */
export interface PasskeyRow {
  id: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

/** What a signature is checked with. */
export interface PasskeyKeyRow {
  id: string;
  credential_id: Buffer;
  public_key: Buffer;
  counter: string;
  transports: string[];
}

/** A passkey as an authenticator has made it. */
export interface NewPasskey {
  readonly id: string;
  readonly userId: string;
  readonly credentialId: Buffer;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly name: string;
}

const OF = statement<PasskeyRow>(
  'passkeys_of',
  'SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = :user_id::uuid ORDER BY created_at, id',
);

const KEYS_OF = statement<PasskeyKeyRow>(
  'passkeys_keys_of',
  `SELECT id, credential_id, public_key, counter::text AS counter, transports FROM passkeys
    WHERE user_id = :user_id::uuid ORDER BY created_at, id`,
);

// A credential belongs to one account: where it is known already, nothing is made.
const ADD = statement<{ id: string }>(
  'passkeys_add',
  `INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, transports, name)
   SELECT :id::uuid, :user_id::uuid, :credential_id::bytea, :public_key::bytea, :counter::bigint, :transports::text[], :name::text
   ON CONFLICT (credential_id) DO NOTHING RETURNING id`,
);

const REMOVE = statement<{ id: string }>(
  'passkeys_remove',
  'DELETE FROM passkeys WHERE id = :id::uuid AND user_id = :user_id::uuid RETURNING id',
);

// The counter only grows, where the authenticator has one: of two signatures that were checked at once one is written.
const USE = statement<{ id: string }>(
  'passkeys_use',
  `UPDATE passkeys SET counter = :counter::bigint, last_used_at = now()
    WHERE id = :id::uuid AND user_id = :user_id::uuid
      AND (counter < :counter::bigint OR (counter = 0 AND :counter::bigint = 0)) RETURNING id`,
);

/** The passkeys of accounts. */
@Injectable()
export class PasskeysRepository {
  constructor(private readonly database: Database) {}

  of(userId: string, within: Transaction = this.database): Promise<PasskeyRow[]> {
    return within.run(OF, { user_id: userId });
  }

  keysOf(userId: string): Promise<PasskeyKeyRow[]> {
    return this.database.run(KEYS_OF, { user_id: userId });
  }

  /** @returns false when some account has the credential already */
  async add(passkey: NewPasskey, within: Transaction): Promise<boolean> {
    const { id, userId, credentialId, publicKey, counter, transports, name } = passkey;
    const values = {
      id,
      user_id: userId,
      credential_id: credentialId,
      public_key: publicKey,
      counter,
      transports,
      name,
    };
    return (await within.run(ADD, values)).length > 0;
  }

  /** @returns whether the account had it */
  async remove(id: string, userId: string, within: Transaction): Promise<boolean> {
    return (await within.run(REMOVE, { id, user_id: userId })).length > 0;
  }

  /** @returns false when the passkey is gone, or its counter did not grow */
  async use(id: string, userId: string, counter: number, within: Transaction): Promise<boolean> {
    return (await within.run(USE, { id, user_id: userId, counter })).length > 0;
  }
}
