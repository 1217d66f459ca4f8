// Walks through every route of the WhatsApp gateway with an API key, and says what each one answers.
//
//   MASUK_KEY=msk_… node examples/try-gateway.mjs 081234567890
//
// The number gets one message of each kind: take your own. MASUK_URL (http://localhost:5000), SESSION (the id of a
// session; `try-gateway` is made when there is none, and deleted at the end), VIDEO and AUDIO (files to send; without
// them these two are left out). On a development machine no key is needed.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const url = process.env.MASUK_URL ?? 'http://localhost:5000';
const key = process.env.MASUK_KEY;
const session = process.env.SESSION ?? 'try-gateway';
const [to] = process.argv.slice(2);

/** How long somebody may take to scan, in ms. */
const SCAN_PATIENCE = 240_000;

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let failed = 0;

/**
 * One call, told in a line.
 *
 * @param body an object goes as JSON, a form as it is
 * @param expected codes of failures that are no fault here
 * @returns the answer's body; null when it failed
 */
async function call(method, path, body, expected = []) {
  const isForm = body instanceof FormData;
  const headers = { ...(key && { 'x-api-key': key }), ...(body && !isForm && { 'content-type': 'application/json' }) };
  const sent = body && (isForm ? body : JSON.stringify(body));
  const response = await fetch(url + path, { method, headers, body: sent, redirect: 'manual' });
  const isJson = response.headers.get('content-type')?.includes('json');
  const answer = isJson ? await response.json() : { text: await response.text() };
  const { status } = response;
  if (status < 400) {
    say(`${method} ${path.replace(/ticket=.*/, 'ticket=…')}`, status, answer.message ?? '');
    return answer;
  }
  const skipped = answer.code === 'not_found' ? 'not there, left out' : answer.code === 'forbidden' ? 'left out' : null;
  const fine = skipped !== null || expected.includes(answer.code);
  if (!fine) failed += 1;
  say(
    `${method} ${path.replace(/ticket=.*/, 'ticket=…')}`,
    status,
    `${fine ? '' : 'FAILED '}${answer.code} ${skipped ?? answer.message ?? ''}`,
  );
  return null;
}

function say(what, status, words) {
  console.log(`${what.padEnd(64)} ${status}  ${words}`);
}

function form(fields, field, bytes, name) {
  const data = new FormData();
  for (const [given, value] of Object.entries(fields)) data.append(given, value);
  data.append(field, new Blob([bytes]), name);
  return data;
}

async function connect() {
  await call('GET', '/api/sessions');
  const made = await call('POST', '/api/sessions/create', { sessionId: session }, ['session_id_taken']);
  const status = `/api/sessions/${session}/status`;
  let state = await call('GET', status);
  if (state?.data.status !== 'connected') {
    await call('GET', `/api/sessions/${session}/qr`);
    const page = await call('POST', `/api/sessions/${session}/qr-ticket`);
    await call('GET', `/api/sessions/${session}/qr-page?ticket=${page?.data.ticket}`);
    const link = await call('POST', `/api/sessions/${session}/qr-ticket`);
    console.log(`\n  Scan with WhatsApp (Linked devices): ${link?.data.url}\n`);
    for (const end = Date.now() + SCAN_PATIENCE; state?.data.status !== 'connected';) {
      if (Date.now() > end) throw new Error('nobody scanned the QR code');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const response = await fetch(url + status, { headers: key ? { 'x-api-key': key } : {} });
      state = await response.json();
    }
    await call('GET', status);
  }
  await call('POST', `/api/sessions/${session}/pairing-code`, { phone: to }, ['session_already_linked']);
  return made !== null;
}

async function send() {
  const at = (kind) => `/api/messages/${session}/${kind}`;
  await call('POST', at('text'), { to, text: 'Halo dari *try-gateway*' });
  await call('POST', at('image'), form({ to, caption: 'Gambar' }, 'image', PICTURE, 'gambar.png'));
  await call('POST', at('document'), form({ to }, 'document', 'nama;nomor\nBudi;1\n', 'daftar.csv'));
  for (const [kind, fields] of [
    ['video', { to }],
    ['audio', { to, ptt: 'true' }],
  ]) {
    const file = process.env[kind.toUpperCase()];
    if (file) await call('POST', at(kind), form(fields, kind, await readFile(file), basename(file)));
    else say(`POST ${at(kind)}`, '-', `left out: ${kind.toUpperCase()} names no file`);
  }
  await call('POST', at('location'), { to, latitude: -2.5337, longitude: 140.7181, name: 'Jayapura' });
  const buttons = [
    { id: 'ya', text: 'Ya' },
    { id: 'tidak', text: 'Tidak' },
  ];
  await call('POST', at('button'), { to, text: 'Datang besok?', buttons });
  const sections = [{ title: 'Pagi', rows: [{ id: 'p8', title: '08.00', description: 'dr. Sari' }] }];
  await call('POST', at('list'), { to, text: 'Pilih jadwal', buttonText: 'Jadwal', sections });
  await call('GET', at('generate-otp?length=6'));
  await call('GET', `/api/messages/format-phone/${to}`);
}

async function codes() {
  // Nobody knows these codes but the phone: what is tried here is refused, as it should be.
  const refused = ['invalid_otp', 'otp_rate_limited', 'otp_not_found', 'rate_limited'];
  await call('POST', `/api/messages/${session}/otp`, { to, companyName: 'Klinik' }, refused);
  await call('GET', `/api/otp/status/${to}`, undefined, refused);
  await call('POST', '/api/otp/verify', { phone: to, otp: '000000' }, refused);
  await call('POST', '/api/otp/resend', { phone: to }, refused);
  await call('POST', '/api/otp/expire', { phone: to }, refused);
}

async function look() {
  await call('GET', '/api/analytics/dashboard');
  await call('GET', `/api/analytics/sessions/${session}/stats`);
  for (const log of ['activity', 'otp', 'errors']) await call('GET', `/api/analytics/logs/${log}?limit=5`);
  await call('GET', '/api/webhooks');
}

if (!to) {
  console.error('Whom shall it write to? node examples/try-gateway.mjs 081234567890');
  process.exit(2);
}
const made = await connect();
await send();
await codes();
await look();
await call('PUT', `/api/sessions/${session}/restart`);
if (made) await call('DELETE', `/api/sessions/${session}`);
console.log(failed === 0 ? '\nEverything answered as it should.' : `\n${failed} calls failed.`);
process.exitCode = failed === 0 ? 0 : 1;
