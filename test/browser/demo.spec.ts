import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { fillDatabase } from '../../scripts/demo/fill.mjs';
import { environmentOf } from '../../scripts/demo/surroundings.mjs';
import { AuthSecret } from '../../src/platform/secrets/auth-secret.js';
import { settingsFrom } from '../../src/settings.js';
import { startBrowser } from '../support/browser.js';
import { AUTH_SECRET, openHouse, type House } from '../support/house.js';
import { openPage, type OpenPage } from '../support/pages.js';
import { type Service } from '../support/service.js';
import { until } from '../support/waits.js';

/** Fewer than `npm run demo` makes; all else is the same. */
const AMOUNTS = { logins: 6_000, lines: 6_000 };
const STAFF = { ADMIN: '081234567890', SUPERVISOR: '081234567891', OPERATOR: '081234567892' };
const DAY = 24 * 3_600_000;

let house: House;
let service: Service;
let browser: Browser;
/** When the data end; what the tests do themselves comes later. */
let end: Date;
const headers: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  house = await openHouse({}, { instances: 0 });
  await fillDatabase({ url: house.database.url, secret: new AuthSecret(AUTH_SECRET), amounts: AMOUNTS });
  end = new Date();
  const { WHATSAPP_PROVIDERS, GATEWAY_WHATSAPP_URL } = environmentOf({ port: '0', folder: 'unused' }, {});
  const settings = { WHATSAPP_PROVIDERS, GATEWAY_WHATSAPP_URL, WHATSAPP_DEVICE_ID: '', WHACENTER_BASE_URL: '' };
  [service, browser] = await Promise.all([house.another(settings), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await house.close();
});

async function newestCode(to: string): Promise<string> {
  const { body } = await service.get('/dev/inbox');
  return body.data.find(
    (message: { to: string; code: string | null }) => message.to.endsWith(to.slice(1)) && message.code,
  ).code;
}

async function loggedIn(role: keyof typeof STAFF): Promise<Record<string, string>> {
  const phone = STAFF[role];
  if (!headers[role]) {
    expect((await service.post('/api/auth/otp/request', { phone })).status).toBe(200);
    const answer = await service.post('/api/auth/otp/verify', { phone, otpCode: await newestCode(phone) });
    expect([answer.status, answer.body.data.user.role]).toEqual([200, role]);
    headers[role] = { authorization: `Bearer ${answer.body.data.token}` };
  }
  return headers[role];
}

/** Opens the console, and logs in there as a person does. */
async function enter(role: keyof typeof STAFF, size: 'phone' | 'desktop', path = '/admin'): Promise<OpenPage> {
  const opened = await openPage(browser, service, `${path}?lang=en`, { size });
  const { page } = opened;
  await page.waitForURL('**/login?next=**');
  // The code before was asked for by the tests above: its cooldown is none of theirs.
  await house.pass(STAFF[role], 3_600);
  await page.locator('#phone').fill(STAFF[role]);
  await page.locator('#phone').press('Enter');
  await page.locator('#code').waitFor();
  await page.locator('#code').fill(await newestCode(STAFF[role]));
  await page.waitForURL('**/admin/**');
  return opened;
}

const asAdmin = async (path: string) => (await service.get(path, await loggedIn('ADMIN'))).body;

describe('the demo', () => {
  const run = (folder: string, env: Record<string, string> = {}) =>
    spawnSync(process.execPath, ['scripts/demo.mjs', '--folder', folder], {
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
    });

  it('refuses production, and a folder that holds anything else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'masuk-demo-'));
    try {
      expect(run(folder, { NODE_ENV: 'production' })).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining('The demo refuses to run in production'),
      });
      writeFileSync(join(folder, 'postgres.password'), 'of somebody');
      expect(run(folder)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining('holds something else'),
      });
      rmSync(join(folder, 'postgres.password'));
      writeFileSync(join(folder, 'this-is-a-demo'), '');
      writeFileSync(join(folder, '.env'), 'WHAPI_TOKEN=somebody-s');
      expect(run(folder)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('has a file .env') });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a database that anybody uses', async () => {
    const again = fillDatabase({ url: house.database.url, secret: new AuthSecret(AUTH_SECRET), amounts: AMOUNTS });
    await expect(again).rejects.toThrow('The table users is not empty.');
  });

  it('gives its service no provider but the developer inbox, and no other database, whatever is set', () => {
    const around = {
      ...{ WHATSAPP_PROVIDERS: 'whapi', WHAPI_TOKEN: 'a-token-of-somebody', WHATSAPP_DEVICE_ID: 'a-device' },
      ...{
        DATABASE_URL: 'postgresql://somebody@localhost/real',
        GATEWAY_WHATSAPP_URL: 'wss://web.whatsapp.com/ws/chat',
      },
      ...{ NODE_ENV: 'test', CANARY_PHONE: '+6281234567890' },
    };
    const settings = settingsFrom(environmentOf({ port: '5000', folder: '/tmp/demo' }, around));
    expect(settings).toMatchObject({
      providers: ['console'],
      providersOfPeople: [],
      dataDir: '/tmp/demo',
      production: false,
    });
    expect(settings.gatewayWhatsappUrl).toBe('ws://127.0.0.1:9/');
    expect([settings.databaseUrl, settings.canaryPhone]).toEqual([undefined, undefined]);
  });
});

