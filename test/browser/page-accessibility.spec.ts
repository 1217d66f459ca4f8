import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { wrong } from '../support/codes.js';
import { openHouse, QUICK, type House } from '../support/house.js';
import { openPage } from '../support/pages.js';

/** All rules once, and again what a dark page may do wrong. */
const RULES = {
  light: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
  dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
};
const PASSWORD = 'kuda-lari-7-sungai';

let house: House;
let browser: Browser;

beforeAll(async () => {
  [house, browser] = await Promise.all([openHouse({ ...QUICK, GUESS_BUDGET: '20' }), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

const open = (path: string, more?: Parameters<typeof openPage>[3]) => openPage(browser, house.service, path, more);

/** What axe finds in a step, light and dark; the debugger's evaluation is not under the page's policy. */
async function faults(page: Page, step: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Drawn anew, and whatever fades has faded.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    await page.waitForTimeout(100);
    if (!(await page.evaluate<boolean>('Boolean(globalThis.axe)'))) await page.evaluate(axe.source);
    const violations = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      `axe.run(document, ${JSON.stringify({ runOnly: RULES[colorScheme], resultTypes: ['violations'] })}).then(({ violations }) => violations)`,
    );
    found.push(...violations.map(({ id, nodes }) => `${step}, ${colorScheme}: ${id} ${nodes[0]?.html}`));
  }
  return found;
}

describe('axe finds nothing', () => {
  it('in the login and the account', async () => {
    const { phone } = await house.person({ fullName: 'Siti Aminah', password: PASSWORD });
    await house.service.post('/api/auth/login', { identifier: phone, password: PASSWORD });
    const { page, context } = await open('/login');
    const found = await faults(page, 'phone');
    await page.locator('#phone').fill('12');
    await page.locator('#phone').press('Enter');
    await page.locator('#phone-problem p').waitFor();
    found.push(...(await faults(page, 'wrong number')));
    await page.locator('#phone').fill(phone);
    await page.locator('#phone').press('Enter');
    await page.locator('#code').waitFor();
    found.push(...(await faults(page, 'code')));
    const code = house.fake.codeFor(phone) ?? '';
    await page.locator('#code').fill(wrong(code));
    await page.locator('#code-problem p').waitFor();
    found.push(...(await faults(page, 'wrong code')));
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#password').fill('salah');
    await page.locator('#password').press('Enter');
    await page.locator('#password-problem p').waitFor();
    found.push(...(await faults(page, 'wrong password')));
    await page.goBack();
    await page.locator('#code').fill(code);
    await page.waitForURL('**/account');
    await page.locator('li').nth(1).waitFor();
    found.push(...(await faults(page, 'account')));
    await page.locator('#change-password').click();
    found.push(...(await faults(page, 'another password')));
    await page.locator('#confirm').press('Enter');
    await page.locator('#password-problem p').waitFor();
    found.push(...(await faults(page, 'another password, nothing typed')));
    expect(found).toEqual([]);
    await context.close();
  });

  it('in forgot password, and where the provider is down', async () => {
    const { phone } = await house.person({ fullName: 'Budi' });
    const { page, context } = await open('/forgot-password?lang=en', { size: 'desktop' });
    const found = await faults(page, 'request');
    await page.locator('#name').fill('Budi');
    await page.locator('#phone').fill(phone);
    await page.locator('#phone').press('Enter');
    await page.locator('#code').waitFor();
    found.push(...(await faults(page, 'code')));
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    await page.locator('#newPassword').waitFor();
    found.push(...(await faults(page, 'new password')));
    await page.reload();
    await page.locator('#code').waitFor();
    found.push(...(await faults(page, 'code again')));
    await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
    for (const field of ['#newPassword', '#confirm']) await page.locator(field).fill(PASSWORD);
    await page.locator('#confirm').press('Enter');
    await page.locator('[data-step=done]').waitFor();
    found.push(...(await faults(page, 'done').catch(() => []))); // two seconds may be too short for a slow machine
    await page.waitForURL('**/login');
    house.fake.connected = false;
    await page.getByRole('button', { name: 'Log in with a WhatsApp code' }).click();
    await page.locator('#phone').press('Enter');
    await page.locator('[part~=problem-box]').waitFor();
    found.push(...(await faults(page, 'provider down')));
    expect(found).toEqual([]);
    house.fake.connected = true;
    await context.close();
  });
});

describe('the pages', () => {
  it.each(['/login', '/forgot-password'])(
    'fit 320 px, and a phone of people who need large letters: %s',
    async (path) => {
      const { page, isWide, context } = await open(path, { viewport: { width: 320, height: 568 } });
      await page.locator('masuk-login input').first().waitFor();
      expect(await isWide()).toBe(false);
      await page.evaluate(`document.documentElement.style.fontSize = '200%'`);
      expect(await isWide()).toBe(false);
      await context.close();
    },
  );

  it('have targets of at least 44 px, and nothing moves while they load', async () => {
    const { page, context } = await open('/login');
    await page.locator('#phone').waitFor();
    for (const target of await page.locator('button, input, a').all()) {
      const { width = 0, height = 0 } = (await target.boundingBox()) ?? {};
      expect([await target.textContent(), width >= 44, Math.round(height) >= 44]).toEqual([
        await target.textContent(),
        true,
        true,
      ]);
    }
    const shift = await page.evaluate<number>(
      `new Promise((resolve) => { let sum = 0; new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (sum += value))).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => resolve(sum), 300); })`,
    );
    expect(shift).toBeLessThan(0.01);
    await context.close();
  });

  it('can be used with the keyboard alone, in the order that they are read', async () => {
    const { phone } = await house.person();
    const { page, context } = await open('/login');
    await page.locator('#phone').waitFor();
    await page.keyboard.type(phone);
    const order: string[] = [];
    for (let key = 0; key < 5; key += 1) {
      await page.keyboard.press('Tab');
      order.push(
        await page.evaluate<string>(
          '(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at.textContent.trim(); })()',
        ),
      );
    }
    expect(order).toEqual(['Kirim kode', 'Masuk dengan kata sandi', 'Lupa sandi?', 'Bahasa Indonesia', 'English']);
    for (let key = 0; key < 4; key += 1) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Space');
    await page.locator('#code').waitFor();
    await page.keyboard.type(house.fake.codeFor(phone) ?? '');
    await page.waitForURL('**/account');
    await context.close();
  });

  it('run under a policy without inline script or style, and ask nobody but the service', async () => {
    const { page, context, complaints } = await open('/login');
    await page.locator('#phone').waitFor();
    const { headers } = await house.service.get('/login');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
    const refused = page.waitForEvent('console', {
      predicate: (message) => /Content Security Policy/.test(message.text()),
    });
    await page
      .evaluate(
        `(() => { const script = document.createElement('script'); script.src = 'https://example.com/x.js'; document.head.append(script); })()`,
      )
      .catch(() => undefined); // Trusted Types refuse the address already
    await page.evaluate(`document.body.setAttribute('style', 'color: red')`);
    expect((await refused).text()).toBeTruthy();
    expect(await page.evaluate<string>('getComputedStyle(document.body).color')).not.toBe('rgb(255, 0, 0)');
    expect(complaints().filter((complaint) => !/Content Security Policy|TrustedScriptURL/.test(complaint))).toEqual([]);
    await context.close();
  });

  it('change their language without a script too, and remember it', async () => {
    const { page, context } = await open('/login?lang=en', { javaScriptEnabled: false });
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('link', { name: 'Bahasa Indonesia' }).click();
    await page.locator('html[lang=id]').waitFor();
    await page.goto(`${house.service.url}/login`);
    expect(await page.locator('html').getAttribute('lang')).toBe('id');
    await context.close();
  });
});
