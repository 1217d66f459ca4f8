import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { statement } from '../database/statement.js';

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

export type NewSigningKey = Pick<StoredSigningKey, 'kid' | 'algorithm' | 'publicJwk' | 'sealedPrivate'>;

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
   )
   UPDATE signing_keys k SET state = 'ACTIVE', activated_at = now()
     FROM due, (SELECT count(*) FROM retired) AS ended WHERE k.kid = due.kid RETURNING k.kid`,
);

const FORGET_RETIRED = statement<{ kid: string }>(
  'signing_keys_forget_retired',
  `DELETE FROM signing_keys WHERE state = 'RETIRED' AND retired_at < now() - :seconds::int * interval '1 second' RETURNING kid`,
);

const RESEAL = statement(
  'signing_keys_reseal',
  `UPDATE signing_keys SET sealed_private = :resealed::bytea WHERE kid = :kid::text AND sealed_private = :sealed::bytea`,
);

@Injectable()
export class SigningKeyRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
  ) {}

  /** Every key that a living token may be signed with, oldest first. */
  async findAll(algorithm: string): Promise<StoredSigningKey[]> {
    const rows = await this.prisma.signingKey.findMany({ where: { algorithm }, orderBy: { createdAt: 'asc' } });
    return rows.map((row) => ({
      ...row,
      publicJwk: row.publicJwk as Record<string, unknown>,
      sealedPrivate: Buffer.from(row.sealedPrivate),
    }));
  }

  /** Stores the first active key of its algorithm; where another instance was faster, its key stays and ours is forgotten. */
  async insertFirstActive(key: NewSigningKey): Promise<void> {
    await this.insert({ ...rowOf(key), state: 'ACTIVE', activatedAt: new Date() });
  }

  /** Announces a key; where one is announced already, that one stays. Returns whether ours was stored. */
  async insertNext(key: NewSigningKey, activatesAt: Date): Promise<boolean> {
    return (await this.insert({ ...rowOf(key), state: 'NEXT', activatesAt })) === 1;
  }

  /** @returns whether a key took over */
  async promoteDue(algorithm: string): Promise<boolean> {
    return (await this.database.run(PROMOTE, { algorithm })).length > 0;
  }

  /** Drops keys whose last token is dead: retired longer ago than a token lives. */
  async forgetRetired(seconds: number): Promise<void> {
    await this.database.run(FORGET_RETIRED, { seconds });
  }

  /** Replaces a sealed private key, unless another instance has replaced it already. */
  async reseal(kid: string, sealed: Buffer, resealed: Buffer): Promise<void> {
    await this.database.run(RESEAL, { kid, sealed, resealed });
  }

  private async insert(data: Prisma.SigningKeyCreateManyInput): Promise<number> {
    const { count } = await this.prisma.signingKey.createMany({ data: [data], skipDuplicates: true });
    return count;
  }
}

function rowOf(key: NewSigningKey) {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    publicJwk: key.publicJwk as Prisma.InputJsonObject,
    sealedPrivate: new Uint8Array(key.sealedPrivate),
  };
}