describe('its data', () => {
  it.each(['ADMIN', 'SUPERVISOR', 'OPERATOR'] as const)('let the %s log in', async (role) => {
    const answer = await service.get('/api/auth/me', await loggedIn(role));
    expect(answer.status).toBe(200);
  });

  it.each([1, 7, 30, 90])('have the figures of %i days that SQL counts', async (days) => {
    const from = new Date(end.getTime() - days * DAY);
    const { data } = await asAdmin(`/api/admin/delivery?from=${from.toISOString()}&to=${end.toISOString()}`);
    const [counted] = await house.database.query(
      `SELECT count(*)::int AS requested, count(accept_ms)::int AS accepted, count(*) FILTER (WHERE sent_at IS NOT NULL)::int AS sent,
              count(*) FILTER (WHERE delivered_at IS NOT NULL)::int AS delivered, count(*) FILTER (WHERE read_at IS NOT NULL)::int AS read,
              count(*) FILTER (WHERE accept_ms IS NOT NULL AND verified_at IS NOT NULL)::int AS verified,
              count(*) FILTER (WHERE state = 'FAILED')::int AS failed
         FROM message_history
        WHERE created_at >= $1 AND created_at < $2`,
      [from, end],
    );
    expect(data.all).toEqual(counted);
    expect(data.all.delivered).toBeGreaterThan(0);
    // By night nobody may have been there while a provider was down.
    const asked = days < 30 ? ['whapi'] : ['whacenter', 'whapi'];
    expect(data.providers.map(({ provider }: { provider: string }) => provider)).toEqual(expect.arrayContaining(asked));
  });

  it.each(['today', '7d', '30d'])(
    'have an overview of %s that SQL counts, most of it from what was counted before',
    async (range) => {
      const { data } = await asAdmin(`/api/admin/overview?range=${range}&timezone=Asia/Jakarta`);
      const [counted] = await house.database.query(
        `SELECT count(*)::int AS requested, count(*) FILTER (WHERE accept_ms IS NOT NULL AND verified_at IS NOT NULL)::int AS verified,
              count(*) FILTER (WHERE state = 'FAILED')::int AS failed
         FROM message_history
        WHERE purpose IN ('login', 'reset', 'phone-change') AND provider IS DISTINCT FROM 'console' AND created_at >= $1 AND created_at < $2`,
        [data.from, end],
      );
      const { requested, verified, failed } = data.funnel;
      // The codes of these tests come on top.
      const own = data.providers.find(({ provider }: { provider: string }) => provider === 'console');
      expect({ requested: requested - own.requested, verified: verified - own.verified, failed }).toEqual(counted);
      expect(data.spend.used).toBeGreaterThan(0);
      const [before] = await house.database.query(
        "SELECT until > now() - interval '3 hours' AS counted, (SELECT count(*)::int FROM code_recounts) AS marked FROM codes_counted",
      );
      expect(before).toEqual({ counted: true, marked: 0 });
    },
  );

  it('reach over a year, up to today, by day and by night', async () => {
    const months = await house.database.query<{ ago: number; messages: number }>(
      `SELECT floor(extract(epoch FROM now() - created_at) / (30 * 86400))::int AS ago, count(*)::int AS messages
         FROM message_history GROUP BY 1 ORDER BY 1`,
    );
    expect(months.map(({ ago }) => ago).slice(0, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (const { messages } of months.slice(0, 12)) expect(messages).toBeGreaterThan(100);
    const [today] = await house.database.query(
      `SELECT count(*)::int AS messages FROM message_history WHERE created_at > now() - interval '1 day'`,
    );
    expect(today!['messages']).toBeGreaterThan(0);
    const [early] = await house.database.query(
      `SELECT count(*) FILTER (WHERE hour < 5)::float8 / count(*) FILTER (WHERE hour BETWEEN 8 AND 12) AS share
         FROM (SELECT extract(hour FROM created_at AT TIME ZONE 'Asia/Jakarta') AS hour FROM message_history) h`,
    );
    expect(early!['share']).toBeLessThan(0.2);
  });

  it('name why somebody cannot log in', async () => {
    const rows = await house.database.query<{ id: string; reason: string }>(
      `SELECT id, reason FROM users
         JOIN (SELECT phone, CASE WHEN failures >= 100 THEN 'closed' ELSE 'wrong_codes' END AS reason FROM otp_codes WHERE failures > 0) c USING (phone)
        UNION ALL
       SELECT id, 'disabled' FROM users WHERE NOT is_active AND erased_at IS NULL`,
    );
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(new Set(['closed', 'wrong_codes', 'disabled']));
    for (const { id, reason } of rows.slice(-14)) {
      const { data } = await asAdmin(`/api/users/${id}`);
      expect(data.locks.map((lock: { reason: string }) => lock.reason)).toContain(reason);
    }
    const budgets = await house.database.query<{ identifier_key: Buffer }>(
      'SELECT identifier_key FROM password_budgets',
    );
    const secret = new AuthSecret(AUTH_SECRET);
    const accounts = await house.database.query<{ id: string }>('SELECT id FROM users WHERE password_hash IS NOT NULL');
    const locked = accounts.filter(({ id }) =>
      budgets.some(({ identifier_key }) => secret.mac('login-identifier', `account:${id}`).equals(identifier_key)),
    );
    expect(locked.length).toBe(1);
    const { data } = await asAdmin(`/api/users/${locked[0]!.id}`);
    expect(data.locks.map((lock: { reason: string }) => lock.reason)).toContain('wrong_passwords');
  });

  it('are what the service itself would have written: it opens what is sealed, and its counters agree', async () => {
    const { data: conversations } = await asAdmin('/api/conversations?limit=100');
    expect(conversations.filter(({ name }: { name: string | null }) => name).length).toBeGreaterThan(30);
    for (const { lastMessage } of conversations.slice(0, 20)) expect(lastMessage.kind).toMatch(/text|image|document/);
    const { data: thread } = await asAdmin(`/api/conversations/${conversations[0].phone}/messages`);
    expect(thread.length).toBeGreaterThan(1);
    for (const { kind, text, delivery, direction } of thread) {
      if (kind === 'text') expect(text.length).toBeGreaterThan(0);
      if (direction === 'out') expect(delivery).toBe('read');
    }
    const [wrong] = await house.database.query(
      `SELECT count(*)::int AS rows
         FROM (SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, session_id, action, status, count(*) AS lines, count(ms) AS timed
                 FROM activity_log GROUP BY 1, 2, 3, 4) l
         FULL JOIN (SELECT day, session_id, action, status, (SELECT sum(h) FROM unnest(hours) h) AS lines, (SELECT sum(d) FROM unnest(durations) d) AS timed
                      FROM activity_days) c USING (day, session_id, action, status)
        WHERE (l.lines, l.timed) IS DISTINCT FROM (c.lines, c.timed)`,
    );
    expect(wrong).toEqual({ rows: 0 });
    const { data: webhooks } = await asAdmin('/api/webhooks');
    expect(webhooks.map(({ status }: { status: string }) => status).sort()).toEqual([
      'active',
      'active',
      'disabled',
      'failing',
    ]);
  });

  it('have nobody whom a message could reach: numbers of the examples, or of a prefix that no operator has', async () => {
    const [strange] = await house.database.query(
      `SELECT count(*)::int AS rows
         FROM (SELECT phone FROM users UNION SELECT recipient FROM message_history UNION SELECT phone FROM conversations
                UNION SELECT phone FROM verifications UNION SELECT recipient FROM messages) p
        WHERE phone !~ '^\\+62827\\d{8}$' AND phone !~ '^\\+628123456789[012]$'`,
    );
    expect(strange).toEqual({ rows: 0 });
  });
});

describe('in a browser, an admin', () => {
  let opened: OpenPage;
  let page: Page;
  const press = (name: string) => page.locator('main').getByRole('button', { name, exact: true }).click();
  const confirm = async (name: string) => {
    await page.locator('wa-dialog').getByRole('button', { name, exact: true }).last().click();
    await page.locator('wa-dialog').waitFor({ state: 'detached' });
  };
  const go = async (path: string) => {
    await page.goto(`${service.url}/admin${path}`);
    await page.locator('main h1').waitFor();
  };

  beforeAll(async () => {
    opened = await enter('ADMIN', 'desktop', '/admin/overview');
    ({ page } = opened);
  });
  afterAll(async () => {
    await opened.context.close();
  });

  it('is logged in by the code of the developer inbox, and sees how the last month went', async () => {
    await page.getByRole('link', { name: '30 days' }).click();
    await page.locator('canvas').first().waitFor();
    await page.locator('main').getByText('whapi').first().waitFor();
    await opened.picture('demo-overview');
    expect(opened.complaints()).toEqual([]);
  });

  it('finds a person of many by part of a name, and leafs on', async () => {
    await go('/people');
    await page.locator('tbody tr').first().waitFor();
    const first = await page.locator('tbody tr').first().textContent();
    await press('Next');
    await page.waitForURL(/cursor=/);
    // The rows before stay until the next ones are there.
    await until('the next page', async () => (await page.locator('tbody tr').first().textContent()) !== first);
    await page.locator('[name=search] input').fill('siti');
    await page.keyboard.press('Enter');
    await page.waitForURL(/search=siti/);
    await page.locator('tbody tr', { hasText: 'Siti' }).first().waitFor();
    await opened.picture('demo-people');
  });

  it('finds who has used up their guesses, sees why, and unlocks them', async () => {
    const [locked] = await house.database.query<{ id: string; phone: string; full_name: string }>(
      `SELECT u.id, u.phone, u.full_name FROM users u JOIN otp_codes c USING (phone) WHERE c.failures BETWEEN 1 AND 99 LIMIT 1`,
    );
    await go(`/people?search=${locked!.phone.replace('+62', '0')}`);
    await page.getByRole('link', { name: locked!.full_name }).first().click();
    await page.locator('.why').getByText('Too many wrong codes').waitFor();
    await opened.picture('demo-person');
    await press('Unlock');
    await confirm('Unlock');
    await page.locator('.why').getByText('Too many wrong codes').waitFor({ state: 'detached' });
  });

  it('follows the tries of a night in the audit log, page after page, and what failed in the others', async () => {
    await go('/logs/audit?type=login.password&outcome=failure');
    await page.locator('tbody tr').first().waitFor();
    await press('Next');
    await page.waitForURL(/cursor=/);
    await page.locator('tbody tr', { hasText: '198.51.100.' }).first().waitFor();
    await opened.picture('demo-audit');
    await go('/logs/errors');
    await page.locator('tbody tr', { hasText: 'not_on_whatsapp' }).first().waitFor();
    await go('/logs/codes?status=expired');
    await page.locator('tbody tr', { hasText: 'Expired' }).first().waitFor();
  });

  it('reads which deliveries of a webhook failed, and has them made again', async () => {
    await go('/webhooks');
    await page.getByRole('link', { name: 'https://pantau.example/whatsapp' }).click();
    await page.locator('tbody tr', { hasText: 'Failed' }).first().waitFor();
    await opened.picture('demo-deliveries');
    await press('Deliver failed ones again');
    await confirm('Deliver failed ones again');
    await page
      .locator('.toast')
      .getByText(/^Deliveries queued: [1-9]/)
      .waitFor();
  });

  it('gives an application another name, and it a new secret', async () => {
    await go('/applications');
    const row = page.locator('tbody tr', { hasText: 'Tiket helpdesk' });
    await row.getByRole('button', { name: 'Edit' }).click();
    await page.locator('[name=name] input').fill('Helpdesk');
    await confirm('Save');
    await page.locator('tbody tr', { hasText: 'Helpdesk' }).getByRole('button', { name: 'New secret' }).click();
    await page.locator('wa-dialog').getByRole('button', { name: 'New secret', exact: true }).last().click();
    expect((await page.locator('wa-dialog .secret code').textContent())?.length).toBeGreaterThan(20);
    await opened.picture('demo-applications');
    expect(opened.complaints()).toEqual([]);
  });
});

it('on a phone, an operator reads what somebody wrote and answers, which goes to the developer inbox alone', async () => {
  const { page, context, picture, isWide, complaints } = await enter('OPERATOR', 'phone');
  await page.waitForURL('**/admin/conversations**');
  await picture('demo-talks');
  await page
    .locator('.talks a', { has: page.locator('.unread') })
    .first()
    .click();
  await page.locator('.messages .said').first().waitFor();
  await page.locator('#answer').fill('Baik, kami periksa dulu.');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.locator('.bubble.out', { hasText: 'Baik, kami periksa dulu.' }).waitFor();
  await picture('demo-talk');
  // It is delivered behind the answer.
  await until('the message in the developer inbox', async () => {
    const { body } = await service.get('/dev/inbox');
    return body.data.some(({ text }: { text: string }) => text === 'Baik, kami periksa dulu.');
  });
  expect([await isWide(), complaints()]).toEqual([false, []]);
  await context.close();
});
