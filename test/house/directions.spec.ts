import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const fromRepository = (path: string) => join(repository, path);

/** A small house with one offence each, and one file that does everything right. */
const OFFENDERS: Record<string, string> = {
  'src/app.module.ts': "import './login/auth/auth.service.js'; import './identity/users/users.repository.js';",
  'src/login/auth/auth.service.ts':
    "import '../codes/codes.service.js'; import '../../identity/users/users.service.js';",
  'src/login/auth/other-repository.ts': "import '../../identity/users/users.repository.js';",
  'src/login/auth/sideways.ts': "import '../../incoming/bot/bot.service.js';",
  'src/login/auth/reads-fragment.service.ts': "import '../codes/live-code.sql.js';",
  'src/login/auth/auth.repository.ts': "import '../codes/live-code.sql.js';",
  'src/login/auth/env.ts': 'export const secret = process.env.AUTH_SECRET;',
  'src/incoming/bot/bot.service.ts': "import axios from 'axios'; export const a = axios;",
  'src/incoming/bot/media-fetcher.ts': "import axios from 'axios'; export const a = axios;",
  'src/incoming/bot/schedules.ts': "import { PgBoss } from 'pg-boss'; export const b = PgBoss;",
  'src/incoming/bot/session.ts': "import '@whiskeysockets/baileys';",
  'src/gateway/session.ts': "import '@whiskeysockets/baileys';",
  'src/incoming/bot/testing.ts': "import '../../../test/fake.js';",
  'src/platform/config/env.ts': 'export const secret = process.env.AUTH_SECRET;',
  'src/platform/database/prisma.service.ts': "import { Pool } from 'pg'; export const p = Pool;",
  'src/platform/database/statement.ts': 'export const statement = 1;',
  'src/records/audit/audit.repository.ts':
    "import '../../platform/database/statement.js'; import '../../platform/database/prisma.service.js';",
  'src/platform/jobs/boss.ts': "import { PgBoss } from 'pg-boss'; export const b = PgBoss;",
  'src/delivery/providers/whapi/whapi.ts': "import axios from 'axios'; export const a = axios;",
  'src/login/codes/circle-a.ts': "import type { B } from './circle-b.js'; export type A = B | 1;",
  'src/login/codes/circle-b.ts': "import type { A } from './circle-a.js'; export type B = A | 2;",
  'src/login/codes/live-code.sql.ts': "export const liveCode = 'consumed_at is null';",
  'src/login/codes/codes.service.ts':
    "import { Pool } from 'pg'; import '../../platform/database/statement.js'; export const p = Pool;",
  'src/login/codes/live-code.repository.ts':
    "import '../../platform/database/statement.js'; import '../../platform/database/prisma.service.js';",
  'src/platform/phone/phone.ts': "import '../config/env.js';",
  'src/identity/users/import-index.ts': "import './index.js';",
  'src/identity/users/lost.ts': "import './nowhere.js';",
  'src/identity/users/properties.ts': "import 'fast-check';",
  'src/identity/users/properties.spec.ts': "import 'fast-check'; import '../../../test/fake.js';",
  'src/identity/users/index.ts': "export * from './users.service.js';",
  'src/identity/users/upwards.ts': "import type { P } from '../../login/auth/types.js'; export type Q = P;",
  'src/login/auth/types.ts': 'export type P = 1;',
  'src/identity/users/users.repository.ts': "import { Pool } from 'pg'; export const p = Pool;",
  'src/identity/users/users.service.ts': "import './users.repository.js'; import '../../platform/jobs/helpers/x.js';",
  'src/platform/jobs/helpers/x.ts': 'export const x = 1;',
  'src/records/audit/curious.ts': "import '../../platform/jobs/boss.js';",
  'src/gateway/link/jids.ts': 'export const j = 1;',
  'src/gateway/link/linked-account.ts': 'export const l = 1;',
  'src/gateway/media/polite.ts': "import '../link/linked-account.js';",
  'src/gateway/media/curious.ts': "import '../link/jids.js';",
  'src/gateway/gateway.module.ts': "import './link/jids.js';",
  'src/warehouse/w.ts': "import '../platform/config/env.js';",
  'test/fake.ts': 'export const fake = 1;',
};

