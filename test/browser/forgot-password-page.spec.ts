import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { wrong } from '../support/codes.js';
import { openHouse, type House } from '../support/house.js';
import { focused, openPage, readable, type OpenPage } from '../support/pages.js';
import { resetPassword, verifyReset } from '../support/resets.js';

const NEW_PASSWORD = 'sandi-baru-yang-panjang-7';

let house: House;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([
    openHouse({ GUESS_BUDGET: '20', OTP_SENDS_PER_HOUR: '50', OTP_SENDS_PER_DAY: '50', PASSWORD_BLOCKLIST: 'on' }),
    startBrowser(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

const open = (more?: Parameters<typeof openPage>[3], path = '/forgot-password') =>
  openPage(browser, house.service, path, more);

async function askForCode({ page }: OpenPage, name: string, phone: string): Promise<string> {
  await page.locator('#name').fill(name);
  await page.locator('#phone').fill(phone);
  await page.locator('#phone').press('Enter');
  await page.locator('#code').waitFor();
  return house.fake.codeFor(phone) ?? '';
}

/** The reset done by somebody else who has the code; it uses the code up. */
async function resetElsewhere(phone: string, otp: string): Promise<void> {
  expect((await verifyReset(house.service, phone, otp)).status).toBe(200);
  expect((await resetPassword(house.service, phone, otp)).status).toBe(200);
}

/** The service's answer to one of the page's calls, made up: some failures cannot be had at will. */
async function answer(page: Page, path: string, status: number, code: string): Promise<void> {
  const body = { success: false, message: 'Kata layanan', code };
  await page.route(`**${path}`, (route) => route.fulfill({ status, json: body }));
}

const WORDS = {
  id: { ask: 'Minta Kode OTP', verify: 'Verifikasi OTP', save: 'Ubah Sandi', done: 'Kata sandi berhasil diubah' },
  en: { ask: 'Request code', verify: 'Verify code', save: 'Change password', done: 'Your password is changed' },
};

describe('forgot password', () => {
  it.each([
    ['phone', 'id', 'dark'],
    ['desktop', 'en', 'light'],
  ] as const)('takes three steps and ends at the login, on a %s, in %s, %s', async (size, language, colorScheme) => {
    const { phone } = await house.person({ fullName: 'Siti Aminah', password: 'yang-lama-sekali' });
    const opened = await open({ size, colorScheme }, `/forgot-password?lang=${language}`);
    const { page, picture, isWide, complaints, context, calls } = opened;
    const words = WORDS[language];
    await page.locator('#name').fill('siti  aminah');
    await page.locator('#phone').fill(phone);
    await picture(`forgot-1-${size}-${colorScheme}`);
    await page.getByRole('button', { name: words.ask }).dblclick();
    await page.locator('#code').waitFor();
    expect(await page.locator('[role=timer]').textContent()).toMatch(/1[45]:\d\d/);
    await picture(`forgot-2-${size}-${colorScheme}`);
    const code = house.fake.codeFor(phone) ?? '';
    await page.locator('#code').fill(code.slice(0, 4));
    await page.getByRole('button', { name: words.verify }).click();
    expect(calls.filter((call) => call.endsWith('verify-otp'))).toEqual([]);
    await page.locator('#code').fill(code);
    await page.locator('#newPassword').waitFor();
    expect(await focused(page)).toBe('newPassword');
    expect(await page.locator('#confirm').getAttribute('autocomplete')).toBe('new-password');
    expect(await readable(page)).not.toContain(code);
    await page.locator('#newPassword').fill(NEW_PASSWORD);
    await page.locator('#confirm').fill(NEW_PASSWORD);
    await picture(`forgot-3-${size}-${colorScheme}`);
    expect(await isWide()).toBe(false);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByRole('button', { name: words.save }).click();
    await page.getByRole('heading', { name: words.done }).waitFor();
    await picture(`forgot-done-${size}-${colorScheme}`);
    expect(await page.locator('#newPassword').count()).toBe(0);
    expect(await readable(page)).not.toContain(NEW_PASSWORD);
    await page.clock.runFor(1_500);
    await page.getByRole('heading', { name: words.done }).waitFor();
    await page.clock.runFor(2_000);
    await page.waitForURL('**/login');
    await page.clock.resume();
    await page.locator('#password').waitFor();
    expect(await page.locator('#identifier').inputValue()).toBe(phone);
    await page.locator('#password').fill(NEW_PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/account');
    expect(calls.filter((call) => call.endsWith('request-otp'))).toHaveLength(1);
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('asks for the code again after a reload in the last step, and keeps nothing that opens anything', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open();
    const { page, context, picture } = opened;
    const code = await askForCode(opened, 'Budi', phone);
    await page.locator('#code').fill(code);
    await page.locator('#newPassword').fill(NEW_PASSWORD);
    await page.reload();
    await page.getByText('ketik kodenya sekali lagi').waitFor();
    await picture('forgot-reload-phone');
    const kept = await readable(page);
    expect(kept).toContain(phone);
    expect(kept).not.toContain(code);
    expect(kept).not.toContain(NEW_PASSWORD);
    await page.locator('#code').fill(wrong(code));
    await page.locator('#newPassword').fill(NEW_PASSWORD);
    await page.locator('#confirm').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('Sisa 2 percobaan').waitFor();
    expect(await page.locator('#newPassword').inputValue()).toBe(NEW_PASSWORD);
    await page.locator('#code').fill(code);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('Kata sandi berhasil diubah').waitFor();
    await context.close();
  });

  it('says what is wrong at its field: nobody, a short password, two that differ, a common one', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open({ size: 'desktop' });
    const { page, context, calls } = opened;
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.getByText('Isi nama Anda').waitFor();
    expect(await focused(page)).toBe('name');
    await page.locator('#name').fill('Orang Lain');
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.getByText('tidak cocok dengan akun').waitFor();
    await page.locator('#code').fill(await askForCode(opened, 'Budi', phone));
    await page.locator('#newPassword').fill('abc');
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('terlalu pendek').waitFor();
    await page.locator('#newPassword').fill(NEW_PASSWORD);
    await page.locator('#confirm').fill(`${NEW_PASSWORD}!`);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('belum sama').waitFor();
    expect(await focused(page)).toBe('confirm');
    expect(calls.filter((call) => call.endsWith('reset-password'))).toEqual([]);
    for (const field of ['#newPassword', '#confirm']) await page.locator(field).fill('password123');
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.locator('#newPassword-problem li').waitFor();
    await context.close();
  });

  it('takes an earlier code that lives for the one to type, and goes back without losing name or number', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open();
    const { page, context } = opened;
    const code = await askForCode(opened, 'Budi', phone);
    await page.goBack();
    await page.locator('#name').waitFor();
    expect(await page.locator('#name').inputValue()).toBe('Budi');
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.getByText('masih berlaku').waitFor();
    await page.locator('#code').fill(code);
    await page.locator('#newPassword').waitFor();
    await page.getByRole('link', { name: 'Kembali ke halaman masuk' }).click();
    await page.waitForURL('**/login');
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    await context.close();
  });

  it('tells a code that died from a page that was loaded again, and shows the dead one nowhere as if it lived', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open();
    const { page, context } = opened;
    const otp = await askForCode(opened, 'Budi', phone);
    await page.locator('#code').fill(otp);
    await page.locator('#newPassword').waitFor();
    expect(await page.locator('[role=timer]').textContent()).toMatch(/masih berlaku\s+1[45]:\d\d/);
    await resetElsewhere(phone, otp);
    for (const field of ['#newPassword', '#confirm']) await page.locator(field).fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByRole('alert').filter({ hasText: 'sudah kedaluwarsa, sudah dipakai, atau sudah diganti' }).waitFor();
    expect(await focused(page)).toBe('problem');
    const said = await page.locator('masuk-login').innerText();
    expect(said).not.toMatch(/Sisa|dimuat ulang|berlaku/);
    expect(await page.locator('#code').count()).toBe(0);
    await page.getByRole('button', { name: 'Minta kode baru' }).click();
    await page.locator('#code').waitFor();
    expect(await page.locator('[role=timer]').count()).toBe(0);
    const resend = page.getByRole('button', { name: 'Kirim ulang kode' });
    expect(await resend.textContent()).not.toMatch(/\d/);
    await resend.click();
    await page.locator('[role=timer]').waitFor();
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await page.locator('#newPassword').waitFor();
    await context.close();
  });

  it('shows what is wrong with name or number in the form of a later step, and puts the cursor there', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open();
    const { page, context } = opened;
    await askForCode(opened, 'Budi', phone);
    await answer(page, '/api/forgot-password/verify-otp', 404, 'phone_not_registered');
    await page.locator('#code').fill('123456');
    await page.getByRole('alert').filter({ hasText: 'belum terdaftar' }).waitFor();
    expect(await focused(page)).toBe('problem');
    await context.close();
  });

  it.each([
    ['', '081234567890', 'Isi nama Anda', 'name'],
    ['Budi', '12345', 'Nomor ponsel ini tidak valid', 'phone'],
  ])('lets nobody to the code who says that it has come, as %j with %s', async (name, number, said, field) => {
    const { page, context } = await open();
    await answer(page, '/api/forgot-password/request-otp', 503, 'whatsapp_unavailable');
    await page.locator('#name').fill('Budi');
    await page.locator('#phone').fill(number);
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.locator('#name').fill(name);
    await page.getByRole('button', { name: 'Saya sudah menerima kode' }).click();
    await page.getByText(said).waitFor();
    expect(await focused(page)).toBe(field);
    expect(await page.locator('#code').count()).toBe(0);
    await context.close();
  });

  it('goes on when another tab logs in', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const opened = await open();
    const { page, context } = opened;
    const code = await askForCode(opened, 'Budi', phone);
    const other = await context.newPage();
    await other.goto(`${house.service.url}/login`);
    const { phone: another } = await house.person({ password: 'yang-lama-sekali' });
    await other.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await other.locator('#identifier').fill(another);
    await other.locator('#password').fill('yang-lama-sekali');
    await other.locator('#password').press('Enter');
    await other.waitForURL('**/account');
    await page.bringToFront();
    await page.locator('#code').fill(code);
    await page.locator('#newPassword').waitFor();
    expect(page.url()).toContain('/forgot-password');
    await context.close();
  });
});
