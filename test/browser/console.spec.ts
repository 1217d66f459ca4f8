import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { axeFaults, openConsole, type Sight } from '../support/console.js';
import { openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';
import { newNumber, type Resident } from '../support/house.js';
import { openPage } from '../support/pages.js';
import { until } from '../support/waits.js';

/** As an attacker would be called. */
const MARKUP = '<img src=x onerror=alert(1)> & Budi';

let house: GatewayHouse;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([openGatewayHouse(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

const open = (path: string, sight?: Sight) => openConsole(browser, house.service, path, sight);

const dialog = (page: Page) => page.locator('wa-dialog');
const press = (page: Page, name: string) => page.locator('main').getByRole('button', { name, exact: true }).click();
const confirm = async (page: Page, name: string) => {
  // Beside the cross, which is called Close, too.
  await dialog(page).getByRole('button', { name, exact: true }).last().click();
  await dialog(page).waitFor({ state: 'detached' });
};
const said = (page: Page, text: string | RegExp) => page.locator('.toast').getByText(text).waitFor();

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields))
    await page.locator(`[name="${name}"] input, [name="${name}"] textarea`).fill(value);
}

/** Ends the login in this browser, presses, and logs in again: whatever was typed is back. */
async function saveAfterLoggingIn(page: Page, submit: string): Promise<void> {
  const { pathname } = new URL(page.url());
  await page.context().clearCookies({ name: /^__Host-/ });
  await dialog(page).getByRole('button', { name: submit, exact: true }).click();
  await page.waitForURL('**/login?next=**');
  await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
  await page.locator('#identifier').fill('admin');
  await page.locator('#password').fill('password123');
  await page.locator('#password').press('Enter');
  await page.waitForURL(`**${pathname}`);
  await dialog(page).getByRole('button', { name: submit, exact: true }).waitFor();
}

const typedIn = (page: Page, name: string) => page.locator(`[name="${name}"]`).locator('input, textarea').inputValue();

/** Says what is too wide for its page: nothing. */
const expectToFit = async (isWide: () => Promise<boolean>) => expect(await isWide()).toBe(false);

/** Saves an open form after another admin has changed the same: both values are shown, and the second press decides. */
async function saveOverAnother(
  page: Page,
  path: string,
  change: object,
  values: readonly [string, string],
): Promise<void> {
  await changeAsAnother(path, change);
  await saveOver(page, values);
}

async function changeAsAnother(path: string, change: object): Promise<void> {
  const json = { ...house.admin, 'content-type': 'application/json' };
  expect((await house.service.send('PATCH', path, JSON.stringify(change), json)).status).toBe(200);
}

/** @param values what the two versions say, field by field */
async function saveOver(page: Page, values: readonly string[]): Promise<void> {
  await dialog(page).getByRole('button', { name: 'Simpan' }).click();
  const both = dialog(page).locator('.conflict');
  await both.waitFor();
  expect((await both.locator('td').allTextContents()).map((text) => text.trim())).toEqual(values);
  await confirm(page, 'Simpan');
}

describe('a login', () => {
  it('by our own page comes back to the same address, with its filters', async () => {
    const { page, context, complaints } = await openPage(
      browser,
      house.service,
      '/admin/people?role=SUPERVISOR&lang=en',
      {
        size: 'desktop',
      },
    );
    await page.waitForURL('**/login?next=**');
    await page.getByRole('button', { name: 'Log in with a password' }).click();
    await page.locator('#identifier').fill('admin');
    await page.locator('#password').fill('password123');
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/admin/people?role=SUPERVISOR**');
    await page.locator('main td a').first().waitFor();
    expect(await page.locator('main tbody tr').count()).toBe(1);
    expect(await page.title()).toMatch(/^People · Console · /);
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('leads nowhere but to the console', async () => {
    for (const next of ['https://evil.example/', '//evil.example', '/admin.evil.example', '/admin\\evil', '/account'])
      expect((await house.service.get(`/login?next=${encodeURIComponent(next)}`)).text).not.toContain('data-continue');
    const { text } = await house.service.get(
      `/login?next=${encodeURIComponent('/admin/logs/audit?type=login.otp&a=b')}`,
    );
    expect(text).toContain('data-continue="/admin/logs/audit?type=login.otp&amp;a=b"');
  });

  it('that ends while somebody fills a form gives it back filled', async () => {
    const { page, context } = await open('/people');
    await press(page, 'Tambah orang');
    await fill(page, { fullName: 'Ruth Mandowen', username: 'ruth' });
    await saveAfterLoggingIn(page, 'Tambah');
    expect(await typedIn(page, 'fullName')).toBe('Ruth Mandowen');
    await dialog(page).getByRole('button', { name: 'Tambah', exact: true }).click();
    await page.waitForURL(/admin\/people\/[0-9a-f-]{36}$/);
    await page.getByRole('heading', { level: 1, name: 'Ruth Mandowen' }).waitFor();

    // A form that belongs to a row of a list comes back with its row.
    const at = '/api/sessions/loket-login';
    expect((await house.service.post('/api/sessions/create', { sessionId: 'loket-login' }, house.admin)).status).toBe(
      201,
    );
    await page.goto(`${house.service.url}/admin/devices`);
    await page.getByRole('button', { name: 'Kode penautan' }).click();
    await fill(page, { phone: '0812 3456 7890' });
    await saveAfterLoggingIn(page, 'Minta kode');
    expect(await typedIn(page, 'phone')).toBe('0812 3456 7890');
    expect(await dialog(page).getAttribute('label')).toContain('loket-login');
    await house.service.send('DELETE', at, undefined, house.admin);
    await context.close();
  });
});

describe('devices', () => {
  it('are linked by a QR code on the spot, restarted and unlinked, on a phone', async () => {
    const { page, context, isWide, complaints } = await open('/devices', { size: 'phone', language: 'en' });
    await page.getByRole('heading', { name: 'console' }).waitFor();
    await press(page, 'Link an account');
    await fill(page, { sessionId: 'loket-1' });
    await dialog(page).getByRole('button', { name: 'Create, then show the QR code' }).click();
    await page.locator('canvas.qr').waitFor();
    // What is answered after the dialog was closed does not show in the one that is open by then.
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/api/sessions/*/status', (route) => held.then(() => route.continue()));
    await page.waitForRequest('**/api/sessions/*/status');
    await confirm(page, 'Close');
    await page.getByRole('button', { name: 'Pairing code' }).click();
    await page.locator('[name=phone] input').waitFor();
    const late = page.waitForResponse('**/api/sessions/*/status');
    letGo();
    await (await late).finished();
    await page.evaluate('new Promise(requestAnimationFrame)');
    expect(await dialog(page).getAttribute('label')).toBe('Link loket-1 by a code');
    await confirm(page, 'Cancel');
    // To an older login the code is shown after a proof.
    await house.database.query(
      "UPDATE login_sessions SET created_at = created_at - interval '20 minutes', proved_at = proved_at - interval '20 minutes' WHERE cookie_hash IS NOT NULL",
    );
    await page.getByRole('button', { name: 'Show QR code' }).click();
    await page.locator('dialog.proof #proof').fill('password123');
    await page.locator('dialog.proof #proof').press('Enter');
    await page.locator('canvas.qr').waitFor();
    const phone = newNumber();
    await house.whatsapp.scan(await house.qrOf('loket-1'), { phone, name: MARKUP });
    await dialog(page).getByText(`Linked: ${MARKUP} · +${phone}`).waitFor();
    await confirm(page, 'Close');
    const row = page.locator('tr', { hasText: 'loket-1' });
    await row.getByText('Connected').waitFor();
    await row.getByText('answers this page').waitFor();
    await row.getByText('Empty', { exact: true }).waitFor();
    expect(await row.textContent()).toContain(MARKUP);
    await expectToFit(isWide);
    await row.getByRole('button', { name: 'Reconnect' }).click();
    await confirm(page, 'Reconnect');
    await said(page, 'It is reconnecting.');
    await row.getByRole('button', { name: 'Unlink' }).click();
    await dialog(page).getByText('Its queue and its encryption keys are deleted').waitFor();
    await confirm(page, 'Unlink');
    await page.getByText('No WhatsApp account is linked').waitFor();
    expect(complaints()).toEqual([]);
    await context.close();
  });
});

describe('people', () => {
  let person: Resident;
  beforeAll(async () => {
    person = await house.person({ fullName: MARKUP, password: 'kuda-lari-7' });
    for (let guess = 0; guess < 11; guess += 1)
      await house.service.post('/api/auth/login', { identifier: person.phone, password: 'salah' });
  });

  it('are found, and the page of one says why they cannot log in; unlocking opens them', async () => {
    const { page, context, isWide } = await open('/people', { size: 'phone' });
    await page.locator('[name=search] input').fill(person.phone);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/people?search=${person.phone}`);
    await page.getByRole('link', { name: MARKUP }).click();
    await page
      .locator('.why')
      .getByText(/^Terlalu banyak kata sandi salah: kata sandi ditolak sampai/)
      .waitFor();
    // The heading of the new page has the cursor.
    expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('H1');
    expect(await page.locator('main img').count()).toBe(0);
    await expectToFit(isWide);
    await press(page, 'Buka kunci');
    await confirm(page, 'Buka kunci');
    await page.locator('.why').getByText('Tidak ditemukan hal yang menghalangi orang ini masuk.').waitFor();
    await page.goBack();
    expect(page.url()).toContain(`search=${person.phone}`);
    await context.close();
  });

  it('are changed by two admins at once: the second sees both versions, and decides', async () => {
    const { page, context } = await open(`/people/${person.id}`);
    await press(page, 'Ubah');
    await fill(page, { fullName: 'Budi dari layar' });
    await saveOverAnother(page, `/api/users/${person.id}`, { fullName: 'Budi lain' }, ['Budi dari layar', 'Budi lain']);
    await page.getByRole('heading', { level: 1, name: 'Budi dari layar' }).waitFor();

    // Also when a login ends in between: only what the second has touched is theirs to decide.
    await press(page, 'Ubah');
    const username = `budi${person.phone.slice(-6)}`;
    await fill(page, { username });
    await changeAsAnother(`/api/users/${person.id}`, { fullName: 'Budi ketiga' });
    await saveAfterLoggingIn(page, 'Simpan');
    expect(await typedIn(page, 'username')).toBe(username);
    await saveOver(page, ['Tidak Anda ubah', 'Budi ketiga', username, 'kosong']);
    await page.getByRole('heading', { level: 1, name: 'Budi ketiga' }).waitFor();
    const { data } = (await house.service.get(`/api/users/${person.id}`, house.admin)).body;
    expect([data.profile.fullName, data.username]).toEqual(['Budi ketiga', username]);
    await context.close();
  });

  it('are logged out, disabled, enabled, exported and erased', async () => {
    await house.service.post('/api/auth/login', { identifier: person.phone, password: 'kuda-lari-7' });
    const { page, context } = await open(`/people/${person.id}`, { language: 'en' });
    await press(page, 'Log out everywhere');
    await confirm(page, 'Log out everywhere');
    await said(page, 'Logins ended: 1.');
    await page.getByText('Not logged in anywhere').waitFor();
    await press(page, 'Disable');
    await confirm(page, 'Disable');
    await page.locator('.why').getByText('This account is disabled').waitFor();
    await press(page, 'Enable');
    await confirm(page, 'Enable');
    await said(page, 'The account is enabled.');
    await press(page, 'Export data');
    const file = page.waitForEvent('download');
    await confirm(page, 'Export data');
    expect((await file).suggestedFilename()).toBe(`masuk-${person.id}.json`);
    await press(page, 'Erase this person');
    await confirm(page, 'Erase for good');
    await page.waitForURL('**/admin/people');
    expect((await house.service.get(`/api/users/${person.id}`, house.admin)).status).toBe(404);
    await context.close();
  });
});

describe('the overview', () => {
  const tile = (page: Page, name: string) =>
    page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('b');

  it('shows what happened, as it happens, and the same numbers as the API', async () => {
    const { page, context, isWide, complaints, picture } = await open('/overview', { size: 'phone' });
    await page.locator('.live.on').waitFor();
    const zone = await page.evaluate<string>('new Intl.DateTimeFormat().resolvedOptions().timeZone');
    const figures = async () =>
      (await house.service.get(`/api/admin/overview?timezone=${zone}`, house.admin)).body.data;
    const before = await figures();
    const { phone } = await house.person();
    const { body } = await house.service.post('/api/auth/otp/request', { phone });
    expect(body.success).toBe(true);
    for (const status of [400, 400])
      expect((await house.service.post('/api/auth/otp/verify', { phone, otpCode: '00000a' })).status).toBe(status);
    // Nobody loads the page again.
    await until('it shows the code', async () => {
      const { funnel, refused } = await figures();
      const shown = [await tile(page, 'Diminta').first().textContent(), await tile(page, 'Kode salah').textContent()];
      return (
        funnel.requested > before.funnel.requested && shown.join() === [funnel.requested, refused.wrongCodes].join()
      );
    });
    const { spend } = await figures();
    expect((await tile(page, 'Pesan terkirim hari ini, dari batas harian').textContent())?.replaceAll('.', '')).toBe(
      `${spend.used} dari ${spend.cap}`,
    );
    // Nobody reports what became of it: unknown, and no zero.
    const stages = page.locator('section[aria-labelledby=providers] tbody tr').first();
    expect(await stages.locator('td[data-label=Sampai]').textContent()).toMatch(/Tidak diketahui/);
    await page.locator('.same summary').first().click();
    expect(await page.locator('.same[open] tbody tr').count()).toBe((await figures()).series.length);
    await expectToFit(isWide);
    await picture('console-phone-overview-busy');
    await page.getByRole('link', { name: '30 hari' }).click();
    await page.waitForURL('**/admin/overview?range=30d');
    await page.getByRole('heading', { name: 'Per hari' }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await picture('console-phone-overview-month');
    // What every object has is no range.
    await page.goto(`${house.service.url}/admin/overview?range=constructor`);
    await page.getByRole('heading', { name: 'Per jam' }).waitFor();
    expect(await page.locator('.tabs [aria-current=page]').textContent()).toBe('Hari ini');
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('goes to the login when the login ends, without anybody touching the page', async () => {
    const { page, context, own, picture } = await open('/overview', { as: 'supervisor', language: 'en' });
    await page.locator('.live.on').waitFor();
    await page.getByRole('heading', { name: 'What was refused' }).waitFor();
    await picture('console-desktop-overview');
    await house.service.post('/api/auth/logout', {}, own);
    await page.waitForURL('**/login?next=**');
    await context.close();
  });
});

it('shows two admins who change one application both versions, and the second decides', async () => {
  const made = await house.service.post(
    '/api/oidc/clients',
    { kind: 'web', name: 'Rekam medis', redirectUris: ['https://rm.example.id/cb'] },
    house.admin,
  );
  const { id } = made.body.data;
  const { page, context } = await open('/applications');
  const row = page.locator('tr', { hasText: 'Rekam medis' });
  await row.getByRole('button', { name: 'Ubah' }).click();
  await dialog(page).locator('wa-input[name=name]').waitFor();
  await fill(page, { name: 'Rekam medis dari layar' });
  await saveOverAnother(page, `/api/oidc/clients/${id}`, { name: 'Rekam medis lain' }, [
    'Rekam medis dari layar',
    'Rekam medis lain',
  ]);
  await page.locator('tr', { hasText: 'Rekam medis dari layar' }).waitFor();

  // Also when a login ends in between: only what the second has touched is theirs to decide.
  await row.getByRole('button', { name: 'Ubah' }).click();
  await dialog(page).locator('wa-input[name=name]').waitFor();
  await fill(page, { redirectUris: 'https://rm.example.id/baru' });
  await dialog(page).locator('wa-checkbox[value=profile]').click();
  await changeAsAnother(`/api/oidc/clients/${id}`, { name: 'Rekam medis ketiga', firstParty: true });
  await saveAfterLoggingIn(page, 'Simpan');
  expect(await typedIn(page, 'redirectUris')).toBe('https://rm.example.id/baru');
  await saveOver(page, [
    ...['Tidak Anda ubah', 'Rekam medis ketiga', 'https://rm.example.id/baru', 'https://rm.example.id/cb'],
    ...['phoneemail', 'profilephoneemail', 'Tidak Anda ubah', 'Tidak diminta'],
  ]);
  await page.locator('tr', { hasText: 'Rekam medis ketiga' }).waitFor();
  const { data } = (await house.service.get(`/api/oidc/clients/${id}`, house.admin)).body;
  expect(data).toMatchObject({
    ...{ name: 'Rekam medis ketiga', redirectUris: ['https://rm.example.id/baru'] },
    ...{ scopes: ['openid', 'phone', 'email'], firstParty: true },
  });
  await house.service.send('DELETE', `/api/oidc/clients/${id}`, undefined, house.admin);
  await context.close();
});

it('keeps the filters of a log in the address, and gives it as a file', async () => {
  const { page, context } = await open('/logs/audit?type=login.password');
  await page.locator('tbody tr').first().waitFor();
  expect(new Set(await page.locator('tbody code:text-is("login.password")').allTextContents())).toEqual(
    new Set(['login.password']),
  );
  const file = page.waitForEvent('download');
  await press(page, 'Unduh CSV');
  expect((await file).suggestedFilename()).toBe('audit.csv');
  await page.locator('.tabs').getByRole('link', { name: 'Tugas terjadwal' }).click();
  await page.getByText('old-codes', { exact: true }).waitFor();
  const time = await page.locator('time').first().getAttribute('title');
  expect(time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  await context.close();
});

it('shows a secret once: of a key, a webhook and an application, and takes them back', async () => {
  const { page, context } = await open('/keys');
  await press(page, 'Buat kunci');
  await fill(page, { name: 'Antrean' });
  await dialog(page).getByRole('button', { name: 'Buat', exact: true }).click();
  await dialog(page).getByText('Pilih sedikitnya satu.').waitFor();
  await dialog(page).getByText('Statistik dan log').click();
  await dialog(page).getByRole('button', { name: 'Buat', exact: true }).click();
  const key = await dialog(page).locator('.secret code').textContent();
  expect((await house.service.get('/api/analytics/dashboard', { 'x-api-key': key ?? '' })).status).toBe(200);
  await confirm(page, 'Tutup');
  await press(page, 'Cabut');
  await confirm(page, 'Cabut');
  await page.locator('tr', { hasText: 'Antrean' }).getByText('Dicabut').waitFor();
  expect((await house.service.get('/api/analytics/dashboard', { 'x-api-key': key ?? '' })).status).toBe(401);

  await page.getByRole('link', { name: 'Webhook' }).click();
  await press(page, 'Tambah webhook');
  await fill(page, { url: 'https://app.example.id/masuk' });
  await dialog(page).getByRole('button', { name: 'Tambah', exact: true }).click();
  expect(await dialog(page).locator('.secret code').textContent()).toMatch(/^whsec_/);
  await confirm(page, 'Tutup');
  await page.getByRole('link', { name: 'https://app.example.id/masuk' }).click();
  await page.getByText('Belum ada kiriman').waitFor();
  await page.locator('.page-head').getByText('https://app.example.id/masuk').waitFor();

  await page.getByRole('link', { name: 'Aplikasi' }).click();
  await press(page, 'Daftarkan aplikasi');
  await fill(page, { name: 'Dasbor', redirectUris: 'http://dasbor.example.id/kembali' });
  await dialog(page).getByText('Bukan alamat yang bisa dipakai: http://dasbor.example.id/kembali').waitFor();
  await fill(page, { redirectUris: 'https://dasbor.example.id/kembali' });
  await dialog(page).getByRole('button', { name: 'Daftarkan', exact: true }).click();
  expect((await dialog(page).locator('.secret code').textContent())?.length).toBeGreaterThan(20);
  await confirm(page, 'Tutup');
  await page.locator('tr', { hasText: 'https://dasbor.example.id/kembali' }).waitFor();
  await context.close();
});

it('shows what the service runs with: settings without secrets, messages in both languages, keys with their dates', async () => {
  const { page, context, complaints } = await open('/settings', { as: 'supervisor', language: 'en' });
  const row = (name: string) => page.locator('.settings > div', { has: page.locator(`dt code:text-is("${name}")`) });
  expect(await row('AUTH_SECRET').locator('.value').textContent()).toContain('Set, and kept secret');
  expect(await row('OTP_LENGTH').locator('.value').textContent()).toBe('6');
  expect(await row('OTP_LENGTH').locator('.badge').textContent()).toBe('Default');
  await page.locator('wa-input[type=search] input').fill('warm');
  await row('AUTH_SECRET').waitFor({ state: 'detached' });
  expect(await page.locator('.settings dt').allTextContents()).toEqual([
    'GATEWAY_NEW_CONTACTS_PER_DAY',
    'GATEWAY_WARM_UP_DAYS',
  ]);
  await page.getByText('Only those that were set').click();
  // The house of this spec sets one of them.
  await row('GATEWAY_WARM_UP_DAYS').waitFor({ state: 'detached' });
  expect(await page.locator('.settings dt').allTextContents()).toEqual(['GATEWAY_NEW_CONTACTS_PER_DAY']);
  await page.locator('wa-input[type=search] input').fill('nothing like it');
  await page.getByText('No setting fits').waitFor();

  await page.locator('.tabs').getByRole('link', { name: 'Message templates' }).click();
  const login = page.locator('.template', { hasText: 'Code for a login' });
  await login.locator('[lang=id]').getByText('123456').first().waitFor();
  await login.locator('[lang=en]').getByText('123456').first().waitFor();
  await page.locator('.tabs').getByRole('link', { name: 'Test numbers' }).click();
  await page.getByText('There are no test numbers').waitFor();
  await page.locator('.tabs').getByRole('link', { name: 'Signing keys' }).click();
  await page.locator('tbody').getByText('Signs', { exact: true }).waitFor();
  const [key] = (await house.service.get('/.well-known/jwks.json')).body.keys;
  expect(await page.locator('tbody .id').allTextContents()).toEqual([key.kid]);
  expect(complaints()).toEqual([]);
  await context.close();
});

it('says what was done in a line that leaves by itself, but not under a pointer or a cursor, nor with an error', async () => {
  const { page, context, picture, isWide, complaints } = await open('/people', { size: 'phone', language: 'en' });
  await page.clock.install();
  await page.reload();
  await page.locator('main tbody tr').first().waitFor();
  await page.clock.pauseAt(Date.now() + 3_600_000);
  const toast = page.locator('.toast');
  const close = toast.getByRole('button', { name: 'Close' });
  const say = async (text: string, stays = false) => {
    const detail = JSON.stringify({ bubbles: true, detail: { text, stays } });
    await page.evaluate(`document.querySelector('#page').dispatchEvent(new CustomEvent('console-say', ${detail}))`);
    await page.getByRole('status').getByText(text).waitFor();
  };
  const isThere = async () => (await close.count()) === 1;

  await say('The account is enabled.');
  await picture('console-toast');
  await expectToFit(isWide);
  await page.clock.runFor(5_000);
  expect(await isThere()).toBe(true);
  await page.clock.runFor(2_000);
  await close.waitFor({ state: 'detached' });

  await say('Logins ended: 1.');
  const { x = 0, y = 0 } = (await toast.boundingBox()) ?? {};
  await page.mouse.move(x + 10, y + 10);
  await page.clock.runFor(60_000);
  expect(await isThere()).toBe(true);
  // The line is the last thing on the page.
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate('document.activeElement.closest(".toast") !== null')).toBe(true);
  await page.mouse.move(1, 1);
  await page.clock.runFor(60_000);
  expect(await isThere()).toBe(true);
  await page.evaluate('document.activeElement.blur()');
  await page.clock.runFor(7_000);
  await close.waitFor({ state: 'detached' });

  await say('The file could not be loaded.', true);
  await page.clock.runFor(600_000);
  await page.clock.resume();
  expect(await axeFaults(page)).toEqual([]);
  expect(await isThere()).toBe(true);
  await close.focus();
  await page.keyboard.press('Enter');
  await close.waitFor({ state: 'detached' });
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
  expect(complaints()).toEqual([]);
  await context.close();
});

describe('those who are not admins', () => {
  it('SUPERVISOR: sees the pages, and can neither change anything nor take anything away', async () => {
    const { id } = await house.person({ fullName: 'Yohanes' });
    const { page, context, own } = await open(`/people/${id}`, { as: 'supervisor', language: 'en' });
    await page.getByText('Read only').waitFor();
    await page.locator('.why').waitFor();
    // To look at columns and to copy an id changes nothing.
    const harmless = await page.locator('main :is(summary, wa-copy-button)').count();
    expect(await page.locator('main').getByRole('button').count()).toBe(harmless);
    const json = { ...own, 'content-type': 'application/json' };
    const refused = [
      ['GET', `/api/users/${id}/export`],
      ['GET', '/api/sessions/loket/qr'],
      ['GET', '/api/sessions/loket/status'],
      ['POST', '/api/sessions/loket/pairing-code'],
      ['PATCH', `/api/users/${id}`],
      ['DELETE', `/api/users/${id}/sessions`],
      ['POST', '/api/api-keys'],
    ] as const;
    for (const [method, path] of refused)
      expect([
        path,
        (await house.service.send(method, path, method === 'GET' ? undefined : '{}', json)).status,
      ]).toEqual([path, 403]);
    for (const path of ['/api/admin/audit', '/api/analytics/logs/activity', '/api/analytics/logs/otp'])
      expect([path, (await house.service.get(path, { ...own, accept: 'text/csv' })).status]).toEqual([path, 403]);
    await context.close();
  });

  it('OPERATOR: sees conversations alone, and gets nothing else by direct calls', async () => {
    const { page, context, own } = await open('', { as: 'operator' });
    await page.waitForURL('**/admin/conversations');
    await page.getByRole('heading', { level: 1, name: 'Percakapan' }).waitFor();
    expect(await page.locator('.side nav a').allTextContents()).toEqual([expect.stringContaining('Percakapan')]);
    await page.goto(`${house.service.url}/admin/people`);
    await page.getByRole('heading', { name: 'Anda tidak punya akses ke halaman ini' }).waitFor();
    await page.getByRole('link', { name: 'Ke percakapan' }).click();
    await page.waitForURL('**/admin/conversations');
    for (const path of ['/api/users', '/api/admin/audit', '/api/admin/providers', '/api/sessions', '/api/api-keys'])
      expect([path, (await house.service.get(path, own)).status]).toEqual([path, 403]);
    await context.close();
  });
});

describe('every page', () => {
  const PATHS = [
    '/overview',
    '/conversations',
    '/devices',
    '/people',
    '/logs/audit',
    '/logs/jobs',
    '/keys',
    '/webhooks',
    '/applications',
    '/settings',
    '/templates',
    '/test-numbers',
    '/signing-keys',
    '/security',
    '/nowhere',
  ];
  it.each([
    ['light, on a phone, in Indonesian', 'light', 'phone', 'id'],
    ['dark, on a desktop, in English', 'dark', 'desktop', 'en'],
  ] as const)(
    '%s: axe finds nothing, nothing is too wide, and nobody else is asked',
    async (_, colorScheme, size, language) => {
      const { page, context, isWide, complaints, picture } = await open('/overview', { size, language });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { id, phone } = await house.person({ fullName: 'Maria Kambu', email: `${newNumber()}@contoh.id` });
      expect((await house.service.post('/api/auth/otp/request', { phone })).status).toBe(200);
      for (const path of [...PATHS, `/people/${id}`]) {
        // By the console's own way, which keeps the document.
        await page.evaluate(`history.pushState({}, '', '/admin${path}'); dispatchEvent(new Event('console-moved'))`);
        await page.locator('main h1').waitFor();
        await page.locator('main [aria-busy=false], main .state.empty, main > .state').first().waitFor();
        await picture(`console-${size}${path.replaceAll('/', '-').slice(0, 16)}`);
        expect([path, await axeFaults(page), await isWide()]).toEqual([path, [], false]);
      }
      expect(complaints()).toEqual([]);
      await context.close();
    },
  );

  it('can be used by the keyboard alone: skip link, navigation, menu of a phone', async () => {
    const { page, context } = await open('/devices', { size: 'phone' });
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Langsung ke isi halaman');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
    await page.locator('.menu').focus();
    await page.keyboard.press('Enter');
    const link = page.locator('wa-drawer').getByRole('link', { name: 'Orang' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/admin/people');
    await page.getByRole('heading', { level: 1, name: 'Orang' }).waitFor();
    await page.locator('wa-drawer:not([open])').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'EN, English' }).click();
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
    await context.close();
  });

  it('says so without a network, and goes on when it is back', async () => {
    const { page, context } = await open('/people');
    await page.locator('tbody tr').first().waitFor();
    await context.setOffline(true);
    await page.getByText('Tidak ada koneksi internet.').waitFor();
    await page.locator('[name=search] input').fill('zzz');
    await page.keyboard.press('Enter');
    await page.getByText('Layanan tidak dapat dihubungi.').waitFor();
    await context.setOffline(false);
    await page.getByText('Tidak ada orang yang cocok').waitFor();
    await context.close();
  });
});
