import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHouse, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

let house: House;
/** A project of somebody else, with nothing in it but the packed client. */
let project: string;
let installed: string;

beforeAll(async () => {
  house = await openHouse();
  project = mkdtempSync(join(tmpdir(), 'masuk-consumer-'));
  installed = join(project, 'node_modules', '@masuk', 'client');
  const served = await fetch(`${house.service.url}/client/masuk-client.tgz`);
  expect([served.status, served.headers.get('content-type')]).toEqual([200, 'application/gzip']);
  const archive = join(project, 'masuk-client.tgz');
  writeFileSync(archive, Buffer.from(await served.arrayBuffer()));
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
});
afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await house.close();
});

const manifest = () => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

function write(name: string, text: string): string {
  const path = join(project, name);
  writeFileSync(path, text);
  return path;
}

describe('the client that the service serves', () => {
  it('holds what was built, its licence and its README, needs nothing, and is free of side effects', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
    expect(files.filter((name) => !/^dist\/[a-z.-]+\.(js|d\.ts)$/.test(name)).sort()).toEqual([
      'README.md',
      'package.json',
    ]);
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true);
    const { dependencies, peerDependencies, sideEffects, license, type } = manifest();
    expect({ dependencies, peerDependencies, sideEffects, license, type }).toEqual({
      sideEffects: false,
      license: 'MIT',
      type: 'module',
    });
  });

  it('imports nothing but its own files', () => {
    const names = readdirSync(join(installed, 'dist')).filter((name) => name.endsWith('.js'));
    for (const name of names) {
      const source = readFileSync(join(installed, 'dist', name), 'utf8');
      const imported = [...source.matchAll(/(?:from|import)\s*\(?['"]([^'"]+)['"]/g)].map(([, from]) => from!);
      expect(imported.filter((from) => !existsSync(join(installed, 'dist', from)))).toEqual([]);
    }
  });

  it('logs in from a plain Node program', async () => {
    const { username } = await newcomer(house);
    const program = write(
      'program.mjs',
      `import { createMasuk, MasukError } from '@masuk/client';
       const masuk = createMasuk({ baseUrl: process.argv[2] });
       await masuk.login({ identifier: process.argv[3], password: process.argv[4] });
       const { username } = await masuk.me();
       await masuk.logout();
       const failure = await masuk.me().catch((error) => error);
       console.log(JSON.stringify([username, failure instanceof MasukError, failure.code]));`,
    );
    const { stdout, stderr } = await run(process.execPath, [program, house.service.url, username, PASSWORD], {
      cwd: project,
    });
    expect([JSON.parse(stdout), stderr]).toEqual([[username, true, 'unauthenticated'], '']);
  });
});

/** The globals of React Native that are not of the language itself (its own `URL` is not to be relied on). */
const REACT_NATIVE = [
  'fetch',
  'Headers',
  'Request',
  'Response',
  'AbortController',
  'AbortSignal',
  'setTimeout',
  'clearTimeout',
];

/** Loads the built client into a world with these globals only. */
async function importInto(globals: Record<string, unknown>) {
  const context = vm.createContext(globals);
  const modules = new Map<string, vm.SourceTextModule>();
  const load = (path: string): vm.SourceTextModule => {
    const known = modules.get(path);
    if (known) return known;
    const loaded = new vm.SourceTextModule(readFileSync(path, 'utf8'), { context, identifier: path });
    modules.set(path, loaded);
    return loaded;
  };
  const entry = load(join(installed, manifest().main));
  await entry.link((specifier, from) => load(join(dirname(from.identifier), specifier)));
  await entry.evaluate();
  return entry.namespace as unknown as typeof import('../../client/src/masuk.js');
}

