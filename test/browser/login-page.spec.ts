import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { wrong } from '../support/codes.js';
import { openHouse, type House } from '../support/house.js';
import { focused, openPage, paste, readable, type OpenPage } from '../support/pages.js';

const PASSWORD = 'kuda-lari-7-sungai';

let house: House;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([
    openHouse({ GUESS_BUDGET: '20', OTP_SENDS_PER_HOUR: '50', OTP_SENDS_PER_DAY: '50' }),
    startBrowser(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

const open = (more?: Parameters<typeof openPage>[3], path = '/login') => openPage(browser, house.service, path, more);

/** Asks for a code on the page; returns what arrived on the phone. */
async function askForCode({ page }: Pick<OpenPage, 'page'>, phone: string): Promise<string> {
  await page.locator('#phone').fill(phone);
  await page.locator('#phone').press('Enter');
  await page.locator('#code').waitFor();
  return house.fake.codeFor(phone) ?? '';
}

const WORDS = {
  id: { phone: 'Nomor WhatsApp', send: 'Kirim kode', code: 'Kode 6 digit', here: 'Perangkat ini', out: 'Keluar' },
  en: { phone: 'WhatsApp number', send: 'Send code', code: 'Code of 6 digits', here: 'This device', out: 'Log out' },
};

describe('login by code', () => {
  it.each([
    ['phone', 'id', 'light'],
    ['phone', 'en', 'dark'],
    ['desktop', 'id', 'dark'],
    ['desktop', 'en', 'light'],
  ] as const)('lets a person in and out, on a %s, in %s, %s', async (size, language, colorScheme) => {
    const { phone } = await house.person({ fullName: 'Siti Aminah', email: null });
    const opened = await open({ size, colorScheme }, `/login?lang=${language}`);
    const { page, context, picture, isWide, complaints } = opened;
    const words = WORDS[language];
    expect(await page.locator('html').getAttribute('lang')).toBe(language);
    await page.getByLabel(words.phone).waitFor();
    expect(await focused(page)).toBe('phone');
    await picture(`login-phone-${size}-${colorScheme}`);
    await page.getByLabel(words.phone).fill(phone);
    await page.getByRole('button', { name: words.send }).click();
    await page.getByLabel(words.code).waitFor();
    expect(await focused(page)).toBe('code');
    await picture(`login-code-${size}-${colorScheme}`);
    expect(await isWide()).toBe(false);

    const code = house.fake.codeFor(phone) ?? '';
    await page.keyboard.type(code); // the last digit submits
    await page.waitForURL('**/account');
    await page.getByText('Siti Aminah').waitFor();
    await page.getByText(words.here).waitFor();
    await picture(`account-${size}-${colorScheme}`);
    expect(await isWide()).toBe(false);

    const cookies = await context.cookies();
    for (const name of ['__Host-masuk', '__Host-masuk-device']) {
      const cookie = cookies.find((each) => each.name === name);
      expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
      expect(await readable(page)).not.toContain(cookie?.value);
    }
    expect(await readable(page)).not.toContain(code);

    await page.getByRole('button', { name: words.out }).click();
    await page.waitForURL('**/login');
    expect((await context.cookies()).map(({ name }) => name)).not.toContain('__Host-masuk');
    await page.goto(`${house.service.url}/account`);
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it.each([
    ['id', 'Buka WhatsApp'],
    ['en', 'Open WhatsApp'],
  ])('offers the app beside the field on a phone, in %s', async (language, label) => {
    const { phone } = await house.person();
    const android = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36';
    const opened = await open({ userAgent: android, isMobile: true, hasTouch: true }, `/login?lang=${language}`);
    await askForCode(opened, phone);
    const link = opened.page.getByRole('link', { name: label });
    expect(await link.getAttribute('href')).toBe('whatsapp://');
    await opened.picture(`login-open-whatsapp-${language}`);
    expect(await opened.isWide()).toBe(false);
    await opened.context.close();
    const desktop = await open({ size: 'desktop' }, `/login?lang=${language}`);
    await desktop.page.locator('#phone').fill(phone);
    await desktop.page.locator('#phone').press('Enter');
    await desktop.page.locator('#code').waitFor();
    expect(await desktop.page.getByRole('link', { name: label }).count()).toBe(0);
    await desktop.context.close();
  });

  it('takes the code out of a pasted message, and sends one request', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, calls, context } = opened;
    const code = await askForCode(opened, phone);
    await paste(page.locator('#code'), house.fake.messagesFor(phone)[0] ?? '');
    await page.waitForURL('**/account');
    expect(code).toMatch(/^\d{6}$/);
    expect(calls.filter((call) => call.endsWith('browser/verify'))).toHaveLength(1);
    await context.close();
  });

  it('sends a person who is logged in from the login to the account', async () => {
    const { phone } = await house.person();
    const opened = await open();
    await opened.page.locator('#phone').waitFor();
    await opened.page.locator('#code').or(opened.page.locator('#phone')).fill(phone);
    const code = await askForCode(opened, phone);
    await opened.page.locator('#code').fill(code);
    await opened.page.waitForURL('**/account');
    await opened.page.goto(`${house.service.url}/login`);
    expect(new URL(opened.page.url()).pathname).toBe('/account');
    await opened.context.close();
  });

  it('sends one request for a double click', async () => {
    const { phone } = await house.person();
    const { page, calls, context } = await open();
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).dblclick();
    await page.locator('#code').waitFor();
    expect(calls.filter((call) => call.endsWith('otp/request'))).toHaveLength(1);
    expect(house.sendsTo(phone)).toBe(1);
    await context.close();
  });

  it('tells a wrong code with the attempts that are left, and never sends it twice', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, calls, context, picture } = opened;
    const code = await askForCode(opened, phone);
    await page.locator('#code').fill(wrong(code));
    await page.getByText('Sisa 2 percobaan').waitFor();
    await picture('login-wrong-code-phone');
    expect(await page.locator('#code').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('#code').getAttribute('aria-describedby')).toContain('code-problem');
    await page.getByRole('button', { name: 'Masuk', exact: true }).click();
    await page.getByText('Kode itu sudah dicoba').waitFor();
    expect(calls.filter((call) => call.endsWith('browser/verify'))).toHaveLength(1);
    await page.locator('#code').fill(wrong(code, 2));
    await page.getByText('Sisa 1 percobaan').waitFor();
    await page.locator('#code').fill(wrong(code, 3));
    await page.getByText('tidak bisa dipakai lagi').waitFor();
    // A dead code is replaced at once, whatever the cooldown says.
    await page.getByRole('button', { name: 'Kirim ulang kode' }).click();
    await page.getByText('Kode baru sudah dikirim').waitFor();
    expect(await focused(page)).toBe('code');
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await page.waitForURL('**/account');
    await context.close();
  });

  it('counts down to a new code, and says when one has expired', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, context, calls } = opened;
    await page.clock.install();
    await askForCode(opened, phone);
    const resend = page.getByRole('button', { name: /Kirim ulang/ });
    expect(await resend.getAttribute('aria-disabled')).toBe('true');
    await resend.click({ force: true });
    expect(calls.filter((call) => call.endsWith('otp/resend'))).toEqual([]);
    await page.clock.fastForward(62_000);
    await house.pass(phone, 62);
    await page.getByRole('button', { name: 'Kirim ulang kode' }).click();
    await page.getByText('Kode baru sudah dikirim').waitFor();
    expect(house.sendsTo(phone)).toBe(2);
    await page.clock.fastForward(5 * 60_000 + 2_000);
    await page.getByText('Kode sudah kedaluwarsa').waitFor();
    await context.close();
  });
});

