import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import { type createMasuk } from '../../client/src/masuk.js';
import { complaintsOf, startBrowser } from '../support/browser.js';
import { openHouse, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';

const ROOT = join(import.meta.dirname, '..', '..');
/** Nobody listens there: the pages come from this file. */
const APPLICATION = 'http://localhost:4998';

type Options = Parameters<typeof createMasuk>[0];
type Client = ReturnType<typeof createMasuk>;

let house: House;
let built: string;
let browser: Browser;

beforeAll(async () => {
  house = await openHouse();
  built = mkdtempSync(join(tmpdir(), 'masuk-client-'));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', join(ROOT, 'client'), '--outDir', built]);
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  rmSync(built, { recursive: true, force: true });
  await house.close();
});

/** A page of `origin` with the built client in it, `masuk` made with these options. */
async function pageWith(context: BrowserContext, origin: string, options: Options): Promise<Page> {
  // A page that no server gave counts as one from the Internet, which asks before it may call this machine.
  await context.grantPermissions(['local-network-access']);
  const page = await context.newPage();
  await page.route(`${origin}/page`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><link rel="icon" href="data:,"><script type="module">
        import { createMasuk, storageStore } from '/client/masuk.js';
        globalThis.masuk = createMasuk(${JSON.stringify(options)});
        globalThis.kept = createMasuk({ ...${JSON.stringify(options)}, store: storageStore(localStorage) });
      </script>`,
    }),
  );
  await page.route(`${origin}/client/*`, (route) => {
    const name = new URL(route.request().url()).pathname.slice('/client/'.length);
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(built, name), 'utf8') });
  });
  await page.goto(`${origin}/page`);
  await page.waitForFunction('globalThis.kept');
  return page;
}

declare const masuk: Client;
declare const kept: Client;
declare const document: { cookie: string };

it('logs a page of another origin in: every header passes, the clock of the service is known', async () => {
  const { username } = await newcomer(house);
  const context = await browser.newContext();
  const page = await pageWith(context, APPLICATION, { baseUrl: house.service.url, language: 'en' });
  const complaints = complaintsOf(page);
  const seen = await page.evaluate(
    async ([identifier, password]) => {
      await masuk.login({ identifier, password });
      await masuk.logout();
      await masuk.login({ identifier, password }); // now with the device token
      await masuk.refresh();
      const me = await masuk.me();
      const status = (await masuk.fetch('/api/auth/me')).status;
      const failure = await masuk.endSession('x').catch((error: unknown) => error as { requestId: string });
      const real = Date.now;
      Date.now = () => real() - 7_200_000;
      await masuk.requestOtp('081234567890').catch(() => undefined);
      return {
        username: me.username,
        status,
        requestId: failure?.requestId,
        clockError: Math.abs(masuk.serverNow() - real()),
        cookies: document.cookie,
      };
    },
    [username, PASSWORD] as const,
  );
  expect(seen).toMatchObject({ username, status: 200, requestId: expect.any(String), cookies: '' });
  expect(seen.clockError).toBeLessThan(5_000);
  expect(await context.cookies()).toEqual([]);
  // Failures that were asked for are reported by the console; nothing else may be.
  expect(complaints.filter((complaint) => !/status of 40[04]|foreign: http:\/\/localhost/.test(complaint))).toEqual([]);
  await context.close();
});

it("logs the service's own page in by a cookie that the page cannot read", async () => {
  const { username } = await newcomer(house);
  const context = await browser.newContext();
  const page = await pageWith(context, house.service.url, { session: 'cookie' });
  const login = await page.evaluate(([identifier, password]) => masuk.login({ identifier, password }), [
    username,
    PASSWORD,
  ] as const);
  expect(Object.keys(login)).toEqual(['user']);
  await page.reload();
  await page.waitForFunction('globalThis.kept');
  expect(await page.evaluate(async () => (await masuk.me()).username)).toBe(username);
  expect(await page.evaluate(() => [document.cookie, localStorage.length])).toEqual(['', 0]);
  const [session] = (await context.cookies()).filter(({ name }) => name === '__Host-masuk');
  expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
  await page.evaluate(() => masuk.logout());
  expect(await page.evaluate(() => masuk.me().catch((error: unknown) => (error as { code: string }).code))).toBe(
    'unauthenticated',
  );
  await context.close();
});

it('keeps two tabs that share a store logged in together, and logs them out together', async () => {
  const { username } = await newcomer(house);
  const context = await browser.newContext();
  const one = await pageWith(context, APPLICATION, { baseUrl: house.service.url });
  await one.evaluate(([identifier, password]) => kept.login({ identifier, password }), [username, PASSWORD] as const);
  const two = await pageWith(context, APPLICATION, { baseUrl: house.service.url });
  const me = (page: Page) =>
    page.evaluate(() =>
      kept.me().then(
        (user) => user.username,
        (error: unknown) => (error as { code: string }).code,
      ),
    );
  expect(await me(two)).toBe(username);
  for (const page of [one, two, two, one]) await page.evaluate(() => kept.refresh());
  await Promise.all([one, two].map((page) => page.evaluate(() => kept.refresh())));
  expect([await me(one), await me(two)]).toEqual([username, username]);
  await one.evaluate(() => kept.logout());
  expect(await me(two)).toBe('unauthenticated');
  await context.close();
});
