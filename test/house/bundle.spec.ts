import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { startService, stopAllServices, type ServiceProcess } from '../support/service.js';
import { until } from '../support/waits.js';

const ROOT = join(import.meta.dirname, '..', '..');
const DIST = join(ROOT, 'dist');
const HOOK = join(ROOT, 'test', 'support', 'loaded-modules.mjs');

/** Names of packages in each part of the bundle, as the build wrote them down. */
const packages = JSON.parse(readFileSync(join(DIST, 'packages.json'), 'utf8')) as Record<string, string[]>;

describe('the bundle', () => {
  it('holds nothing under the GPL', () => {
    const held = Object.values(packages).flat();
    expect(held).toEqual(expect.arrayContaining(['fastify', 'pg', 'oidc-provider']));
    expect(held.filter((name) => /baileys|libsignal/i.test(name))).toEqual([]);
    for (const part of readdirSync(join(DIST, 'parts')).filter((name) => name.endsWith('.js')))
      expect(readFileSync(join(DIST, 'parts', part), 'utf8')).not.toMatch(/class (SessionCipher|SessionBuilder)\b/);
  });

  it('brings the licence of each package, none of which asks for more than that', () => {
    const licences = readFileSync(join(DIST, 'licences.txt'), 'utf8')
      .split(`\n\n${'-'.repeat(80)}\n\n`)
      .slice(1);
    const named = licences.map((text) => text.split(' ', 1)[0]);
    const held = new Set(
      Object.values(packages)
        .flat()
        .map((name) => name.replace(/^.*node_modules\//, '')),
    );
    expect([...held].filter((name) => !named.includes(name))).toEqual([]);
    expect(licences.filter((text) => !/^\S+ \S+ \([^)]*(MIT|ISC|BSD|Apache|BlueOak|Python-2.0)/.test(text))).toEqual(
      [],
    );
    expect(licences.filter((text) => !/copyright|licen[cs]e|permission|brings no text/i.test(text))).toEqual([]);
  });
});

describe('a start', () => {
  let dataDir: string;
  let database: TestDatabase;
  let service: ServiceProcess;
  let loaded: string[];

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'masuk-bundle-'));
    database = await createDatabase();
    service = await start({ DATA_DIR: dataDir, NODE_OPTIONS: `--import=${HOOK}` });
    loaded = [...service.output().matchAll(/^loaded (.+)$/gm)].map(([, file]) => String(file));
  });
  afterAll(async () => {
    await stopAllServices();
    await database.drop();
    rmSync(dataDir, { recursive: true });
  });

  const start = (variables: Record<string, string>) =>
    startService({
      DATABASE_URL: database.url,
      AUTH_SECRET: 'kP3vQ8wZ1mX6cL0sT9yB4nH7jF2dR5gA-uE_oI8aW1q',
      SEED_DEMO: 'none',
      NODE_COMPILE_CACHE: '',
      ...variables,
    });

  it('loads the bundle, and of node_modules only what has machine code or files', () => {
    const outside = loaded
      .filter((file) => !file.startsWith('dist/'))
      .map((file) => /(@[^/]+\/)?[^/]+/.exec(file.replace('node_modules/', ''))?.[0]);
    expect(loaded).toContain('dist/main.js');
    expect(outside.filter((name) => !/^(@node-rs\/.*|pg-boss|swagger-ui-dist)$/.test(String(name)))).toEqual([]);
  });

  it('loads nothing that it has no use for', () => {
    const parts = loaded.filter((file) => file.startsWith('dist/parts/')).map((file) => basename(file));
    const held = new Set(parts.flatMap((part) => packages[part] ?? []));
    expect(held).toContain('fastify');
    const later = [
      '@prisma/adapter-pg',
      'oidc-provider',
      'koa',
      'nodemailer',
      'axios',
      'mime-db',
      'qrcode',
      'file-type',
    ];
    expect(later.filter((name) => held.has(name))).toEqual([]);
    expect(loaded.filter((file) => /@prisma|baileys|libsignal/.test(file))).toEqual([]);
  });

  it('leads stack traces to the sources', async () => {
    await database.query('ALTER TABLE api_keys RENAME TO api_keys_elsewhere');
    const answer = await service.get('/api/sessions', { 'x-api-key': `msk_${'a'.repeat(43)}` });
    await database.query('ALTER TABLE api_keys_elsewhere RENAME TO api_keys');
    expect(answer.status).toBe(500);
    const named = /src\/identity\/api-keys\/[\w.-]+\.ts:\d+:\d+/;
    await until('the log names the source', () => named.test(service.output()));
  });

  it('leaves its compiled code for the next one, where nobody else can write', async () => {
    // Killed, as containers are: it has written it down after its start.
    await service.stop('SIGKILL');
    const cache = join(dataDir, 'compile-cache');
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    const [release] = readdirSync(cache);
    expect(statSync(join(cache, String(release))).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(cache, String(release)), { recursive: true }).length).toBeGreaterThan(10);
  });

  it('uses no compiled code that somebody else could have put there', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'masuk-elsewhere-'));
    const hostile = join(dataDir, 'hostile');
    mkdirSync(hostile);
    symlinkSync(elsewhere, join(hostile, 'compile-cache'));
    const other = await start({ DATA_DIR: hostile });
    expect((await other.get('/health/ready')).status).toBe(200);
    await other.stop();
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });
});