describe('login by password', () => {
  it('is the fallback, and tells neither what is wrong nor forgets what was typed', async () => {
    const { phone } = await house.person({ password: PASSWORD, fullName: 'Budi' });
    const { page, picture, context } = await open({ size: 'desktop' });
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    expect(await page.locator('#identifier').inputValue()).toBe(phone);
    expect(await page.locator('#identifier').getAttribute('autocomplete')).toBe('username');
    expect(await page.locator('#password').getAttribute('autocomplete')).toBe('current-password');
    expect(await focused(page)).toBe('password');
    await page.keyboard.type('salah-salah');
    await page.getByRole('button', { name: 'Tampilkan kata sandi' }).click();
    expect(await page.locator('#password').getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Masuk', exact: true }).click();
    await page.getByText('atau kata sandi salah').waitFor();
    await picture('login-password-desktop');
    expect(await readable(page)).not.toContain('salah-salah');
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/account');
    await page.getByText('Budi').waitFor();
    await context.close();
  });
});

describe('nothing is lost', () => {
  it('by a reload in mid-flow, and no code is kept', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, calls, context } = opened;
    const code = await askForCode(opened, phone);
    await page.keyboard.type(code.slice(0, 5));
    expect(await readable(page)).toContain(phone);
    expect(await readable(page)).not.toContain(code.slice(0, 5));
    await page.reload();
    await page.locator('#code').waitFor();
    expect(await page.locator('#code').inputValue()).toBe('');
    expect(await readable(page)).toContain(phone);
    expect(await readable(page)).not.toContain(code.slice(0, 5));
    expect(calls.filter((call) => call.endsWith('otp/request'))).toHaveLength(1);
    await page.locator('#code').fill(code);
    await page.waitForURL('**/account');
    expect(await readable(page)).not.toContain(phone);
    await context.close();
  });

  it('by the back button: steps are entries of the history', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, context, calls } = opened;
    const code = await askForCode(opened, phone);
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#password').waitFor();
    await page.goBack();
    await page.locator('#code').waitFor();
    await page.goBack();
    await page.locator('#phone').waitFor();
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    expect(await focused(page)).toBe('phone');
    await page.goForward();
    await page.locator('#code').waitFor();
    await page.getByRole('button', { name: 'Ubah nomor' }).click();
    await page.locator('#phone').waitFor();
    // The same number again within the cooldown: the code that lives already, and nothing new is sent.
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('masih berlaku').waitFor();
    expect(calls.filter((call) => call.endsWith('otp/request'))).toHaveLength(2);
    expect(house.sendsTo(phone)).toBe(1);
    await page.locator('#code').fill(code);
    await page.waitForURL('**/account');
    await context.close();
  });

  it('by a switch of the language, which the next page remembers', async () => {
    const { phone } = await house.person();
    const opened = await open();
    const { page, context } = opened;
    const code = await askForCode(opened, phone);
    await page.keyboard.type(code.slice(0, 3));
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    expect(await page.locator('#code').inputValue()).toBe(code.slice(0, 3));
    expect(await page.title()).toContain('Enter the code');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.reload();
    await page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await context.close();
  });

  it('in a second tab: it gets the code that lives, hears of a new one, and of the login', async () => {
    const { phone } = await house.person();
    const first = await open();
    const code = await askForCode(first, phone);
    const page = await first.context.newPage();
    await page.goto(`${house.service.url}/login`);
    expect(await askForCode({ page }, phone)).toBe(code);
    await page.getByText('masih berlaku').waitFor();
    expect(house.sendsTo(phone)).toBe(1);
    await first.page.locator('#code').fill(wrong(code));
    await first.page.getByText('Sisa 2 percobaan').waitFor();
    await page.locator('#code').fill(wrong(code, 2));
    await page.getByText('Sisa 1 percobaan').waitFor();
    await page.locator('#code').fill(wrong(code, 3));
    await page.getByRole('button', { name: 'Kirim ulang kode' }).click();
    await first.page.getByText('diminta di tab lain').waitFor();
    await first.page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await first.page.waitForURL('**/account');
    await page.waitForURL('**/account');
    await first.context.close();
  });
});

