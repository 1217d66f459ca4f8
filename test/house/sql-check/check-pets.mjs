/**
 * `check-pets.mjs DATABASE_URL`: checks pets.ts and prints the findings as JSON. A process of its own, because Jest loads
 * modules in its own way.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import ts from 'typescript';
import { checkSql } from '../../../scripts/sql-check/check.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const build = new URL('../../../build/', import.meta.url);
const source = join(here, 'pets.ts');
const folder = mkdtempSync(join(tmpdir(), 'masuk-pets-'));
const built = join(folder, 'pets.mjs');

function compile() {
  const { outputText, sourceMapText } = ts.transpileModule(readFileSync(source, 'utf8'), {
    fileName: 'pets.mts',
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2024, sourceMap: true },
  });
  writeFileSync(built, outputText.replaceAll('../../../src/', build.href));
  writeFileSync(
    `${built}.map`,
    JSON.stringify({ ...JSON.parse(sourceMapText), sources: [pathToFileURL(source).href] }),
  );
}

const client = new pg.Client({ connectionString: process.argv[2] });
await client.connect();
try {
  compile();
  const checked = await checkSql({
    client,
    root: here,
    isOurs: (path) => path === source,
    config: join(here, 'tsconfig.json'),
    builtOf: () => built,
    maker: fileURLToPath(new URL('platform/database/statement.js', build)),
  });
  console.log(JSON.stringify(checked));
} finally {
  await client.end();
  rmSync(folder, { recursive: true, force: true });
}
