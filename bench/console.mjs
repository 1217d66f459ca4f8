/**
 * The part `console`: what the pages of the admin console ask the service for, with a million messages behind it. A page
 * makes its calls at once, so its time is that of the slowest one.
 */
import { join } from 'node:path';
import { createDatabase, query, withClient } from './databases.mjs';
import { startServer } from './processes.mjs';
import { figure, median, table } from './report.mjs';

const SECRET = 'bench-bench-bench-bench-bench-bench-1234';
const ADMIN = '081234567890';
/** A page that usually takes longer is marked; ms. */
const BOUND = 1_000;
/** How often each page is called up; before that, once without being measured. */
const CALLS = 9;

const DAY = 86_400_000;
const ago = (days) => new Date(Date.now() - days * DAY).toISOString();

/** Pages as docs/console.md lists them, with filters that find much, little and nothing. */
const pagesOf = ({ person, stranger, webhook, event, talk }) => ({
  'overview, today': ['/api/admin/overview?range=today&timezone=Asia/Jakarta', '/api/admin/providers'],
  'overview, 7 days': ['/api/admin/overview?range=7d&timezone=Asia/Jakarta', '/api/admin/providers'],
  'overview, 30 days': ['/api/admin/overview?range=30d&timezone=Asia/Jakarta', '/api/admin/providers'],
  'way of a code, 24 hours': ['/api/admin/delivery'],
  'way of a code, 30 days': [`/api/admin/delivery?from=${ago(30)}`],
  devices: ['/api/admin/providers', '/api/sessions'],
  people: ['/api/users'],
  'people, disabled': ['/api/users?isActive=false'],
  'people, of a role': ['/api/users?role=SUPERVISOR'],
  'people, by part of a name': ['/api/users?search=rahayu'],
  'people, by a number': [`/api/users?search=${person.phone.replace('+62', '0')}`],
  'people, by the end of a number': [`/api/users?search=${person.phone.slice(-7)}`],
  'people, by e-mail': ['/api/users?search=siti.rahayu'],
  'people, nobody': ['/api/users?search=zzzzzz'],
  'a person': [
    `/api/users/${person.id}`,
    `/api/users/${person.id}/sessions`,
    `/api/admin/audit?userId=${person.id}&limit=10`,
  ],
  'a person, newest': [
    `/api/users/${stranger.id}`,
    `/api/users/${stranger.id}/sessions`,
    `/api/admin/audit?userId=${stranger.id}&limit=10`,
  ],
  'audit log': ['/api/admin/audit'],
  'audit log, refusals': ['/api/admin/audit?outcome=failure'],
  'audit log, successes': ['/api/admin/audit?outcome=success'],
  'audit log, logins by code': ['/api/admin/audit?type=login.otp'],
  'audit log, wrong codes': ['/api/admin/audit?type=login.otp&outcome=failure'],
  'audit log, a rare kind': ['/api/admin/audit?type=oidc_client.created'],
  'audit log, a kind there is none of': ['/api/admin/audit?type=database.restored'],
  'audit log, a common kind that never failed': ['/api/admin/audit?type=session.ended&outcome=failure'],
  'audit log, a number': [`/api/admin/audit?phone=${person.phone.replace('+62', '0')}`],
  'audit log, a number there is none of': ['/api/admin/audit?phone=082799999999'],
  'audit log, an address': [`/api/admin/audit?address=${event.address}`],
  'audit log, an address there is none of': ['/api/admin/audit?address=192.0.2.255'],
  'audit log, a subject': [`/api/admin/audit?subjectId=${event.subject}`],
  'audit log, a request': [`/api/admin/audit?requestId=${event.request}`],
  'audit log, a request there is none of': ['/api/admin/audit?requestId=01a22c0a-c22e-7693-bcd5-2aab4f229696'],
  'audit log, what is no id of a request': ['/api/admin/audit?requestId=none-of-ours'],
  'audit log, a month half a year ago': [`/api/admin/audit?from=${ago(200)}&to=${ago(170)}`],
  'WhatsApp activity': ['/api/analytics/logs/activity'],
  'WhatsApp activity, an account': ['/api/analytics/logs/activity?sessionId=apotek'],
  'WhatsApp activity, a rare action': ['/api/analytics/logs/activity?action=session.logged_out'],
  'WhatsApp activity, failures': ['/api/analytics/logs/activity?status=failure'],
  'WhatsApp activity, none': ['/api/analytics/logs/activity?status=unknown'],
  'WhatsApp errors': ['/api/analytics/logs/errors'],
  'codes of applications': ['/api/analytics/logs/otp'],
  'codes of applications, not sent': ['/api/analytics/logs/otp?status=failed'],
  'codes of applications, valid': ['/api/analytics/logs/otp?status=pending'],
  jobs: ['/api/admin/jobs'],
  keys: ['/api/api-keys'],
  webhooks: ['/api/webhooks'],
  deliveries: [`/api/webhooks/${webhook.id}/deliveries`],
  'deliveries, failed': [`/api/webhooks/${webhook.id}/deliveries?status=failed`],
  'deliveries, waiting': [`/api/webhooks/${webhook.id}/deliveries?status=pending`],
  applications: ['/api/oidc/clients'],
  settings: ['/api/admin/settings'],
  'messages of the service': ['/api/admin/templates'],
  'test numbers': ['/api/admin/test-numbers'],
  'signing keys': ['/api/admin/signing-keys'],
  conversations: ['/api/conversations'],
  'conversations that staff answers': ['/api/conversations?state=AGENT'],
  'a conversation': [
    '/api/conversations',
    `/api/conversations/${talk.phone}`,
    `/api/conversations/${talk.phone}/messages`,
  ],
});

