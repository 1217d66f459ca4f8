import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

export interface StoredSigningKey {
  kid: string;
  algorithm: string;
  state: 'NEXT' | 'ACTIVE' | 'RETIRED';
  publicJwk: Record<string, unknown>;
  sealedPrivate: Buffer;
  createdAt: Date;
  activatesAt: Date | null;
  activatedAt: Date | null;
  retiredAt: Date | null;
}

/** Who had a key made. */
export type KeyChanger = 'service' | 'keys:rotate' | 'restore:finish';

export type NewSigningKey = Pick<StoredSigningKey, 'kid' | 'algorithm' | 'publicJwk' | 'sealedPrivate'>;

const recordKey = (type: string, source: string) =>
  recordEventFrom({
    source,
    type,
    outcome: 'success',
    userId: 'NULL::uuid',
    subjectId: 'NULL::uuid',
    detail: `jsonb_build_object('kid', ${source}.kid, 'by', :by::text)`,
  });

const inserted = (columns: string, values: string) => `
   made AS (
     INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private, ${columns})
     VALUES (:kid::text, :algorithm::text, :public_jwk::jsonb, :sealed_private::bytea, ${values})
     ON CONFLICT DO NOTHING RETURNING kid, activates_at
   )`;

const FIND_ALL = statement<StoredSigningKey>(
  'signing_keys_find_all',
  `SELECT kid,
          algorithm,
          state,
          public_jwk AS "publicJwk",
          sealed_private AS "sealedPrivate",
          created_at AS "createdAt",
          activates_at AS "activatesAt",
          activated_at AS "activatedAt",
          retired_at AS "retiredAt"
     FROM signing_keys
    WHERE algorithm = :algorithm::text
    ORDER BY created_at`,
);

const INSERT_FIRST_ACTIVE = statement<{ kid: string }>(
  'signing_keys_insert_first_active',
  `WITH ${inserted('state, activated_at', `'ACTIVE', now()`)},
   recorded AS (${recordKey('signing_key.created', 'made')})
   SELECT kid FROM made`,
);

const INSERT_NEXT = statement<{ activates_at: Date }>(
  'signing_keys_insert_next',
  `WITH ${inserted('state, activates_at', `'NEXT', now() + :announced_for::int * interval '1 second'`)},
   recorded AS (${recordKey('signing_key.announced', 'made')})
   SELECT activates_at FROM made`,
);

const ACTIVE_IS_OLDER = statement<{ kid: string }>(
  'signing_keys_active_is_older',
  `SELECT kid FROM signing_keys
    WHERE algorithm = :algorithm::text AND state = 'ACTIVE' AND activated_at < now() - :days::int * interval '24 hours'`,
);

// The announced key takes over when its time has come: one statement, so that there is no instant without a key that
// signs; of several instances one does it and the others find nothing to do. (The old one has to leave its place in
// the partial unique index first, which counting it makes sure of.)
const PROMOTE = statement<{ kid: string }>(
  'signing_keys_promote',
  `WITH due AS (
     SELECT kid, algorithm FROM signing_keys
      WHERE algorithm = :algorithm::text AND state = 'NEXT' AND activates_at <= now() FOR UPDATE SKIP LOCKED
   ), retired AS (
     UPDATE signing_keys k SET state = 'RETIRED', retired_at = now() FROM due
      WHERE k.algorithm = due.algorithm AND k.state = 'ACTIVE' RETURNING k.kid
   ), promoted AS (
     UPDATE signing_keys k SET state = 'ACTIVE', activated_at = now()
       FROM due, (SELECT count(*) FROM retired) AS ended WHERE k.kid = due.kid RETURNING k.kid
   ), recorded AS (${recordKey('signing_key.rotated', 'promoted')})
   SELECT kid FROM promoted`,
);

const FORGET_RETIRED = statement<{ kid: string }>(
  'signing_keys_forget_retired',
  `DELETE FROM signing_keys WHERE state = 'RETIRED' AND retired_at < now() - :seconds::int * interval '1 second' RETURNING kid`,
);

const FORGET_ALL = statement<{ kid: string }>('signing_keys_forget_all', 'DELETE FROM signing_keys RETURNING kid');

const RESEAL = statement(
  'signing_keys_reseal',
  `UPDATE signing_keys SET sealed_private = :resealed::bytea WHERE kid = :kid::text AND sealed_private = :sealed::bytea`,
);

@Injectable()
export class SigningKeyRepository {
  constructor(private readonly database: Database) {}

  /** Every key that a valid token may be signed with, oldest first. */
  async findAll(algorithm: string): Promise<StoredSigningKey[]> {
    return this.database.run(FIND_ALL, { algorithm });
  }

  /** Stores the first active key of its algorithm; where another instance was faster, its key stays and ours is forgotten. */
  async insertFirstActive(key: NewSigningKey): Promise<void> {
    await this.database.run(INSERT_FIRST_ACTIVE, { ...valuesOf(key), ...event('service') });
  }

  /** Drops every key and stores one that signs from now on. @returns how many were dropped */
  async replaceAll(key: NewSigningKey, by: KeyChanger): Promise<number> {
    return this.database.transaction(async (transaction) => {
      const dropped = await transaction.run(FORGET_ALL, {});
      await transaction.run(INSERT_FIRST_ACTIVE, { ...valuesOf(key), ...event(by) });
      return dropped.length;
    });
  }

  /**
   * Announces a key, which signs after so many seconds; where one is announced already, that one stays.
   *
   * @returns when it signs; null when it was not stored
   */
  async insertNext(key: NewSigningKey, announcedFor: number, by: KeyChanger): Promise<Date | null> {
    const [row] = await this.database.run(INSERT_NEXT, {
      ...valuesOf(key),
      announced_for: announcedFor,
      ...event(by),
    });
    return row?.activates_at ?? null;
  }

  /** Whether the key that signs has done so for more than so many days. */
  async activeIsOlderThan(days: number, algorithm: string): Promise<boolean> {
    return (await this.database.run(ACTIVE_IS_OLDER, { days, algorithm })).length > 0;
  }

  /** @returns whether a key took over */
  async promoteDue(algorithm: string): Promise<boolean> {
    return (await this.database.run(PROMOTE, { algorithm, ...event('service') })).length > 0;
  }

  /** Drops keys whose last token is dead: retired longer ago than a token lives. */
  async forgetRetired(seconds: number): Promise<void> {
    await this.database.run(FORGET_RETIRED, { seconds });
  }

  /** Replaces a sealed private key, unless another instance has replaced it already. */
  async reseal(kid: string, sealed: Buffer, resealed: Buffer): Promise<void> {
    await this.database.run(RESEAL, { kid, sealed, resealed });
  }
}

function valuesOf({ kid, algorithm, publicJwk, sealedPrivate }: NewSigningKey) {
  return { kid, algorithm, public_jwk: JSON.stringify(publicJwk), sealed_private: sealedPrivate };
}

function event(by: KeyChanger) {
  return { audit_id: uuidv7(), address: null, request_id: null, by };
}
