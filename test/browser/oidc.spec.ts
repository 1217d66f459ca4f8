import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import * as openid from 'openid-client';
import { Strategy } from 'openid-client/passport';
import PassportOpenidConnect from 'passport-openidconnect';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { startExample } from '../support/examples.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { ask, discovered, freePort, openOidcHouse, type OidcHouse } from '../support/oidc.js';
import { openPage } from '../support/pages.js';
import { startPassportApplication } from '../support/passport-application.js';
import { codeOf } from '../support/second-factors.js';

let house: OidcHouse;
let browser: Browser;
beforeAll(async () => {
  [house, browser] = await Promise.all([openOidcHouse(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

/** Logs in on our page, which another application has sent the person to. */
async function logIn(page: Page, phone: string): Promise<void> {
  await page.locator('#phone').fill(phone);
  await page.locator('#phone').press('Enter');
  await page.locator('#code').waitFor();
  await page.locator('#code').fill(house.fake.codeFor(phone) ?? '');
}

describe('clients that others wrote, in a browser', () => {
  it('openid-client on a server and oauth4webapi in a page: one login for both, one logout', async () => {
    const ports = [await freePort(), await freePort()];
    const [dashboardUrl, pageUrl] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
    const { phone } = await house.person({ fullName: 'Maria Kaisiepo' });
    const web = await house.client({
      name: 'Dasbor Dinkes',
      redirectUris: [`${dashboardUrl}/callback`],
      postLogoutRedirectUris: [`${dashboardUrl}/`],
    });
    const spa = await house.client({
      kind: 'browser',
      redirectUris: [`${pageUrl}/`],
      postLogoutRedirectUris: [`${pageUrl}/`],
    });
    const running = await Promise.all([
      startExample('oidc/dashboard.mjs', {
        MASUK_ISSUER: house.issuer,
        CLIENT_ID: web.id,
        CLIENT_SECRET: web.secret ?? '',
        PORT: String(ports[0]),
        APP_URL: dashboardUrl,
      }),
      startExample('oidc/page.mjs', {
        MASUK_ISSUER: house.issuer,
        CLIENT_ID: spa.id,
        PORT: String(ports[1]),
        APP_URL: pageUrl,
      }),
    ]);
    try {
      const { page, complaints, picture, isWide, context } = await openPage(browser, { url: dashboardUrl }, '/');
      await page.getByRole('link', { name: 'Log in with WhatsApp' }).click();
      await page.locator('#phone').waitFor();
      expect(await page.locator('h1').textContent()).toBe('Dasbor Dinkes');
      expect(await isWide()).toBe(false);
      await picture('oidc-login');
      await logIn(page, phone);
      await page.locator('#user').waitFor();
      expect(house.fake.messagesFor(phone).at(-1)).toContain('Dasbor Dinkes');
      expect(await page.locator('#user').textContent()).toContain('Maria Kaisiepo');

      // The other application asks for nothing.
      await page.goto(pageUrl);
      await page.getByRole('button', { name: 'Log in with WhatsApp' }).click();
      await page.getByText('You are Maria Kaisiepo.').waitFor();
      expect(page.url()).toBe(`${pageUrl}/`);

      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('button', { name: 'Ya, keluar' }).waitFor();
      await picture('oidc-logout');
      await page.getByRole('button', { name: 'Ya, keluar' }).click();
      await page.getByText('Nobody is logged in.').waitFor();
      await page.goto(`${dashboardUrl}/login`);
      await page.locator('#phone').waitFor();
      // The dashboard has no favicon; nothing else complains.
      expect(complaints()).toEqual([]);
      await context.close();
    } finally {
      await Promise.all(running.map((each) => each.stop()));
    }
  });

  it('passport with the strategy of openid-client', async () => {
    const { id, phone } = await house.person({ fullName: 'Ani <b>Wenda</b>' });
    const application = await startPassportApplication(async (url) => {
      const client = await house.client({ redirectUris: [`${url}/callback`], firstParty: false, name: 'Toko' });
      const config = await discovered(house, client);
      const verify = (tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers, verified: Verified) =>
        verified(null, tokens.claims());
      return new Strategy({ config, scope: 'openid phone', callbackURL: `${url}/callback` }, verify as never) as never;
    });
    try {
      const { page, complaints, picture, context } = await openPage(browser, application, '/login');
      await logIn(page, phone);
      await page.getByRole('button', { name: 'Izinkan' }).waitFor();
      expect(await page.locator('.person').textContent()).toMatch(
        /^Anda login sebagai Ani <b>Wenda<\/b>, \+\d+\*{4}\d+\.$/,
      );
      // Enter must not say yes.
      expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
      await picture('oidc-consent');
      await page.getByRole('button', { name: 'Izinkan' }).click();
      await page.getByText(`user: ${id}`).waitFor();
      expect(complaints()).toEqual([]);
      await context.close();
    } finally {
      await application.close();
    }
  });

  it('but not passport-openidconnect, which knows no PKCE', async () => {
    const application = await startPassportApplication(async (url) => {
      const { id: clientID, secret: clientSecret } = await house.client({ redirectUris: [`${url}/callback`] });
      const metadata = (await discovered(house, { id: clientID, secret: clientSecret })).serverMetadata();
      const options = {
        issuer: house.issuer,
        authorizationURL: metadata.authorization_endpoint,
        tokenURL: metadata.token_endpoint,
        userInfoURL: metadata.userinfo_endpoint,
        callbackURL: `${url}/callback`,
        clientID,
        clientSecret,
      };
      const verify = (_issuer: string, profile: { id: string }, verified: Verified) =>
        verified(null, { sub: profile.id });
      return new PassportOpenidConnect.Strategy(options, verify);
    });
    try {
      const { page, context } = await openPage(browser, application, '/login');
      await page.getByText('refused').waitFor();
      expect(new URL(page.url()).searchParams.get('error')).toBe('invalid_request');
      expect(new URL(page.url()).searchParams.get('code')).toBeNull();
      await context.close();
    } finally {
      await application.close();
    }
  });

  it('a screen without a keyboard, logged in by a phone', async () => {
    const { id, phone } = await house.person();
    const config = await discovered(
      house,
      await house.client({ kind: 'device', redirectUris: [], name: 'Layar Antrean' }),
    );
    const started = await openid.initiateDeviceAuthorization(config, { scope: 'openid' });
    const waiting = openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 });
    waiting.catch(() => undefined);
    const { page, complaints, picture, isWide, context } = await openPage(
      browser,
      house.service,
      '/oidc/device?lang=en',
    );
    await page.getByLabel('Code on the device').fill(started.user_code.toLowerCase().replace('-', ' '));
    await picture('oidc-device');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Yes, log the device in' }).waitFor();
    await picture('oidc-device-confirm');
    expect(await isWide()).toBe(false);
    await page.getByRole('button', { name: 'Yes, log the device in' }).click();
    await logIn(page, phone);
    await page.getByText('The device is logged in').waitFor();
    expect((await waiting).claims()?.sub).toBe(id);
    expect(complaints()).toEqual([]);
    await context.close();
  });
});

describe('staff whom an application sends here, on a phone', () => {
  it('set up a second factor on the way, prove it the next time, and go on with the request', async () => {
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    await house.another({ PORT: port, PUBLIC_URL: origin, STAFF_SECOND_FACTOR: 'require' });
    const callback = `${origin}/health/live`;
    const client = await house.client({ name: 'Dasbor Dinkes', redirectUris: [callback] });
    const config = await discovered({ issuer: `${origin}/oidc` }, client);
    const { id, username } = await newcomer(house, { role: 'OPERATOR', fullName: 'Maria Kaisiepo' });
    const begin = async () => (await ask(config, { redirect_uri: callback, ui_locales: 'en' })).url;
    const first = await begin();
    const opened = await openPage(browser, { url: origin }, first.pathname + first.search);
    const { page, context, picture, isWide } = opened;
    const showsWell = async (name: string) => {
      expect(await violationsOf(page)).toEqual([]);
      expect(await isWide()).toBe(false);
      await picture(name);
    };
    const inBoth = async (name: string, english: string, indonesian: string) => {
      await page.getByRole('heading', { name: english, exact: true }).waitFor();
      await showsWell(`${name}-en`);
      await page.getByRole('link', { name: 'Bahasa Indonesia' }).click();
      await page.getByRole('heading', { name: indonesian, exact: true }).waitFor();
      await showsWell(`${name}-id`);
      await page.getByRole('link', { name: 'English' }).click();
      await page.getByRole('heading', { name: english, exact: true }).waitFor();
    };

    await page.getByRole('button', { name: 'Log in with a password' }).click();
    await page.locator('#identifier').fill(username);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await inBoth('oidc-enrolment', 'Set up a second factor', 'Daftarkan faktor kedua');
    await page.getByRole('button', { name: 'Set one up' }).click();
    await page.getByText('requires a second factor. Set one up').waitFor();
    await showsWell('oidc-security-before');
    await page.getByRole('button', { name: 'Set up an app' }).click();
    await page.locator('canvas.qr').waitFor();
    const secret = (await page.locator('.secret code').textContent()) ?? '';
    await page.locator('[name="code"] input').fill(codeOf(house, secret));
    const dialog = page.locator('wa-dialog');
    await dialog.getByRole('button', { name: 'Set up', exact: true }).click();
    await page.locator('.codes code').nth(9).waitFor();
    const code = (await page.locator('.codes code').first().textContent()) ?? '';
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await dialog.waitFor({ state: 'detached' });
    await showsWell('oidc-security-after');
    await page.getByRole('link', { name: 'Go back to the application' }).click();
    await page.waitForURL(`${callback}?**code=**`);

    // Its proof is forgotten, as after new recovery codes: the request asks for it, and for nothing else.
    await house.database.query('UPDATE login_sessions SET second_factor = NULL WHERE user_id = $1', [id]);
    await page.goto((await begin()).href);
    await inBoth('oidc-proof', 'Second factor', 'Faktor kedua');
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.locator('#proof').fill(code);
    await page.locator('#proof').press('Enter');
    await page.waitForURL(`${callback}?**code=**`);
    expect(opened.complaints()).toEqual([]);
    await context.close();
  });
});

async function violationsOf(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(
    `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`,
  );
}

type Verified = (error: unknown, user?: object) => void;
