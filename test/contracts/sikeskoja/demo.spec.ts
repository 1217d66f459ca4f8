import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse, QUICK, type House } from '../../support/house.js';
import { rawRequest, sendRaw } from '../../support/raw-http.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/sikeskoja.md#demo-accounts, and a development start without a device, whose codes are read in the inbox.

const ROOT = join(import.meta.dirname, '..', '..', '..');

interface Demo {
  full_name: string;
  role: string;
  phone: string;
  email: string | null;
  username: string | null;
}

const JANE = { full_name: 'Jane Smith', role: 'USER', phone: '+6289876543210', email: null, username: null };
const SIKESKOJA: Demo[] = [
  ...['Administrator', 'Supervisor', 'Operator'].map((title, index) => {
    const username = title === 'Administrator' ? 'admin' : title.toLowerCase();
    const email = `${username}@sikeskoja.com`;
    return {
      full_name: `${title} SiKesKoja`,
      role: username.toUpperCase(),
      phone: `+628123456789${index}`,
      email,
      username,
    };
  }),
  JANE,
];
const TICKETING: Demo[] = [
  { full_name: 'John Doe', role: 'USER', phone: '+6281234567890', email: null, username: null },
  JANE,
];

const accountsIn = (database: TestDatabase) =>
  database.query<Demo>('SELECT full_name, role::text, phone, email, username FROM users ORDER BY phone');

describe('a development start on an empty database, without a device', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ ...QUICK, SEED_DEMO: '', WHATSAPP_DEVICE_ID: '' });
  });
  afterAll(async () => house.close());

  const inbox = async (): Promise<any[]> => (await house.service.get('/dev/inbox')).body.data;

  it('has the demo accounts of the contract', async () => {
    expect(await accountsIn(house.database)).toEqual(SIKESKOJA);
  });

  it.each(SIKESKOJA)('lets $full_name log in by password', async ({ full_name, role, phone, email, username }) => {
    const national = phone.replace('+62', '0');
    for (const identifier of [national, email, username]) {
      if (identifier === null) continue;
      const { status, body } = await house.service.post('/api/auth/login', { identifier, password: 'password123' });
      expect(status).toBe(200);
      expect(body.data.user).toStrictEqual({
        id: expect.any(String),
        email,
        username,
        phone: national,
        role,
        profile: { fullName: full_name, phone: national },
      });
    }
  });

  it('lets them log in by a code out of the inbox', async () => {
    const answer = await house.request('081234567890');
    expect({ status: answer.status, channel: answer.body.data?.channel }).toEqual({ status: 200, channel: 'console' });
    const listed = await house.service.get('/dev/inbox');
    expect({ status: listed.status, success: listed.body.success }).toEqual({ status: 200, success: true });
    expect(listed.headers.get('cache-control')).toBe('no-store');
    const [message] = listed.body.data;
    expect(message).toStrictEqual({
      id: expect.any(String),
      to: '081234567890',
      text: expect.stringContaining('Halo Administrator SiKesKoja,\n'),
      code: expect.stringMatching(/^\d{6}$/),
      at: INSTANT,
    });
    expect(message.text).toContain(`\n*${message.code}*\n`);
    const login = await house.verify('081234567890', message.code);
    expect(login.body.data.user).toMatchObject({ role: 'ADMIN', email: 'admin@sikeskoja.com' });
  });

  it('lists the newest message first', async () => {
    await house.request('081234567891');
    await house.request('081234567892');
    expect((await inbox()).slice(0, 2).map(({ to }) => to)).toEqual(['081234567892', '081234567891']);
  });

  it('shows the inbox as a page to a browser, whose script and style are allowed to it', async () => {
    const page = await house.service.get('/dev/inbox', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.text).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/i);
    // The page holds no message: it fetches them.
    expect(page.text).not.toMatch(/Halo|\*\d{6}\*/);
    const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(linked.length).toBeGreaterThan(0);
    for (const path of linked) {
      const asset = await house.service.get(path);
      expect({ path, status: asset.status }).toEqual({ path, status: 200 });
      expect(asset.headers.get('content-type')).toMatch(path.endsWith('.js') ? /javascript/ : /text\/css/);
    }
  });

  it.each([
    ['HTTP/1.0, as proxies speak it', '1.0', ['Host: 127.0.0.1']],
    ['HTTP/1.0 without a host', '1.0', []],
    ['the name of a site (DNS rebinding)', '1.1', ['Host: evil.example']],
    ['an address of the network', '1.1', ['Host: 192.0.2.7:5000']],
    ['a forwarded request', '1.1', ['Host: 127.0.0.1', 'X-Forwarded-For: 192.0.2.7']],
    ['a version that we do not speak', '2.0', ['Host: 127.0.0.1']],
  ])('hides the inbox from %s', async (_, version, headers) => {
    const lines = [`GET /dev/inbox HTTP/${version}`, ...headers, 'Connection: close'];
    expectFailure(await sendRaw(house.service.url, `${lines.join('\r\n')}\r\n\r\n`), 404, 'not_found');
  });

  it('hides the inbox from an address for a proxy, whose host goes before the header', async () => {
    const request = rawRequest('GET', 'http://evil.example/dev/inbox', ['Connection: close']);
    expectFailure(await sendRaw(house.service.url, request), 404, 'not_found');
  });

  it('says that no device is connected: the inbox has none', async () => {
    expect((await house.service.get('/api/auth/otp/status')).body.data).toEqual({ connected: false });
  });

  it('writes no code into its log, nor a whole number', async () => {
    const [message] = await inbox();
    expect(house.service.output()).not.toContain(message.code);
    expect(house.service.output()).not.toContain('81234567890');
  });
});

