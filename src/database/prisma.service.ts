import { PrismaPg } from '@prisma/adapter-pg';
import { type Pool } from 'pg';
import { PrismaClient } from './generated/client.js';

/** Prisma on the same pool as the prepared statements: for everything that is not on a hot path. */
export class PrismaService extends PrismaClient {
  constructor(pool: Pool) {
    super({ adapter: new PrismaPg(pool) });
  }
}
