import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from '@jest/globals';
import { masuk } from '../../eslint-rules/masuk.mjs';
import { loadOnce } from '../support/load-once.js';

const { RuleTester } = await loadOnce<typeof import('eslint')>('eslint');
const { default: tseslint } = await loadOnce<typeof import('typescript-eslint')>('typescript-eslint');
Object.assign(RuleTester, { describe, it, itOnly: it.only });

/** The rules of the house can fail, and let pass what is right. RuleTester makes its own tests with Jest's `it`. */
const tester = new RuleTester({
  languageOptions: { parser: tseslint.parser, ecmaVersion: 'latest', sourceType: 'module' },
});
const rules = masuk.rules as unknown as Record<string, Parameters<typeof tester.run>[1]>;

const inRoom = (room: string, code: string) => ({ code, filename: `/repo/src/${room}/x.repository.ts` });
const foreign = (room: string, code: string, table: string, owner: string) => ({
  ...inRoom(room, code),
  errors: [{ messageId: 'foreign', data: { table, owner } }],
});

tester.run('table-owner', rules['table-owner']!, {
  valid: [
    inRoom('login/codes', 'const q = sql`update otp_codes set succeeded_at = now() where id = ${id}`;'),
    inRoom('identity/users', "const q = 'select * from users';"),
    inRoom('platform/database', "const q = 'truncate users, otp_codes, messages';"),
    inRoom('login/auth', "log.info('code sent to one of the users');"),
    inRoom('login/auth', "const text = 'Update users in the console';"),
    inRoom('login/auth', "@ApiOperation({ summary: 'Reads from users and messages' }) class A {}"),
    inRoom('login/auth', "import { find } from '../users/users.service.js';"),
    inRoom('login/auth', 'const q = sql`select 1 from ${openSession} where otp_codes_pkey = 1`;'),
    inRoom('login/auth', 'await this.users.update(user);'),
    inRoom('operations/analytics', "const q = 'select * from users join otp_codes s on true';"),
    inRoom('operations/analytics', 'await this.prisma.otpCode.findMany({ where });'),
    { code: "const q = 'select * from users';", filename: '/repo/test/db/races.spec.ts' },
  ],
  invalid: [
    foreign('login/auth', 'const q = sql`select id from users where phone = ${phone}`;', 'users', 'identity/users'),
    foreign('login/auth', 'const q = \'UPDATE public."users" AS u SET role = 1\';', 'users', 'identity/users'),
    foreign('operations/analytics', "const q = 'delete from messages where id = $1';", 'messages', 'delivery'),
    foreign('operations/analytics', "const q = 'select 1 from messages for update';", 'messages', 'delivery'),
    foreign('incoming/bot', "const q = 'insert into messages (id) values ($1)';", 'messages', 'delivery'),
    foreign(
      'login/codes',
      'const q = sql`delete from refresh_tokens where id = ${id}`;',
      'refresh_tokens',
      'identity/sessions',
    ),
    foreign(
      'login/codes',
      'const q = sql`join login_sessions l on l.id = o.id`;',
      'login_sessions',
      'identity/sessions',
    ),
    foreign('login/codes', 'const q = sql`select 1 from otp_codes o, users u`;', 'users', 'identity/users'),
    foreign('identity/users', 'const q = sql`select ${x} from a, otp_codes`;', 'otp_codes', 'login/codes'),
    foreign('login/auth', 'await this.prisma.otpCode.findFirst({ where });', 'otp_codes', 'login/codes'),
    foreign('operations/analytics', 'await this.prisma.otpCode.deleteMany({ where });', 'otp_codes', 'login/codes'),
    foreign('operations/admin', 'await tx.user.updateMany({ data });', 'users', 'identity/users'),
  ],
});

tester.run('route-protection', rules['route-protection']!, {
  valid: [
    "class A { @Public() @Get('x') x() {} }",
    "@Controller() @Roles('ADMIN') class A { @Get() x() {} @Post() y() {} }",
    "class A { @Scopes('messages:send') @Post() x() {} helper() {} }",
    'class A { @Authenticated() @Delete() x() {} }',
  ],
  invalid: [
    { code: '@Controller() class A { @Get() x() {} }', errors: [{ messageId: 'none', data: { route: 'x' } }] },
    { code: '@Controller() class A { @Limit() @Post() x() {} }', errors: [{ messageId: 'none' }] },
    { code: "@Roles('ADMIN') class A { @Public() @Get() x() {} }", errors: [{ messageId: 'several' }] },
    { code: "class A { @Roles('ADMIN') @Scopes('a') @Patch() x() {} }", errors: [{ messageId: 'several' }] },
  ],
});

const long = 'x'.repeat(140);
tester.run('sql-layout', rules['sql-layout']!, {
  valid: [
    `const q = \`SELECT a\n  FROM b\n WHERE c = '${'x'.repeat(100)}'\`;`,
    `const text = \`no statement, however long: ${long}\`;`,
    `const comment = 1; // SELECT ${long}`,
  ],
  invalid: [
    { code: `const q = \`SELECT '${long}'\`;`, errors: [{ messageId: 'long', line: 1 }] },
    { code: `const q = \`SELECT a\n  FROM b\n WHERE c = '${long}'\`;`, errors: [{ messageId: 'long', line: 3 }] },
  ],
});

