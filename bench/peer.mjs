/** The peer, Better Auth: a package of its own in `peer/`, installed from its lock file when it is first wanted. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from './databases.mjs';
import { digitsInSql } from './phones.mjs';
import { runToEnd } from './processes.mjs';

export const PEER = 'Better Auth';

const FOLDER = join(import.meta.dirname, 'peer');

/** The hash of the lock file that the installed packages came from. */
const STAMP = join(FOLDER, 'node_modules', '.installed-from');

/**
 * Installs the peer's packages, unless those of its lock file are there.
 *
 * @throws Error when npm fails
 */
async function install() {
  const lock = await readFile(join(FOLDER, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === wanted) return;
  console.log(`installing ${PEER} (npm ci in bench/peer)`);
  const options = { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] };
  // npm tells what it runs where its own script is; without that a shell has to find it.
  const npm = process.env.npm_execpath;
  const child = npm ? spawn(process.execPath, [npm, 'ci'], options) : spawn('npm ci', { ...options, shell: true });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`npm ci in bench/peer ended with ${code}; --no-peer leaves ${PEER} out`);
  await writeFile(STAMP, wanted);
}

/** Better Auth on a database of its own; `place` as in targets.mjs. */
export async function makePeer({ folder, serverUrl, providerUrl }) {
  await install();
  const database = 'better_auth';
  const databaseUrl = await createDatabase(serverUrl, database);
  const script = join(FOLDER, 'server.mjs');
  const env = { NODE_ENV: 'production', DATABASE_URL: databaseUrl, PROVIDER_URL: providerUrl, PORT: '0' };
  await runToEnd(script, { args: ['migrate'], env, cwd: folder });
  return {
    name: PEER,
    kind: 'betterAuth',
    readyPath: '/api/auth/ok',
    ...{ database, databaseUrl },
    server: { script, env, cwd: folder, logFile: join(folder, 'peer.log') },
    usersSql: (numbers) => `
      INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", "phoneNumber", "phoneNumberVerified")
      SELECT gen_random_uuid(), 'User ' || n, n || '@bench.test', true, now(), now(), '+' || ${digitsInSql('n')}, true
        FROM ${numbers}`,
  };
}
