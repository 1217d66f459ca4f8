import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { wrong } from '../support/codes.js';
import { openHouse, type House } from '../support/house.js';
import { focused, openPage } from '../support/pages.js';

const PASSWORD = 'kuda-lari-7-sungai';

let house: House;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([openHouse({ SEND_TIMEOUT: '8', PROVIDER_TIMEOUT: '8' }), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

/** In the words of both languages, what stands on a page that no script draws. */
const UNDRAWN = {
  id: ['gunakan browser yang lebih baru', 'Aktifkan JavaScript'],
  en: ['needs a newer browser', 'needs JavaScript'],
} as const;

const open = () => openPage(browser, house.service, '/login');

/** The service's answer to one of the page's calls, made up: some failures cannot be had at will. */
async function answer(page: Page, path: string, status: number, body: object, headers: Record<string, string> = {}) {
  await page.route(`**${path}`, (route) =>
    route.fulfill({
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ success: false, message: 'Kata layanan', ...body }),
    }),
  );
}

describe('when something is wrong', () => {
  it('with the provider, the page says what to do and a password gets in', async () => {
    const { phone } = await house.person({ password: PASSWORD, fullName: 'Wati' });
    house.fake.connected = false;
    const { page, context, picture, complaints } = await open();
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    const box = page.getByRole('alert').filter({ hasText: 'WhatsApp sedang bermasalah' });
    await box.waitFor();
    await picture('trouble-provider-down-phone');
    expect(await box.textContent()).toMatch(/Coba lagi dalam \d+:\d\d/);
    expect(await page.getByRole('button', { name: 'Kirim kode' }).getAttribute('aria-disabled')).toBe('true');
    await box.getByRole('button', { name: 'Saya sudah menerima kode' }).click();
    await page.locator('#code').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL('**/account');
    house.fake.connected = true;
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('with the network, what was typed stays, and coming back is told', async () => {
    const { phone } = await house.person();
    const { page, context, picture } = await open();
    await page.locator('#phone').fill(phone);
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('Tidak ada koneksi').waitFor();
    await picture('trouble-offline-phone');
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    await context.setOffline(false);
    await page.getByText('Koneksi sudah pulih').waitFor();
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.locator('#code').waitFor();
    await context.close();
  });

  it('with the answer to a code, the same digits go again by the button, not by themselves', async () => {
    const { phone } = await house.person();
    const { page, context, calls } = await open();
    const verified = () => calls.filter((call) => call.endsWith('browser/verify')).length;
    await page.locator('#phone').fill(phone);
    await page.locator('#phone').press('Enter');
    await page.locator('#code').waitFor();
    const code = house.fake.codeFor(phone) ?? '';
    await page.route('**/api/auth/browser/verify', (route) => route.abort());
    await page.locator('#code').fill(code);
    await page.getByText('Tidak ada koneksi').waitFor();
    await page.unroute('**/api/auth/browser/verify');
    await page.locator('#code').press('Backspace');
    await page.keyboard.type(code.slice(-1));
    expect(await page.locator('#code').inputValue()).toBe(code);
    await page.waitForTimeout(300);
    expect(verified()).toBe(1);
    await page.getByRole('button', { name: 'Masuk', exact: true }).click();
    await page.waitForURL('**/account');
    expect(verified()).toBe(2);
    await context.close();
  });

  it('with WhatsApp, and the message took another way, the page says which', async () => {
    const { page, context } = await open();
    const data = { sessionId: 'one', expiresAt: '2099-01-01T00:00:00Z', resendAt: '2099-01-01T00:00:00Z' };
    await page.route('**/api/auth/otp/request', (route) =>
      route.fulfill({ json: { success: true, message: 'Terkirim', data: { ...data, channel: 'sms' } } }),
    );
    await page.locator('#phone').fill('081234567890');
    await page.locator('#phone').press('Enter');
    await page.getByText('lewat SMS').waitFor();
    await context.close();
  });

  it('with a slow provider, the button shows that it works, and one request is under way', async () => {
    const { phone } = await house.person();
    house.fake.forNumber(phone, { delayMs: 3_500 });
    const { page, context, calls, picture } = await open();
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    const button = page.getByRole('button', { name: 'Mengirim kode' });
    await button.waitFor();
    expect(await button.getAttribute('aria-busy')).toBe('true');
    await page.locator('#phone').press('Enter');
    await page.getByRole('status').filter({ hasText: 'Masih mengirim' }).waitFor({ state: 'attached' });
    await picture('trouble-slow-phone');
    await page.locator('#code').waitFor();
    expect(calls.filter((call) => call.endsWith('otp/request'))).toHaveLength(1);
    await context.close();
  });

  it('with too many requests, the page counts down what Retry-After says, and then lets try', async () => {
    const { phone } = await house.person();
    const { page, context, picture, calls } = await open();
    await page.clock.install();
    await answer(page, '/api/auth/otp/request', 429, { code: 'otp_rate_limited' }, { 'retry-after': '90' });
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText(/Coba lagi dalam 1:(30|29)/).waitFor();
    await picture('trouble-limited-phone');
    await page.getByRole('button', { name: 'Kirim kode' }).click({ force: true });
    await page.clock.fastForward(95_000);
    await page.getByText('Sekarang Anda bisa mencoba lagi').waitFor();
    expect(calls.filter((call) => call.endsWith('otp/request'))).toHaveLength(1);
    await page.unroute('**/api/auth/otp/request');
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.locator('#code').waitFor();
    await context.close();
  });

  it('with too many wrong codes, the code waits and the password does not', async () => {
    const { phone } = await house.person();
    const { page, context } = await open();
    await answer(page, '/api/auth/browser/verify', 429, { code: 'otp_locked' }, { 'retry-after': '800' });
    await page.locator('#phone').fill(phone);
    await page.locator('#phone').press('Enter');
    await page.locator('#code').fill('123456');
    await page.getByText(/Coba lagi dalam 13:\d\d/).waitFor();
    expect(await page.getByRole('button', { name: 'Masuk', exact: true }).getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#password').waitFor();
    await context.close();
  });

  it.each([
    ['id', /Coba lagi dalam \d+:\d\d/, 'Kirim ulang kode'],
    ['en', /Try again in \d+:\d\d/, 'Send a new code'],
  ])(
    'with a number that is locked, one clock says so at once, and no new code is offered, in %s',
    async (language, wait, resend) => {
      const { phone } = await house.person();
      const { page, context, calls, picture } = await openPage(browser, house.service, `/login?lang=${language}`);
      const guess = async (count: number) => {
        const code = house.fake.codeFor(phone) ?? '';
        for (let at = 1; at <= count; at += 1) {
          const answered = page.waitForResponse('**/api/auth/browser/verify');
          await page.locator('#code').fill(wrong(code, at));
          await answered;
        }
      };
      await page.locator('#phone').fill(phone);
      await page.locator('#phone').press('Enter');
      await page.locator('#code').waitFor();
      await guess(3);
      await page.getByRole('button', { name: resend }).click();
      await page.getByText(language === 'id' ? 'Kode baru sudah dikirim' : 'A new code was sent').waitFor();
      await guess(2);
      await page.getByText(wait).first().waitFor();
      await picture(`trouble-locked-${language}-phone`);
      const seen = await page.locator('.step').innerText();
      expect(seen.match(/\d+:\d\d/g)).toHaveLength(1);
      expect(await page.getByRole('button', { name: language === 'id' ? /Kirim ulang/ : /Send/ }).count()).toBe(0);
      expect(await page.getByRole('timer').count()).toBe(0);
      // Five guesses, and the question whether the number is locked, which costs none.
      expect(calls.filter((call) => call.endsWith('browser/verify'))).toHaveLength(6);
      await context.close();
    },
  );

  it('with the address: without HTTPS no browser keeps the login, and the page says so at once', async () => {
    const { page, context } = await open();
    await page.addInitScript(`Object.defineProperty(globalThis, 'isSecureContext', { value: false })`);
    await page.reload();
    await page.getByText('tanpa HTTPS').waitFor();
    await context.close();
  });

  it.each(['id', 'en'] as const)(
    'with the browser, which is too old or runs no script, the page says so, in %s',
    async (language) => {
      const [old, scriptless] = UNDRAWN[language];
      const { page, context, picture } = await open();
      expect(await page.getByText(old).isVisible()).toBe(false);
      await page.route('**/assets/login-page*', (route) =>
        route.fulfill({ contentType: 'text/javascript', body: 'class Old { an error; }' }),
      );
      await page.goto(`${house.service.url}/login?lang=${language}`);
      await page.getByText(old).waitFor({ timeout: 60_000 });
      await picture(`trouble-old-${language}-phone`);
      expect(await page.getByText(scriptless).isVisible()).toBe(false);
      await context.close();
      const without = await openPage(browser, house.service, `/login?lang=${language}`, { javaScriptEnabled: false });
      expect(await without.page.locator('noscript p:visible').innerText()).toContain(scriptless);
      expect(await without.page.locator('.too-old').isVisible()).toBe(false);
      await without.picture(`trouble-no-script-${language}-phone`);
      await without.context.close();
    },
  );

  it('with a browser that constructs no style sheets, the pages look the same', async () => {
    const { page, context, complaints, picture } = await open();
    await page.addInitScript('delete CSSStyleSheet.prototype.replace');
    for (const path of ['/login', '/forgot-password']) {
      await page.goto(house.service.url + path);
      await page.locator('#phone').waitFor();
      expect(await page.locator('masuk-login style').count()).toBe(4);
      expect(await page.locator('.step').evaluate((step) => (globalThis as any).getComputedStyle(step).display)).toBe(
        'grid',
      );
      await picture(`trouble-written-styles${path.replace('/', '-')}-phone`);
    }
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('with the number, at its field; with a code that nobody knows, in the words of the service', async () => {
    const { page, context } = await open();
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('Isi nomor WhatsApp').waitFor();
    expect(await focused(page)).toBe('phone');
    for (const [typed, said] of [
      ['12345', 'Nomor ponsel ini tidak valid'],
      ['081299999999', 'belum terdaftar'],
    ] as const) {
      await page.locator('#phone').fill(typed);
      await page.getByRole('button', { name: 'Kirim kode' }).click();
      await page.getByText(said).waitFor();
      expect(await page.locator('#phone').getAttribute('aria-invalid')).toBe('true');
    }
    await answer(page, '/api/auth/otp/request', 400, { code: 'brand_new_code' });
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('Kata layanan').waitFor();
    await context.close();
  });
});
