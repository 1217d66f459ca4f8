/**
 * What a linked WhatsApp account costs: `node bench/gateway-memory.mjs [accounts]` links so many to a fake WhatsApp, one
 * after the other, sends a message by each, and prints the service's memory on the way. Build before it.
 */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { startServer, stopServers } from './processes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SESSIONS = Number(process.argv[2] ?? 50);

/** Idle for so long before each reading, in ms: what a handshake leaves behind is collected by then. */
const SETTLE = 8_000;

/** The fake WhatsApp of the specs, compiled; it runs in this process, the service in one of its own. */
async function fakeWhatsApp(folder) {
  await mkdir(join(folder, 'fake'));
  await writeFile(join(folder, 'fake', 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(folder, 'fake', 'node_modules'));
  for (const name of ['fake-whatsapp', 'fake-whatsapp-phones', 'fake-whatsapp-wire', 'people']) {
    const source = await readFile(join(root, 'test', 'support', `${name}.ts`), 'utf8');
    const { code } = await transform(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' } });
    await writeFile(join(folder, 'fake', `${name}.js`), code);
  }
  const { startFakeWhatsApp } = await import(pathToFileURL(join(folder, 'fake', 'fake-whatsapp.js')).href);
  return startFakeWhatsApp();
}

async function call(url, method, path, body) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(url + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json.data;
}

async function link(url, whatsapp, at) {
  const [sessionId, phone] = [`bench-${at}`, `62817${String(at).padStart(7, '0')}`];
  await call(url, 'POST', '/api/sessions/create', { sessionId });
  const { pairingCode } = await call(url, 'POST', `/api/sessions/${sessionId}/pairing-code`, { phone });
  await whatsapp.enterCode(pairingCode.replace('-', ''), { phone });
  while ((await call(url, 'GET', `/api/sessions/${sessionId}/status`)).status !== 'connected') await sleep(50);
  await call(url, 'POST', `/api/messages/${sessionId}/text`, { to: '081234567890', text: 'halo' });
}

async function megabytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const folder = await mkdtemp(join(tmpdir(), 'masuk-bench-'));
const whatsapp = await fakeWhatsApp(folder);
try {
  const { url, child } = await startServer({
    script: join(root, 'dist', 'main.js'),
    cwd: folder,
    logFile: join(folder, 'service.log'),
    env: {
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      GATEWAY_WHATSAPP_URL: whatsapp.url,
      GATEWAY_MAX_SESSIONS: '10000',
      GATEWAY_PAUSE_MS: '0',
      GATEWAY_JITTER_MS: '0',
    },
  });
  await sleep(SETTLE);
  console.log(`without a session ${(await megabytes(child.pid)).toFixed(0)} MB`);
  const readings = [];
  const steps = new Set([1, ...[0.25, 0.5, 0.75, 1].map((part) => Math.max(1, Math.round(SESSIONS * part)))]);
  for (let at = 1; at <= SESSIONS; at++) {
    await link(url, whatsapp, at);
    if (!steps.has(at)) continue;
    await sleep(SETTLE);
    readings.push([at, await megabytes(child.pid)]);
    console.log(`${at} linked and connected: ${readings.at(-1)[1].toFixed(0)} MB`);
  }
  // The first ones also pay for the library and for compiled code: they are left out.
  const [[few, before], [many, after]] = [readings.at(-4) ?? readings[0], readings.at(-1)];
  if (many > few) console.log(`about ${((after - before) / (many - few)).toFixed(2)} MB for each further account`);
} finally {
  await stopServers();
  await whatsapp.close();
  await rm(folder, { recursive: true, force: true });
}
