/** What other programs have here: API keys, webhooks with their deliveries, applications. */
import { createHash, randomBytes } from 'node:crypto';
import { idAt } from './ids.mjs';
import { before } from './chance.mjs';
import { insertRows } from './rows.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest();

const KEYS = [
  { name: 'Aplikasi apotek', scopes: ['messages', 'otp', 'sessions', 'webhooks'], daysAgo: 300, usedMinutesAgo: 4 },
  { name: 'Kasir koperasi', scopes: ['otp'], daysAgo: 210, usedMinutesAgo: 37 },
  { name: 'Laporan bulanan', scopes: ['analytics'], daysAgo: 150, usedMinutesAgo: 60 * 24 * 29, rate: 60 },
  { name: 'Situs pendaftaran', scopes: ['tokens'], daysAgo: 90, usedMinutesAgo: 1, expiresInDays: 40 },
  { name: 'Uji coba vendor', scopes: ['messages'], daysAgo: 75, usedMinutesAgo: 60 * 24 * 70, revokedDaysAgo: 68 },
];

/** Nobody knows the keys: they are made, hashed, and thrown away. */
export async function writeKeys(client, { now, admin }) {
  const rows = KEYS.map(({ name, scopes, daysAgo, usedMinutesAgo, rate = 600, expiresInDays, revokedDaysAgo }) => {
    const key = `msk_${randomBytes(32).toString('base64url')}`;
    const createdAt = before(now, daysAgo, 'day');
    return {
      id: idAt(createdAt),
      name,
      key_hash: sha256(key),
      hint: key.slice(0, 8),
      scopes,
      requests_per_minute: rate,
      created_by: admin.id,
      created_at: createdAt,
      expires_at: expiresInDays === undefined ? null : before(now, -expiresInDays, 'day'),
      last_used_at: before(now, usedMinutesAgo, 'minute'),
      revoked_at: revokedDaysAgo === undefined ? null : before(now, revokedDaysAgo, 'day'),
    };
  });
  await insertRows(client, 'api_keys', rows);
  return rows;
}

/** Addresses that nobody can have (RFC 2606): what is delivered here goes nowhere. */
const WEBHOOKS = [
  { url: 'https://apotek.example/masuk/events', key: 0, events: ['message.status', 'message.received'], fails: 0.01 },
  { url: 'https://kasir.example/hooks/otp', key: 1, events: ['otp.status'], fails: 0.04 },
  {
    url: 'https://pantau.example/whatsapp',
    events: ['session.status', 'message.status'],
    fails: 0.9,
    failingHours: 30,
  },
  { url: 'https://lama.example/hook', events: ['session.status'], fails: 1, failingHours: 24 * 12, disabledDaysAgo: 9 },
];

/** @param deliveries of each webhook in the week for which they are kept */
export async function writeWebhooks(client, { chance, now, keys, accounts, seal, deliveries: count }) {
  const webhooks = WEBHOOKS.map((webhook, at) => {
    const createdAt = before(now, 200 - at * 13, 'day');
    return { ...webhook, createdAt, id: idAt(createdAt), deliveries: [] };
  });
  for (const webhook of webhooks)
    if (webhook.disabledDaysAgo === undefined)
      for (let left = count; left > 0; left -= 1)
        webhook.deliveries.push(delivery({ chance, now, webhook, accounts, seal }));
  await insertRows(
    client,
    'webhooks',
    webhooks.map(({ id, url, key, events, createdAt, failingHours, disabledDaysAgo, deliveries }) => ({
      id,
      api_key_id: key === undefined ? null : keys[key].id,
      url,
      events,
      sealed_secret: seal.sealSecret(`whsec_${randomBytes(24).toString('base64')}`, id),
      created_at: createdAt,
      last_success_at: lastOf(deliveries) ?? before(now, 13, 'day'),
      failing_since: failingHours === undefined ? null : before(now, failingHours, 'hour'),
      disabled_at: disabledDaysAgo === undefined ? null : before(now, disabledDaysAgo, 'day'),
      disabled_for: disabledDaysAgo === undefined ? null : 'failures',
    })),
  );
  await insertRows(
    client,
    'webhook_deliveries',
    webhooks.flatMap(({ deliveries }) => deliveries),
  );
  return webhooks;
}

