import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { ofTheFirst } from '../database/steps.js';

/** What is stored under a key: our own claim, or what another request left. */
export type KeyRow =
  | { claimed: true; fingerprint: null; sealed_answer: null }
  | { claimed: false; fingerprint: Buffer; sealed_answer: Buffer | null };

/** A request that works on its answer. */
export interface Claim {
  /** 32 bytes. */
  readonly keyHash: Buffer;
  /** UUID of this very request: a claim that was taken over writes nothing any more. */
  readonly claimId: string;
}

/** How long an answer is kept, in seconds. */
const KEPT = 24 * 3600;

const LIVES = (row: string) =>
  `${row}.expires_at > now() AND (${row}.sealed_answer IS NOT NULL OR ${row}.claimed_until > now())`;

// The primary key decides, whatever comes at once: one request inserts the row, or takes over one that is over or whose
// request died. Everybody else reads what is there. No row at all: it came after this statement's snapshot, or what the
// snapshot has is over by now; then the statement is asked again.
const CLAIM = statement<KeyRow>(
  'idempotency_claim',
  `WITH claimed AS (
     INSERT INTO idempotency_keys AS k (key_hash, fingerprint, claim_id, claimed_until, expires_at)
     VALUES (:key_hash::bytea, :fingerprint::bytea, :claim_id::uuid,
             now() + :seconds::int * interval '1 second', now() + interval '${KEPT} seconds')
     ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, claim_id = excluded.claim_id,
            claimed_until = excluded.claimed_until, sealed_answer = NULL, expires_at = excluded.expires_at
      WHERE NOT (${LIVES('k')})
     RETURNING key_hash
   )
   SELECT true AS claimed, NULL::bytea AS fingerprint, NULL::bytea AS sealed_answer FROM claimed
    UNION ALL
   SELECT false, k.fingerprint, k.sealed_answer FROM idempotency_keys k
    WHERE k.key_hash = :key_hash::bytea AND NOT EXISTS (SELECT 1 FROM claimed) AND ${LIVES('k')}`,
);

const KEEP = statement(
  'idempotency_keep',
  `UPDATE idempotency_keys SET sealed_answer = :sealed_answer::bytea
    WHERE key_hash = :key_hash::bytea AND claim_id = :claim_id::uuid AND sealed_answer IS NULL`,
);

const RELEASE = statement(
  'idempotency_release',
  `DELETE FROM idempotency_keys WHERE key_hash = :key_hash::bytea AND claim_id = :claim_id::uuid AND sealed_answer IS NULL`,
);

const FORGET_OLD = statement<{ key_hash: Buffer }>(
  'idempotency_forget_old',
  `DELETE FROM idempotency_keys
    WHERE ${ofTheFirst({ table: 'idempotency_keys', where: 'expires_at < now()', order: 'expires_at', most: 1_000 })}
   RETURNING key_hash`,
);

@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /**
   * @param seconds for how long the request is believed to be under way
   * @returns null when it has to be asked again
   */
  async claim({ keyHash, claimId }: Claim, fingerprint: Buffer, seconds: number): Promise<KeyRow | null> {
    const [row] = await this.database.run(CLAIM, { key_hash: keyHash, claim_id: claimId, fingerprint, seconds });
    return row ?? null;
  }

  async keep({ keyHash, claimId }: Claim, sealedAnswer: Buffer): Promise<void> {
    await this.database.run(KEEP, { key_hash: keyHash, claim_id: claimId, sealed_answer: sealedAnswer });
  }

  /** Frees the key: the next request with it begins anew. */
  async release({ keyHash, claimId }: Claim): Promise<void> {
    await this.database.run(RELEASE, { key_hash: keyHash, claim_id: claimId });
  }

  /** @returns whether there may be more of it */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}