/** How the rules about faces are called. */
const FACE = '-is-met-at-its-face';

interface Violation {
  from: string;
  rule: { name: string };
}

/** Both tools end with 1 when they find something; only their output counts here. */
function run(cwd: string, tool: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [fromRepository(`node_modules/${tool}`), ...args], { cwd }, (_error, stdout, stderr) =>
      stdout.startsWith('{') || stdout.startsWith('[') ? resolve(stdout) : reject(new Error(stderr || stdout)),
    );
  });
}

describe('the directions of the house', () => {
  let house: string;
  let broken: string[];

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'masuk-house-'));
    for (const [path, content] of Object.entries(OFFENDERS)) {
      await mkdir(dirname(join(house, path)), { recursive: true });
      await writeFile(join(house, path), content);
    }
    await symlink(fromRepository('node_modules'), join(house, 'node_modules'));
    for (const file of ['tsconfig.json', 'package.json']) await symlink(fromRepository(file), join(house, file));
    const config = fromRepository('.dependency-cruiser.mjs');
    const depcruise = 'dependency-cruiser/bin/dependency-cruiser.mjs';
    const report = JSON.parse(await run(house, depcruise, 'src', '--config', config, '--output-type', 'json'));
    broken = (report.summary.violations as Violation[]).map(({ from, rule }) => `${from}: ${rule.name}`).sort();
  });

  afterAll(() => rm(house, { recursive: true, force: true }));

  it('refuses each offence by its rule, types included, and nothing else', () => {
    expect(broken.filter((violation) => !violation.endsWith(FACE))).toEqual([
      'src/identity/users/import-index.ts: no-index-files-to',
      'src/identity/users/index.ts: no-index-files-from',
      'src/identity/users/lost.ts: resolvable',
      'src/identity/users/properties.ts: no-dev-dependencies',
      'src/identity/users/upwards.ts: identity-users-imports-downwards',
      'src/identity/users/users.repository.ts: the-driver-only-in-database',
      'src/identity/users/users.service.ts: no-drawers-to',
      'src/incoming/bot/bot.service.ts: axios-only-in-providers',
      'src/incoming/bot/schedules.ts: pg-boss-only-in-jobs',
      'src/incoming/bot/session.ts: baileys-only-in-gateway',
      'src/incoming/bot/testing.ts: src-knows-no-tests',
      'src/login/auth/other-repository.ts: repository-stays-in-its-room',
      'src/login/auth/reads-fragment.service.ts: foreign-sql-only-in-repositories',
      'src/login/auth/sideways.ts: login-auth-imports-downwards',
      'src/login/codes/circle-a.ts: no-circles',
      'src/login/codes/codes.service.ts: statements-only-in-repositories',
      'src/login/codes/codes.service.ts: the-driver-only-in-database',
      'src/login/codes/live-code.repository.ts: prisma-reads-only-logs',
      'src/platform/phone/phone.ts: platform-phone-imports-downwards',
      'src/warehouse/w.ts: known-rooms-only',
    ]);
  });

  it('lets other rooms import what a room shows of itself, and its module all of the rooms inside it', () => {
    const curious = broken.filter((violation) => /curious|polite|gateway\.module/.test(violation));
    expect(curious).toEqual([
      `src/gateway/media/curious.ts: gateway-link${FACE}`,
      `src/records/audit/curious.ts: platform-jobs${FACE}`,
    ]);
  });

  it('lets only config read process.env', async () => {
    const args = [
      '--config',
      fromRepository('eslint.config.mjs'),
      '--format',
      'json',
      'src/login/auth/env.ts',
      'src/platform/config/env.ts',
    ];
    const report: { filePath: string; messages: { ruleId: string }[] }[] = JSON.parse(
      await run(house, 'eslint/bin/eslint.js', ...args),
    );
    const offenders = report
      .filter(({ messages }) => messages.some(({ ruleId }) => ruleId === 'no-restricted-properties'))
      .map(({ filePath }) => filePath.split('/src/')[1]);
    expect(offenders).toEqual(['login/auth/env.ts']);
  });
});