const lastOf = (deliveries) =>
  deliveries.reduce((last, { delivered_at: at }) => (at !== null && (last === null || at > last) ? at : last), null);

function delivery({ chance, now, webhook, accounts, seal }) {
  // Since when nothing arrives any more, and of before then all but a few did.
  const failsSince = webhook.failingHours === undefined ? 0 : webhook.failingHours * 60;
  const minutesAgo = chance.whole(2, 7 * 24 * 60);
  const createdAt = before(now, minutesAgo, 'minute');
  const id = idAt(createdAt);
  const failed = minutesAgo < failsSince || chance.is(Math.min(webhook.fails, 0.04));
  const waits = failed && minutesAgo < 12 * 60;
  const answered = chance.is(0.7);
  const event = chance.one(webhook.events);
  const body = { type: event, timestamp: createdAt.toISOString(), data: dataOf(event, chance, accounts) };
  return {
    id,
    webhook_id: webhook.id,
    event,
    sealed_body: seal.sealBody(JSON.stringify(body), id),
    state: !failed ? 'DELIVERED' : waits ? 'PENDING' : 'FAILED',
    attempts: !failed ? 1 : waits ? 5 : 8,
    next_attempt_at: waits ? before(now, -chance.whole(60, 170), 'minute') : null,
    fence: !failed ? 1 : waits ? 5 : 8,
    last_status: !failed ? 200 : answered ? 503 : null,
    last_error: !failed ? null : answered ? 'status' : 'timeout',
    created_at: createdAt,
    delivered_at: failed ? null : before(createdAt, -0.3 - chance.next(), 'second'),
  };
}

function dataOf(event, chance, accounts) {
  const sessionId = chance.one(accounts).name;
  if (event === 'session.status') return { sessionId, status: chance.one(['connected', 'disconnected']) };
  if (event === 'otp.status') return { sessionId, status: chance.one(['sent', 'verified']), error: null };
  if (event === 'message.received') return { sessionId, kind: 'text', text: 'Terima kasih', sentAt: null };
  return { sessionId, status: chance.one(['sent', 'delivered', 'read']), error: null };
}

const APPLICATIONS = [
  { name: 'Dashboard SiKesKoja', kind: 'web', host: 'dashboard.example', firstParty: true, refresh: 2_592_000 },
  { name: 'Tiket helpdesk', kind: 'web', host: 'tiket.example', backchannel: true, refresh: 1_209_600 },
  { name: 'Portal pasien', kind: 'browser', host: 'pasien.example', refresh: 0 },
  { name: 'Aplikasi kader', kind: 'native', host: 'kader.example', refresh: 7_776_000 },
];

export async function writeApplications(client, { now, admin }) {
  const rows = APPLICATIONS.map(({ name, kind, host, firstParty = false, backchannel = false, refresh }, at) => {
    const createdAt = before(now, 280 - at * 60, 'day');
    return {
      id: idAt(createdAt),
      name,
      logo_uri: null,
      kind,
      secret_hash: kind === 'web' ? sha256(randomBytes(32)) : null,
      redirect_uris: [`https://${host}/callback`],
      post_logout_redirect_uris: [`https://${host}/`],
      backchannel_logout_uri: backchannel ? `https://${host}/backchannel-logout` : null,
      scopes: ['openid', 'profile', 'phone', 'email'],
      resources: [],
      first_party: firstParty,
      access_token_seconds: 900,
      refresh_token_seconds: refresh,
      created_by: admin.id,
      created_at: createdAt,
      updated_at: createdAt,
    };
  });
  await insertRows(client, 'oidc_clients', rows);
  return rows;
}
