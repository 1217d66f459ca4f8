import { Injectable } from '@nestjs/common';
import { type Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';

export interface StoredSigningKey {
  kid: string;
  algorithm: string;
  state: 'NEXT' | 'ACTIVE' | 'RETIRED';
  publicJwk: Record<string, unknown>;
  sealedPrivate: Buffer;
}

@Injectable()
export class SigningKeyRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Every key that a living token may be signed with. */
  async findAll(): Promise<StoredSigningKey[]> {
    const rows = await this.prisma.signingKey.findMany({ orderBy: { createdAt: 'asc' } });
    return rows.map((row) => ({
      kid: row.kid,
      algorithm: row.algorithm,
      state: row.state,
      publicJwk: row.publicJwk as Record<string, unknown>,
      sealedPrivate: Buffer.from(row.sealedPrivate),
    }));
  }

  /** Stores the first active key of its algorithm; where another instance was faster, its key stays and ours is forgotten. */
  async insertFirstActive(key: Omit<StoredSigningKey, 'state'>): Promise<void> {
    await this.prisma.signingKey.createMany({
      data: [
        {
          kid: key.kid,
          algorithm: key.algorithm,
          state: 'ACTIVE',
          publicJwk: key.publicJwk as Prisma.InputJsonObject,
          sealedPrivate: new Uint8Array(key.sealedPrivate),
          activatedAt: new Date(),
        },
      ],
      skipDuplicates: true,
    });
  }
}
