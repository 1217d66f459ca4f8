import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectFailureShape, retryAfter } from '../support/answers.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { startNginx, type Nginx } from '../support/nginx.js';
import { freePort } from '../support/oidc.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';
import { startService, stopAllServices, type ServiceProcess } from '../support/service.js';

// What only nginx with deploy/nginx/masuk.conf does: its own limits, and what becomes of requests when instances go and
// come. `npm run attacks:nginx` runs it.

const EXAMPLE = join(import.meta.dirname, '..', '..', 'deploy', 'nginx', 'masuk.conf');
const behindNginx = process.env['MASUK_TEST_NGINX'] === '1' ? describe : describe.skip;

behindNginx('nginx', () => {
  let database: TestDatabase;
  let ports: [number, number];
  let instances: [ServiceProcess, ServiceProcess];
  let nginx: Nginx;

  const start = (port: number) =>
    startService({
      DATABASE_URL: database.url,
      AUTH_SECRET: 'kP3vQ8wZ1mX6cL0sT9yB4nH7jF2dR5gA-uE_oI8aW1q',
      SEED_DEMO: 'none',
      TRUST_PROXY: '127.0.0.1',
      PORT: String(port),
    });
  const get = (path: string) => instances[0].at(nginx.url).get(path);
  /** As many requests as make sure that each instance's turn has come. */
  const statuses = async () => {
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push((await get('/health/live')).status);
    return answers;
  };

  beforeAll(async () => {
    database = await createDatabase();
    ports = [await freePort(), await freePort()];
    instances = [await start(ports[0]), await start(ports[1])];
    nginx = await startNginx(instances.map(({ url }) => url));
  });
  afterAll(async () => {
    await nginx?.stop();
    await stopAllServices();
    await database?.drop();
  });

  /** The head of a request with a body of this length, of which nothing follows. */
  const announced = (path: string, bytes: number, more: string[] = []) =>
    sendRaw(
      nginx.url,
      rawRequest('POST', path, [
        'Content-Type: multipart/form-data; boundary=x',
        `Content-Length: ${bytes}`,
        'Connection: close',
        ...more,
      ]),
    );

  it.each(['image', 'video', 'audio', 'document', 'document/'])(
    'V5.2.1: lets a file of 50 MB through to the service: %s',
    async (kind) => {
      const answer = await announced(`/api/messages/klinik/${kind}`, 50 * 1024 * 1024 + 4_096);
      expectFailure(answer, 401, 'unauthenticated');
      expect(answer.headers.get('x-request-id')).not.toBeNull();
    },
  );

  it('V5.2.1: refuses larger files, and large bodies elsewhere, in the shape of our failures', async () => {
    for (const [path, bytes] of [
      ['/api/messages/klinik/document', 60 * 1024 * 1024],
      ['/api/messages/klinik/text', 3 * 1024 * 1024],
      ['/api/messages/klinik/document/x', 3 * 1024 * 1024],
      ['/api/auth/login', 3 * 1024 * 1024],
    ] as const) {
      const answer = await announced(path, bytes);
      expectFailure(answer, 413, 'body_too_large');
      expect(answer.headers.get('x-request-id')).toBeNull();
    }
  });

  it('V4.1.2, V12.2.1: leads browsers from plain HTTP to https, and refuses clients of the API there', async () => {
    const plainly = (method: string, path: string) =>
      new Promise<{ status?: number | undefined; location?: string | undefined; text: string }>((resolve, reject) => {
        const options = { socketPath: nginx.plain, method, path, headers: { host: 'masuk.example.org' } };
        const asked = request(options, (answer) => {
          let text = '';
          answer.on('data', (chunk) => (text += String(chunk)));
          answer.on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location, text }));
        });
        asked.on('error', reject).end();
      });
    expect(await plainly('GET', '/login?lang=id')).toMatchObject({
      status: 301,
      location: 'https://masuk.example.org/login?lang=id',
    });
    for (const path of ['/api/auth/otp/request', '/auth/login', '/oidc/token', '/webhook/whacenter/x']) {
      const { status, location, text } = await plainly('POST', path);
      expect({ path, status, location }).toEqual({ path, status: 403, location: undefined });
      expect(JSON.parse(text)).toEqual({ success: false, message: 'Gunakan https', code: 'https_required' });
    }
    expect(await plainly('GET', '/apis')).toMatchObject({ status: 301 });
    expect(await plainly('GET', '/.well-known/acme-challenge/none')).toMatchObject({ status: 404 });
  });

  it('V16.5.2: waits longer than an upload and a send by WhatsApp may take', () => {
    const upload =
      readFileSync(EXAMPLE, 'utf8')
        .split(/location ~ [^{]*\{/)
        .at(-1) ?? '';
    const [, seconds] = /proxy_read_timeout (\d+)s/.exec(upload) ?? [];
    // The time of an upload, and the most that GATEWAY_SEND_TIMEOUT may be.
    expect(Number(seconds)).toBeGreaterThan(120 + 120);
    expect(upload).toContain('proxy_request_buffering off;');
  });

  it('V16.5.2: answers all requests while one instance is killed, returns, and the other is killed', async () => {
    await instances[0].stop('SIGKILL');
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    instances[0] = await start(ports[0]);
    await instances[1].stop('SIGKILL');
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it('V16.5.2: answers 503 with Retry-After, in the shape of our failures, when no instance is up', async () => {
    await instances[0].stop('SIGKILL');
    const answer = await instances[0].at(nginx.url).post('/api/auth/login', { identifier: 'x', password: 'x' });
    expectFailure(answer, 503, 'busy');
    expectFailureShape(answer);
    expect(retryAfter(answer)).toBe(5);
    instances[0] = await start(ports[0]);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });
});
