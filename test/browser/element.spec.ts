import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { openHouse, type House } from '../support/house.js';
import { openPage, readable } from '../support/pages.js';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'serve.mjs');
const PASSWORD = 'kuda-lari-7-sungai';

let house: House;
let browser: Browser;
let server: ChildProcess;
let examples: { url: string };

beforeAll(async () => {
  const port = await freePort();
  const limits = { GUESS_BUDGET: '20', OTP_SENDS_PER_HOUR: '50', OTP_SENDS_PER_DAY: '50' };
  [house, browser] = await Promise.all([
    openHouse({ ...limits, FRONTEND_URL: `https://other.example, http://127.0.0.1:${port}` }),
    startBrowser(),
  ]);
  server = spawn(process.execPath, [EXAMPLES], { env: { PORT: String(port), MASUK_URL: house.service.url } });
  examples = await new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the examples do not start')));
    server.stdout?.on('data', (chunk: Buffer) => {
      const port = /localhost:(\d+),/.exec(chunk.toString())?.[1];
      if (port) resolve({ url: `http://127.0.0.1:${port}` });
    });
  });
});
afterAll(async () => {
  server.kill();
  await browser.close();
  await house.close();
});

/** A port that nobody had a moment ago: the service has to know the examples' origin before they start. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('<masuk-login> on another origin', () => {
  it('logs in, and hands the tokens to the page in an event and nowhere else', async () => {
    const { phone } = await house.person({ fullName: 'Dewi Lestari' });
    const { page, context, complaints, picture } = await openPage(browser, examples, '/element.html');
    await page.evaluate(
      `for (const name of ['masuk-step', 'masuk-error', 'masuk-login']) document.addEventListener(name, ({ detail }) => (globalThis.heard ??= []).push([name, detail]))`,
    );
    await page.locator('#phone').fill('12');
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('Nomor ponsel ini tidak valid').waitFor();
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.locator('#code').waitFor();
    await picture('element-elsewhere-phone');
    const code = house.fake.codeFor(phone) ?? '';
    await page.locator('#code').fill(code);
    await page.getByText('Dewi Lestari').waitFor();

    const heard = await page.evaluate<[string, any][]>('heard');
    expect(heard.map(([name]) => name)).toEqual(['masuk-error', 'masuk-step', 'masuk-login']);
    expect(heard[0]?.[1]).toMatchObject({ code: 'invalid_phone', status: 400 });
    expect(heard[1]?.[1]).toMatchObject({ purpose: 'login', step: 'code' });
    const login = heard[2]?.[1];
    expect(Object.keys(login).sort()).toEqual(['deviceToken', 'expiresIn', 'refreshToken', 'token', 'user']);
    expect(login.user).toMatchObject({ profile: { fullName: 'Dewi Lestari' } });
    const kept = await readable(page);
    for (const secret of [login.token, login.refreshToken, login.deviceToken, code]) expect(kept).not.toContain(secret);
    expect(await context.cookies()).toEqual([]);

    await page.getByRole('button', { name: 'Keluar' }).click();
    await page.locator('#phone').waitFor();
    expect((await house.service.get('/api/auth/me', { authorization: `Bearer ${login.token}` })).status).toBe(401);
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('changes its purpose in place, keeps the number over a reload, and leaves the history alone', async () => {
    const { phone } = await house.person({ fullName: 'Dewi', password: PASSWORD });
    const { page, context } = await openPage(browser, examples, '/element.html', { size: 'desktop' });
    const before = await page.evaluate<number>('history.length');
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Lupa sandi?' }).click();
    await page.locator('#name').fill('Dewi');
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.locator('#code').waitFor();
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await page.locator('#newPassword').fill(`${PASSWORD}!`);
    await page.locator('#confirm').fill(`${PASSWORD}!`);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('Kata sandi sudah diubah').waitFor();
    expect(await page.locator('#identifier').inputValue()).toBe(phone);
    await page.getByRole('button', { name: 'Masuk dengan kode WhatsApp' }).click();
    await page.locator('#phone').waitFor();
    await page.reload();
    expect(await page.locator('#phone').inputValue()).toBe(phone);
    expect(await page.evaluate<number>('history.length')).toBe(before);
    await context.close();
  });

  it('keeps its step and number apart from those of another one on the page', async () => {
    const [{ phone }, { phone: other }] = await Promise.all([house.person(), house.person()]);
    const { page, context, picture } = await openPage(browser, examples, '/element.html');
    const add = `document.querySelector('masuk-login').after(document.createElement('masuk-login'))`;
    await page.locator('#phone').waitFor();
    await page.evaluate(add);
    const [first, second] = [page.locator('masuk-login').nth(0), page.locator('masuk-login').nth(1)];
    await second.locator('#phone').fill(other);
    await first.locator('#phone').fill(phone);
    await first.getByRole('button', { name: 'Kirim kode' }).click();
    await first.locator('#code').waitFor();
    await page.reload();
    await first.locator('#code').waitFor();
    await page.evaluate(add);
    await second.locator('#phone').waitFor();
    await picture('element-two-phone');
    expect(await second.locator('#phone').inputValue()).toBe(other);
    await context.close();
  });

  it('loads everywhere, but the service answers only the origins of FRONTEND_URL', async () => {
    const { phone } = await house.person();
    const unlisted = { url: examples.url.replace('127.0.0.1', 'localhost') };
    const { page, context } = await openPage(browser, unlisted, '/element.html');
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).click();
    await page.getByText('Tidak ada koneksi').waitFor();
    expect(house.sendsTo(phone)).toBe(0);
    await context.close();
  });

  it('takes its language from the attribute, and its colours from custom properties', async () => {
    const { page, context } = await openPage(browser, examples, '/element.html');
    await page.locator('#phone').waitFor();
    await page.evaluate(`document.querySelector('masuk-login').setAttribute('language', 'en')`);
    const button = page.getByRole('button', { name: 'Send code' });
    await button.waitFor();
    const colour = await button.evaluate((element) => (globalThis as any).getComputedStyle(element).backgroundColor);
    expect(colour).toBe('rgb(11, 79, 138)');
    await context.close();
  });
});

describe('the examples without the element', () => {
  it('log in by code', async () => {
    const { phone } = await house.person({ fullName: 'Agus' });
    const { page, context, complaints } = await openPage(browser, examples, '/login.html');
    await page.locator('#phone').fill(phone);
    await page.getByRole('button', { name: 'Kirim kode' }).dblclick();
    await page.getByText('Kode OTP telah dikirim').waitFor();
    await page.locator('#code').fill('000000');
    await page.getByRole('button', { name: 'Masuk', exact: true }).click();
    await page.getByText('Sisa 2 percobaan').waitFor();
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await page.getByRole('button', { name: 'Masuk', exact: true }).click();
    await page.getByText('Halo, Agus').waitFor();
    expect(house.sendsTo(phone)).toBe(1);
    expect(complaints()).toEqual([]);
    await context.close();
  });

  it('reset a password in three steps, and go to the login after two seconds', async () => {
    const { phone } = await house.person({ fullName: 'Agus', username: 'agus' });
    const { page, context, complaints } = await openPage(browser, examples, '/forgot-password.html');
    await page.locator('#nama').fill('agus');
    await page.locator('#noHp').fill(phone);
    await page.getByRole('button', { name: 'Minta Kode OTP' }).click();
    await page.locator('#otp').waitFor();
    expect(await page.locator('#timer').textContent()).toMatch(/^1[45]:\d\d$/);
    await page.locator('#otp').fill(house.fake.codeFor(phone) ?? '');
    await page.getByRole('button', { name: 'Verifikasi OTP' }).click();
    await page.locator('#newPassword').fill(PASSWORD);
    await page.locator('#confirmPassword').fill(PASSWORD);
    await page.getByRole('button', { name: 'Ubah Sandi' }).click();
    await page.getByText('Password updated, please login').waitFor();
    expect(await page.locator('#newPassword').inputValue()).toBe('');
    await page.waitForURL('**/login.html');
    const login = await house.service.post('/api/auth/login', { identifier: 'agus', password: PASSWORD });
    expect(login.status).toBe(200);
    expect(complaints()).toEqual([]);
    await context.close();
  });
});