/** Files, of which a browser waits for the first byte. */
const FILES = {
  'audit log as a file': '/api/admin/audit',
  'refusals as a file': '/api/admin/audit?outcome=failure',
  'WhatsApp activity as a file': '/api/analytics/logs/activity',
  'codes of applications as a file': '/api/analytics/logs/otp',
};

/** @returns of each page its median and its longest time in ms, and which call was the slowest */
export async function measureConsole({ options, say, place }) {
  const rows = Math.max(...options.rows);
  say(`Console, with ${rows.toLocaleString('en')} messages behind it`);
  const databaseUrl = await fill(place.serverUrl, rows, say);
  const server = await startServer({
    script: join(import.meta.dirname, '..', 'dist', 'main.js'),
    cwd: place.folder,
    logFile: join(place.folder, 'console.log'),
    env: {
      ...{ NODE_ENV: 'test', WHATSAPP_PROVIDERS: 'console', SEED_DEMO: 'none', HOST: '127.0.0.1', PORT: '0' },
      ...{ DATABASE_URL: databaseUrl, AUTH_SECRET: SECRET, DATA_DIR: join(place.folder, 'console') },
    },
  });
  const headers = { authorization: `Bearer ${await logIn(server.url)}` };
  const found = await examplesIn(databaseUrl);
  const results = [];
  for (const [page, paths] of Object.entries(pagesOf(found)))
    results.push(await measure(page, () => Promise.all(paths.map((path) => timed(server.url, path, headers)))));
  for (const [page, path] of Object.entries(FILES))
    results.push(await measure(page, async () => [await timed(server.url, path, { ...headers, accept: 'text/csv' })]));
  await server.stop();
  tell(results, say);
  return results;
}

