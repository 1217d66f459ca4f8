import { Inject, Injectable } from '@nestjs/common';
import { type Pool } from 'pg';
import { type PrismaClient } from './generated/client.js';
import { POOL_FOR_LOGS } from './pool.js';

/**
 * Prisma on connections of its own, for pages with filters that admins ask for. It costs 80 MB and a
 * third of a second of CPU, so it is loaded with the first question, and nothing that a start or a login asks goes by it.
 */
@Injectable()
export class PrismaService {
  private made: Promise<PrismaClient> | undefined;

  constructor(@Inject(POOL_FOR_LOGS) private readonly pool: Pool) {}

  client(): Promise<PrismaClient> {
    return (this.made ??= this.make());
  }

  private async make(): Promise<PrismaClient> {
    const [{ PrismaPg }, { PrismaClient: Client }] = await Promise.all([
      import('@prisma/adapter-pg'),
      import('./generated/client.js'),
    ]);
    return new Client({ adapter: new PrismaPg(this.pool) });
  }
}