describe('the account', () => {
  it('shows the sessions of the account, ends another one, and notices the end of its own', async () => {
    const { phone } = await house.person({ password: PASSWORD, fullName: 'Rina', username: 'rina' });
    const other = await house.service.post('/api/auth/login', { identifier: 'rina', password: PASSWORD });
    const { page, context, picture } = await open({ size: 'desktop' });
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#identifier').fill(phone);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/account');
    await page.locator('li').nth(1).waitFor();
    await picture('account-sessions-desktop');
    await page.getByRole('button', { name: /^Akhiri sesi/ }).click();
    await page.getByText('Sesi sudah diakhiri').waitFor();
    expect(await page.locator('li').count()).toBe(1);
    const headers = { authorization: `Bearer ${other.body.data.token}` };
    expect((await house.service.get('/api/auth/me', headers)).status).toBe(401);
    await house.database.query(`UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'revoked'`);
    await page.reload();
    await page.waitForURL('**/login');
    await context.close();
  });

  /** The account page of somebody who has logged in with the password, and a login of theirs elsewhere. */
  async function accountOf(username: string, more?: Parameters<typeof open>[0], language = 'id') {
    const login = () => house.service.post('/api/auth/login', { identifier: username, password: PASSWORD });
    const opened = await open(more, `/login?lang=${language}`);
    const { page } = opened;
    await page.getByRole('button', { name: /^(Masuk dengan kata sandi|Log in with a password)$/ }).click();
    await page.locator('#identifier').fill(username);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/account');
    await page.locator('#change-password').waitFor();
    return { ...opened, login };
  }

  /** Fills in the form for another password, and sends it. */
  async function change({ page }: Pick<OpenPage, 'page'>, current: string, next: string, again = next): Promise<void> {
    await page.locator('#password').fill(current);
    await page.locator('#newPassword').fill(next);
    await page.locator('#confirm').fill(again);
    await page.locator('#confirm').press('Enter');
  }

  const NEXT = 'kopi-susu-di-teras-9';

  it.each([
    ['id', 'light', 'phone', 'Kata sandi sudah diubah. Semua perangkat lain sudah dikeluarkan.'],
    ['en', 'dark', 'desktop', 'Your password has been changed. All other devices have been logged out.'],
  ] as const)('takes another password, in %s, %s, on a %s', async (language, colorScheme, size, said) => {
    const username = `tia${language}`;
    await house.person({ password: PASSWORD, fullName: 'Tia Lestari', username });
    const account = await accountOf(username, { size, colorScheme }, language);
    const { page, context, picture, isWide, complaints, calls, login } = account;
    const other = await login();
    await page.reload();
    await page.locator('li').nth(1).waitFor();
    await picture(`account-closed-${size}-${language}`);
    await page.locator('#change-password').click();
    expect(await focused(page)).toBe('password');
    await picture(`account-password-${size}-${language}`);
    expect(await isWide()).toBe(false);
    await change(account, PASSWORD, NEXT);
    await page.getByText(said).waitFor();
    await picture(`account-changed-${size}-${language}`);
    expect(await focused(page)).toBe('change-password');
    expect(await page.locator('#password').count()).toBe(0);
    await page.waitForFunction(
      `document.querySelector('masuk-account').shadowRoot.querySelectorAll('li').length === 1`,
    );
    expect(calls.filter((call) => call === 'POST /api/auth/me/password')).toHaveLength(1);
    const headers = { authorization: `Bearer ${other.body.data.token}` };
    expect((await house.service.get('/api/auth/me', headers)).status).toBe(401);
    expect((await login()).status).toBe(401);
    expect(await readable(page)).not.toContain(NEXT);
    await page.reload();
    await page.getByText('Tia Lestari').waitFor();
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('says at the field what is wrong with another password, and keeps what was typed', async () => {
    await house.person({ password: PASSWORD, fullName: 'Umar', username: 'umar' });
    const account = await accountOf('umar');
    const { page, context, picture, calls, complaints } = account;
    await page.locator('#change-password').click();
    const problem = (field: string) => page.locator(`#${field}-problem p`);
    const sent = () => calls.filter((call) => call === 'POST /api/auth/me/password').length;

    for (const [[current, next, again], field, sentence] of [
      [['', NEXT, NEXT], 'password', 'Isi kata sandi Anda saat ini.'],
      [[PASSWORD, '', ''], 'newPassword', 'Isi kata sandi baru.'],
      [[PASSWORD, 'abc', 'abc'], 'newPassword', 'Kata sandi terlalu pendek.'],
      [[PASSWORD, NEXT, 'lain'], 'confirm', 'Kedua kata sandi belum sama.'],
    ] as const) {
      await change(account, current, next, again);
      expect(await problem(field).textContent()).toContain(sentence);
      expect(await focused(page)).toBe(field);
    }
    expect(sent()).toBe(0);

    await change(account, 'salah-sekali', NEXT);
    await problem('password').waitFor();
    expect(await problem('password').textContent()).toContain('Kata sandi saat ini salah.');
    expect(await focused(page)).toBe('password');
    expect(await page.locator('#newPassword').inputValue()).toBe(NEXT);
    await picture('account-password-wrong-phone');

    await page.getByRole('button', { name: 'Batal' }).click();
    expect([await page.locator('#password').count(), await focused(page)]).toEqual([0, 'change-password']);
    await page.locator('#change-password').click();
    expect(await page.locator('#newPassword').inputValue()).toBe('');
    expect(await problem('password').count()).toBe(0);

    await house.database.query(
      `UPDATE password_budgets SET failures = array_fill(now(), ARRAY[10]), updated_at = now()`,
    );
    await change(account, PASSWORD, NEXT);
    const box = page.getByRole('alert').filter({ hasText: 'Terlalu banyak percobaan.' });
    await box.waitFor();
    expect(await box.textContent()).toMatch(/Coba lagi dalam 1[45]:\d\d/);
    expect(await box.textContent()).not.toContain('kode WhatsApp');
    await picture('account-password-locked-phone');
    const before = sent();
    await page.locator('#confirm').press('Enter');
    expect(sent()).toBe(before);
    await house.database.query('DELETE FROM password_budgets');
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('shows the way to a first password where there is none, and leaves when the session is over', async () => {
    const { phone } = await house.person({ fullName: 'Vina' });
    const opened = await open();
    const { page, context, picture } = opened;
    await page.locator('#phone').waitFor();
    await page.keyboard.type(await askForCode(opened, phone));
    await page.waitForURL('**/account');
    await page.locator('#change-password').click();
    await change(opened, PASSWORD, NEXT);
    const way = page.getByRole('link', { name: 'Buat kata sandi lewat halaman Lupa sandi' });
    await way.waitFor();
    await picture('account-no-password-phone');
    expect(await way.getAttribute('href')).toBe('/forgot-password');
    await house.database.query(`UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'revoked'`);
    await change(opened, PASSWORD, NEXT);
    await page.waitForURL('**/login');
    await context.close();
  });
});