async function fill(serverUrl, rows, say) {
  const { applyMigrations } = await import('../build/platform/database/migrations/migrator.js');
  const { AuthSecret } = await import('../build/platform/secrets/auth-secret.js');
  const { fillDatabase } = await import('../scripts/demo/fill.mjs');
  const url = await createDatabase(serverUrl, 'console');
  await applyMigrations(url, () => undefined);
  const began = performance.now();
  const many = (share) => Math.round(rows * share);
  await fillDatabase({
    url,
    secret: new AuthSecret(SECRET),
    amounts: {
      ...{ people: Math.max(500, many(0.05)), logins: many(1.25), lines: many(1.5) },
      ...{ conversations: Math.max(60, many(0.005)), deliveries: many(0.02), codes: many(0.1) },
    },
  });
  await query(url, 'VACUUM ANALYZE');
  await query(url, 'CHECKPOINT');
  const tables = [
    'message_history',
    'audit_events',
    'activity_log',
    'users',
    'login_sessions',
    'conversation_messages',
  ];
  const counts = await Promise.all(
    tables.map(
      async (name) =>
        `${name} ${(await query(url, `SELECT count(*)::int AS rows FROM ${name}`))[0].rows.toLocaleString('en')}`,
    ),
  );
  say(`Filled in ${figure((performance.now() - began) / 1000)} s: ${counts.join(', ')}`);
  return url;
}

/** What the pages are asked about: somebody who logs in often, somebody who never has, and one event. */
function examplesIn(databaseUrl) {
  return withClient(databaseUrl, async (client) => {
    const one = async (sql) => (await client.query(sql)).rows[0];
    return {
      person: await one(
        `SELECT u.id, u.phone FROM users u JOIN login_sessions s ON s.user_id = u.id WHERE u.role = 'USER' AND u.is_active
          GROUP BY u.id ORDER BY count(*) DESC, u.id LIMIT 1`,
      ),
      stranger: await one('SELECT id FROM users ORDER BY created_at DESC LIMIT 1'),
      webhook: await one('SELECT webhook_id AS id FROM webhook_deliveries GROUP BY 1 ORDER BY count(*) DESC LIMIT 1'),
      talk: await one(
        `SELECT '0' || substr(phone, 4) AS phone FROM conversations ORDER BY last_position DESC, phone LIMIT 1`,
      ),
      event: await one(
        `SELECT address, subject_id AS subject, request_id AS request FROM audit_events
          WHERE type = 'login.otp' AND outcome = 'success' AND occurred_at < now() - interval '100 days' ORDER BY occurred_at DESC LIMIT 1`,
      ),
    };
  });
}

async function logIn(url) {
  const post = async (path, body) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).data;
  };
  await post('/api/auth/otp/request', { phone: ADMIN });
  const { data: inbox } = await (await fetch(`${url}/dev/inbox`)).json();
  return (await post('/api/auth/otp/verify', { phone: ADMIN, otpCode: inbox[0].code })).token;
}

/** @returns the path, and the ms until its answer was there; of a file, until its first byte was */
async function timed(url, path, headers) {
  const began = performance.now();
  const answer = await fetch(url + path, { headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  if (headers.accept === undefined) {
    await answer.arrayBuffer();
    return { path, ms: performance.now() - began };
  }
  const reader = answer.body.getReader();
  await reader.read();
  const ms = performance.now() - began;
  await reader.cancel();
  return { path, ms };
}

async function measure(page, callUp) {
  await callUp();
  const times = [];
  let slowest = { ms: 0 };
  for (let call = 0; call < CALLS; call += 1) {
    const last = (await callUp()).reduce((a, b) => (a.ms >= b.ms ? a : b));
    times.push(last.ms);
    if (last.ms > slowest.ms) slowest = last;
  }
  return { page, median: median(times), most: slowest.ms, slowest: slowest.path };
}

function tell(results, say) {
  table(
    [
      ['  page', ({ page }) => `  ${page}`],
      ['median ms', (result) => figure(result.median)],
      ['longest', ({ most }) => figure(most)],
      ['', (result) => (result.median > BOUND ? 'over a second' : '')],
    ],
    results,
  ).forEach((line) => say(line.trimEnd()));
  say();
  for (const { page, median: usual, slowest } of results) if (usual > BOUND) say(`  ${page}: ${slowest}`);
}
