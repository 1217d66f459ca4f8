import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { openHouse, wrong, type House } from '../support/house.js';
import { focused, openPage, readable, type OpenPage } from '../support/pages.js';

const NEW_PASSWORD = 'sandi-baru-yang-panjang-7';

let house: House;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([
    openHouse({ GUESS_BUDGET: '20', OTP_SENDS_PER_HOUR: '50', OTP_SENDS_PER_DAY: '50', PASSWORD_BLOCKLIST: 'on' }),
    startBrowser(),
  ]);
}, 60_000);
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

const WORDS = {
  id: { ask: 'Minta Kode OTP', verify: 'Verifikasi OTP', save: 'Ubah Sandi', done: 'Sandi berhasil diubah' },
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
    await page.getByRole('button', { name: words.save }).click();
    await page.getByRole('heading', { name: words.done }).waitFor();
    const doneAt = Date.now();
    await picture(`forgot-done-${size}-${colorScheme}`);
    expect(await page.locator('#newPassword').count()).toBe(0);
    expect(await readable(page)).not.toContain(NEW_PASSWORD);
    await page.waitForURL('**/login');
    expect(Date.now() - doneAt).toBeGreaterThan(1_500);
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
    await page.getByText('Sandi berhasil diubah').waitFor();
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
});