tester.run('no-base-class-names', rules['no-base-class-names']!, {
  valid: ['class Baseline {}', 'class PasswordHasher {}', 'const a = class {};', 'class UtilityBill {}'],
  invalid: ['BaseRepository', 'Base', 'PhoneHelper', 'DateUtil', 'DateUtils', 'SessionManager'].map((name) => ({
    code: `class ${name} {}`,
    errors: [{ messageId: 'vague', data: { name } }],
  })),
});

tester.run('reasoned-suppressions', rules['reasoned-suppressions']!, {
  valid: [
    '// eslint-disable-next-line no-var -- the old interface is tested here\nvar a;',
    '// we eslint-disable nothing',
  ],
  invalid: [
    { code: '// eslint-disable-next-line no-var\nvar a;', errors: [{ messageId: 'unreasoned' }] },
    { code: '/* eslint-disable no-var */ var a;', errors: [{ messageId: 'unreasoned' }] },
  ],
});

tester.run('no-wall-clock-limit', rules['no-wall-clock-limit']!, {
  valid: [
    'expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);',
    'const began = Date.now(); await work(); expect(at).toBeLessThanOrEqual(Date.now());',
    'while (performance.now() < end) await ready();',
    'const early = Date.now() - 1_000; expect(early).toBeLessThan(at);',
    "await until('it is there', () => isThere);",
    "await house.clock.until('it is there', () => isThere, 5);",
    'const LONG = 40_000; await until("it is there", isThere, LONG);',
    'createMasuk({ timeout: 60_000 });',
    "it('works', work); beforeAll(open, 180_000); it.each([1, 2])('counts %i', count);",
    'expect(first.seconds).toBeLessThan(second.seconds);',
    '// eslint-disable-next-line rule-to-test/no-wall-clock-limit -- 2026-11-30: nothing answers\nfoo();',
  ],
  invalid: [
    { code: 'expect(Date.now() - began).toBeLessThan(400);', errors: [{ messageId: 'limit' }] },
    { code: 'expect(performance.now() - began).toBeLessThanOrEqual(1);', errors: [{ messageId: 'limit' }] },
    {
      code: 'const began = performance.now(); const ms = performance.now() - began; expect(ms).toBeLessThan(20_000);',
      errors: [{ messageId: 'limit' }],
    },
    { code: 'expect((Date.now() - began) / 1000).toBeLessThan(9);', errors: [{ messageId: 'limit' }] },
    { code: 'expect(Math.abs(Date.parse(x) - Date.now() - 60)).toBeLessThan(5);', errors: [{ messageId: 'limit' }] },
    { code: 'expect({ inTime: Date.now() - began < PATIENCE }).toEqual({});', errors: [{ messageId: 'limit' }] },
    { code: "await until('it is there', isThere, 8_000);", errors: [{ messageId: 'patience' }] },
    { code: "const SOON = 900; await until('it', isThere, SOON);", errors: [{ messageId: 'patience' }] },
    { code: "await house.becomes('main', 'connected', 15_000);", errors: [{ messageId: 'patience' }] },
    { code: 'createMasuk({ timeout: 100 });', errors: [{ messageId: 'patience' }] },
    { code: 'beforeAll(open, 60_000);', output: 'beforeAll(open);', errors: [{ messageId: 'test' }] },
    {
      code: "it.each([1, 2])('counts %i', count, 20_000);",
      output: "it.each([1, 2])('counts %i', count);",
      errors: [{ messageId: 'test' }],
    },
    {
      code: '// eslint-disable-next-line rule-to-test/no-wall-clock-limit -- nothing answers\nfoo();',
      errors: [{ messageId: 'undated' }],
    },
  ],
});

tester.run('reasoned-pauses', rules['reasoned-pauses']!, {
  valid: [
    '// When it strikes is what this is about.\nawait pause(20);',
    'await sleep(20); // for the last line to come through the pipe',
    'while (!isThere()) await pause(5);',
    'async function f() { while (!isOver) { await work(); await pause(5); } }',
    'await work();',
  ],
  invalid: [
    'await pause(500);',
    'await sleep(1_050);',
    'await new Promise((resolve) => setTimeout(resolve, 50));',
    'async function f() { for (const each of all) { await pause(20); } }',
    'while (true) await pause(5);',
  ].map((code) => ({ code, errors: [{ messageId: 'unreasoned' }] })),
});

const folders = mkdtempSync(join(tmpdir(), 'masuk-folders-'));
afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** The first and the second module of a folder with a file of SQL and so many modules. */
function folderOf(modules: number) {
  const folder = join(folders, `of-${modules}`);
  mkdirSync(folder);
  const names = Array.from({ length: modules }, (_, nth) => `m${String(nth + 10)}.ts`);
  for (const name of ['a.sql', ...names]) writeFileSync(join(folder, name), '');
  return names.map((name) => join(folder, name));
}
const [firstOfFew] = folderOf(19);
const [firstOfMany, secondOfMany] = folderOf(20);

tester.run('folder-size', rules['folder-size']!, {
  valid: [
    { code: '', filename: firstOfFew! },
    { code: '', filename: secondOfMany! },
  ],
  invalid: [
    {
      code: '',
      filename: firstOfMany!,
      errors: [{ messageId: 'full', data: { folder: 'of-20', count: '21', most: '20' } }],
    },
  ],
});
