import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { createMigration } from '../platform/database/migrations/migrator.js';

/** `db-migration NAME`: writes a migration with what schema.prisma has and the migrations do not. */
async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw new Error('usage: db-migration NAME (such as add_api_keys)');
  finishWhenInterrupted();
  // A server of its own, thrown away afterwards: the user's database is never touched by trying migrations out.
  const dataDir = await mkdtemp(join(tmpdir(), 'masuk-shadow-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    try {
      const made = await createMigration(name, server.url);
      log(made === null ? 'schema.prisma and the migrations agree: nothing to do' : `prisma/migrations/${made}`);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Breaking off would leave the PostgreSQL that we started running: the first Ctrl-C lets the work come to its end. */
function finishWhenInterrupted(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => log('finishing first; once more to break off'));
  }
}

function log(message: string): void {
  process.stdout.write(`${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
