import { defineConfig } from 'prisma/config';

// The CLI would download a schema engine that none of our commands need; any executable satisfies its look-up.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node prisma/seed.ts' },
});