describe('a development start that other machines reach', () => {
  /** An address of this machine other than loopback: whoever calls it is taken for another machine. */
  const outer = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const fromOutside = (service: Service) => service.at(`http://${outer ?? ''}:${new URL(service.url).port}`);

  let house: House;
  const CLOSED = { SEED_DEMO: 'none', OTP_ECHO: 'off', EXPOSE_DEVELOPMENT: '' };
  let later: Promise<Service> | undefined;
  /** A later start on the same database, which lets strangers at nothing. */
  const closed = () =>
    (later ??= house.database.query('UPDATE users SET password_hash = NULL').then(() => house.another(CLOSED)));
  beforeAll(async () => {
    house = await openHouse({ ...QUICK, HOST: '0.0.0.0', SEED_DEMO: '', EXPOSE_DEVELOPMENT: 'on' });
  });
  afterAll(async () => house.close());

  it('warns of all that is open', async () => {
    const warnings = () => /^.*NOT FOR REAL PEOPLE.*$/m.exec(house.service.output());
    await until('it warns', () => warnings() !== null);
    const warning = warnings()?.[0] ?? '';
    expect(JSON.parse(warning)).toMatchObject({
      level: 40,
      msg: expect.stringMatching(/HOST .*SEED_DEMO.*OTP_ECHO/),
    });
  });

  it('does not come about with a demo account of an earlier start', async () => {
    await expect(house.another(CLOSED)).rejects.toThrow('An account still has the demo password.');
    expect((await closed()).output()).not.toContain('NOT FOR REAL PEOPLE');
  });

  (outer === undefined ? it.skip : it)('shows others the inbox only with EXPOSE_DEVELOPMENT', async () => {
    const service = await closed();
    expect((await service.at(service.url.replace(/\/\/[^:]+/, '//127.0.0.1')).get('/dev/inbox')).status).toBe(200);
    expectFailure(await fromOutside(service).get('/dev/inbox'), 404, 'not_found');
    expect((await fromOutside(house.service).get('/dev/inbox')).status).toBe(200);
    const rebound = `GET /dev/inbox HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
    expectFailure(await sendRaw(house.service.url, rebound), 404, 'not_found');
  });
});

describe('the seed', () => {
  const runCli = async (variables: Record<string, string>, args: string[]) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  };

  it('ticketing has two users, and can be run twice, also as npx prisma db seed', async () => {
    const database = await createDatabase();
    const variables = {
      DATABASE_URL: database.url,
      SEED_DEMO: 'ticketing',
      AUTH_SECRET: 'pX4mC8vN2bQ6zL0kJ7hG3fD9sA1wE5rT',
    };
    try {
      const first = await runCli(variables, ['dist/cli/db-seed.js']);
      expect(first).toMatchObject({ code: 0 });
      expect(await accountsIn(database)).toEqual(TICKETING);
      const ids = await database.query('SELECT id, password_hash FROM users ORDER BY id');
      await database.query(`UPDATE users SET full_name = 'Jane Doe' WHERE phone = '+6289876543210'`);
      const prisma = join(ROOT, 'node_modules', 'prisma', 'build', 'index.js');
      const viaPrisma = await runCli(variables, [prisma, 'db', 'seed']);
      expect(viaPrisma).toMatchObject({ code: 0 });
      expect(await database.query('SELECT id, password_hash FROM users ORDER BY id')).toEqual(ids);
      expect((await accountsIn(database)).map(({ full_name }) => full_name)).toEqual(['John Doe', 'Jane Doe']);
    } finally {
      await database.drop();
    }
  });

  it('refuses production', async () => {
    const database = await createDatabase();
    try {
      const { code } = await runCli(
        {
          NODE_ENV: 'production',
          PUBLIC_URL: 'https://masuk.example.org',
          DATABASE_URL: database.url,
          AUTH_SECRET: 'pX4mC8vN2bQ6zL0kJ7hG3fD9sA1wE5rT',
          WHATSAPP_DEVICE_ID: 'aabbccddeeff00112233445566778899',
        },
        ['dist/cli/db-seed.js'],
      );
      expect(code).toBe(1);
      expect(await accountsIn(database)).toEqual([]);
    } finally {
      await database.drop();
    }
  });
});

describe('production', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({
      ...QUICK,
      NODE_ENV: 'production',
      SEED_DEMO: '',
      HOST: '127.0.0.1',
      PUBLIC_URL: 'https://masuk.example.org',
    });
  });
  afterAll(async () => house.close());

  it('has no demo account and no inbox', async () => {
    expect(await accountsIn(house.database)).toEqual([]);
    for (const path of ['/dev/inbox', '/dev/inbox.js', '/dev/inbox.css', '/dev']) {
      expectFailure(await house.service.get(path), 404, 'not_found');
      expectFailure(await house.service.get(path, { accept: 'text/html' }), 404, 'not_found');
    }
  });

  it('is strict by default: it conceals unknown numbers, and its tokens live fifteen minutes', async () => {
    expect((await house.request('081234567890')).status).toBe(200);
    await house.person({ username: 'petugas-produksi', password: 'sangat-rahasia-sekali' });
    const { body } = await house.service.post('/api/auth/login', {
      identifier: 'petugas-produksi',
      password: 'sangat-rahasia-sekali',
    });
    expect(body.data.expiresIn).toBe(900);
  });

  it('lets in no origin that is not configured', async () => {
    for (const origin of ['http://localhost:3000', 'https://app.example']) {
      const answer = await house.service.get('/api/auth/otp/status', { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('has users, whom a later start in development leaves alone: deleted demo accounts do not come back', async () => {
    await house.person({ fullName: 'Pertama' });
    const before = await accountsIn(house.database);
    await house.another({ NODE_ENV: 'test', SEED_DEMO: 'sikeskoja' });
    expect(await accountsIn(house.database)).toEqual(before);
  });
});
