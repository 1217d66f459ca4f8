/**
 * `npm run sql:check`: prepares every statement of src/ on an embedded PostgreSQL of its own, and compares the parameters
 * and columns with what the sources declare. What it compares, and what it cannot know: docs/decisions/0024-sql-is-written-by-hand-and-checked.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { checkSql } from './sql-check/check.mjs';
import { EXCEPTIONS } from './sql-check/exceptions.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = (path) => join(root, 'build', path);

/** Starts a PostgreSQL with all tables and functions, and calls back with its address. */
async function withDatabase(work) {
  const { startEmbeddedPostgres } = await import(built('platform/embedded-postgres/embedded-postgres.js'));
  const { applyMigrations } = await import(built('platform/database/migrations/migrator.js'));
  const { applyJobSchema } = await import(built('platform/jobs/job-schema.js'));
  const dataDir = mkdtempSync(join(tmpdir(), 'masuk-sql-'));
  const quiet = () => undefined;
  const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
  try {
    await applyMigrations(postgres.url, quiet);
    await applyJobSchema(postgres.url, quiet);
    return await work(postgres.url);
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const isOurs = (path) => {
  const inside = relative(root, path);
  return inside.startsWith('src/') && !inside.startsWith('src/platform/database/generated/');
};

async function check(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await checkSql({
      client,
      root,
      isOurs,
      config: join(root, 'tsconfig.build.json'),
      builtOf: (file) => built(relative('src', file).replace(/\.ts$/, '.js')),
      maker: built('platform/database/statement.js'),
    });
  } finally {
    await client.end();
  }
}

/** Whether an exception speaks of a finding. */
function speaksOf({ file, name, kind, subject }, finding) {
  if (kind !== finding.kind) return false;
  return file === undefined ? name === finding.name && subject === finding.subject : finding.file.startsWith(file);
}

const began = performance.now();
const { findings, statements, runs, questions } = await withDatabase(check);
const unexplained = findings.filter((each) => !EXCEPTIONS.some((exception) => speaksOf(exception, each)));
const idle = EXCEPTIONS.filter((exception) => !findings.some((each) => speaksOf(exception, each)));

for (const { file, line, name, message } of unexplained)
  console.error(`${file}:${line}  ${name === '' ? '' : `${name}: `}${message}`);
for (const { file, name, kind, subject } of idle)
  console.error(
    `scripts/sql-check/exceptions.mjs  ${[file, name, kind, subject].filter(Boolean).join(' ')}: is no longer needed`,
  );
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  `${statements} statements, ${runs} calls that run them and ${questions} direct questions: ` +
    `${unexplained.length + idle.length} findings, ${EXCEPTIONS.length - idle.length} explained. ${seconds} s.`,
);
process.exitCode = unexplained.length + idle.length > 0 ? 1 : 0;