describe('the built client', () => {
  it('needs no global at all to be imported', async () => {
    const { createMasuk } = await importInto({});
    expect(createMasuk({ baseUrl: 'https://login.example.org' }).tokens).toBeNull();
  });

  it('logs in with no more than React Native has', async () => {
    const { username } = await newcomer(house);
    const globals = Object.fromEntries(REACT_NATIVE.map((name) => [name, (globalThis as never)[name]]));
    const { createMasuk } = await importInto(globals);
    const masuk = createMasuk({ baseUrl: house.service.url, session: 'memory' });
    await masuk.login({ identifier: username, password: PASSWORD });
    await Promise.all([masuk.refresh(), masuk.me()]);
    expect((await masuk.fetch('/api/auth/me')).status).toBe(200);
    await masuk.logout();
    await expect(masuk.fetch('https://evil.example')).rejects.toMatchObject({ code: 'origin_refused' });
  });
});

/** A consumer's program; every line that carries `// error` must be refused by the type check, and no other. */
const CONSUMER = `
import { createMasuk, MasukError, storageStore, type Masuk, type TokenStore, type User } from '@masuk/client';

const store: TokenStore = storageStore({ getItem: async () => null, setItem: async () => {}, removeItem: async () => {} });
const masuk = createMasuk({ baseUrl: 'https://login.example.org', store, language: 'id', origins: ['https://api.example.org'] });
const cookie = createMasuk({ session: 'cookie' });
const either: Masuk = Math.random() > 0.5 ? masuk : cookie;

export async function all(): Promise<void> {
  const sent = await masuk.requestOtp('081234567890');
  const ends: number = Date.parse(sent.expiresAt) - masuk.serverNow();
  const login = await masuk.verifyOtp({ phone: '081234567890', otpCode: '123456', sessionId: sent.sessionId });
  const token: string = login.token;
  const user: User = (await cookie.login({ identifier: 'a', password: 'b' })).user;
  const perhaps: string | undefined = (await either.login({ identifier: 'a', password: 'b' })).token;
  const response: Response = await masuk.fetch('/api/orders', { method: 'POST', body: '{}' });
  const stop: () => void = masuk.onTokens((tokens) => tokens?.refreshToken.length);
  await masuk.forgotPassword.resetPassword({ noHp: '1', otp: '1', newPassword: 'x', confirmPassword: 'x' });
  const error: unknown = null;
  if (error instanceof MasukError && error.retryAfter !== null) error.retryAfter.toFixed();
  console.log(ends, token, user.profile.fullName, perhaps, response.ok, stop);
  (await cookie.login({ identifier: 'a', password: 'b' })).token; // error
  const always: string = (await either.login({ identifier: 'a', password: 'b' })).token; // error
  await masuk.verifyOtp({ phone: '081234567890', otpCode: 123456 }); // error
  await masuk.login({ identifier: 'a' }); // error
  createMasuk({ session: 'header' }); // error
  user.role === 'BOSS'; // error
  masuk.tokens = null; // error
  await masuk.forgotPassword.requestOtp({ noHp: '1' }); // error
}
`;

describe('its types', () => {
  it.each([
    ['a browser', { lib: ['es2020', 'dom'], types: [], module: 'esnext', moduleResolution: 'bundler' }],
    ['Node', { lib: ['es2022'], types: ['node'], module: 'nodenext', moduleResolution: 'nodenext' }],
  ])('hold for a program of %s, and refuse what is wrong', async (_, options) => {
    const folder = join(project, options.moduleResolution);
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(join(installed, '..'), join(folder, 'node_modules', '@masuk'));
    for (const name of ['@types/node', 'undici-types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'consumer.ts'), CONSUMER);
    // All but the language's own declarations, the client's above all.
    const checked = { strict: true, skipLibCheck: false, skipDefaultLibCheck: true };
    const compilerOptions = { ...options, ...checked, noEmit: true, target: 'es2022' };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    );
    const refused = [...stdout.matchAll(/^consumer\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    const wrong = CONSUMER.split('\n').flatMap((line, at) => (line.endsWith('// error') ? [at + 1] : []));
    expect({ refused: [...new Set(refused)], stdout }).toEqual({ refused: wrong, stdout: expect.any(String) });
    expect(stdout.split('\n').filter((line) => line.includes('error TS') && !line.startsWith('consumer.ts'))).toEqual(
      [],
    );
  });
});
