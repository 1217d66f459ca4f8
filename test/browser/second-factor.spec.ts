import { afterAll, beforeAll, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { openHouse, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { freePort } from '../support/oidc.js';
import { openPage } from '../support/pages.js';
import { codeOf } from '../support/second-factors.js';

// The second factor on our own pages, with Chromium's own authenticator. A passkey has no addresses of numbers: the pages are on localhost.

let house: House;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  [house, browser] = await Promise.all([openHouse({ PORT: String(port), PUBLIC_URL: origin }), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

/** An authenticator that checks its user by itself. */
async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function logIn(page: Page, username: string): Promise<void> {
  await page.getByRole('button', { name: 'Log in with a password' }).click();
  await page.locator('#identifier').fill(username);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#password').press('Enter');
}

async function expectNoViolations(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`,
  );
  expect(found).toEqual([]);
}

const dialog = (page: Page) => page.locator('wa-dialog');

it('is set up, asked for at the login, and asked for again when a login is old', async () => {
  const { username, id } = await newcomer(house, { role: 'ADMIN' });
  const person = await house.person();
  const opened = await openPage(browser, { url: origin }, '/admin/security?lang=en', { size: 'phone' });
  const { page, context, isWide, picture } = opened;
  await addAuthenticator(page);
  await page.waitForURL('**/login?next=**');
  await logIn(page, username);
  await page.getByRole('heading', { level: 1, name: 'My account security' }).waitFor();
  await expectNoViolations(page);
  await picture('security-empty');

  await page.getByRole('button', { name: 'Set up an app' }).click();
  await page.locator('canvas.qr').waitFor();
  await picture('security-qr');
  const secret = (await page.locator('.secret code').textContent()) ?? '';
  await page.locator('[name="code"] input').fill(codeOf(house, secret));
  await dialog(page).getByRole('button', { name: 'Set up', exact: true }).click();
  await page.locator('.codes code').nth(9).waitFor();
  await picture('security-codes');
  await dialog(page).getByRole('button', { name: 'Close', exact: true }).last().click();
  await dialog(page).waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.locator('[name="name"] input').fill('Office laptop');
  await dialog(page).getByRole('button', { name: 'Add a passkey', exact: true }).click();
  await page.locator('.passkeys').getByText('Office laptop').waitFor();
  expect(await isWide()).toBe(false);
  await expectNoViolations(page);
  await picture('security-full');

  // The next login asks for it.
  await page.goto(`${origin}/account`);
  await context.clearCookies({ name: '__Host-masuk' });
  await page.goto(`${origin}/login?lang=en`);
  await logIn(page, username);
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await expectNoViolations(page);
  await picture('login-second-factor');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL('**/account');

  // What needs a fresh login asks for the proof, and is then done.
  const age = () =>
    house.database.query(
      `UPDATE login_sessions SET created_at = created_at - interval '20 minutes', proved_at = proved_at - interval '20 minutes' WHERE user_id = $1`,
      [id],
    );
  await age();
  await page.goto(`${origin}/admin/people/${person.id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.locator('wa-select[name="role"]').click();
  await page.locator('wa-option[value="OPERATOR"]').click();
  await dialog(page).getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await picture('proof-dialog');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.locator('.toast').getByText('The changes are saved.').waitFor();
  expect(await house.database.query('SELECT role FROM users WHERE id = $1', [person.id])).toEqual([
    { role: 'OPERATOR' },
  ]);

  await house.database.query(
    `INSERT INTO webhooks (id, url, events, sealed_secret) VALUES (gen_random_uuid(), 'https://a.example/', '{message.received}', '\\x00')`,
  );
  await age();
  await page.goto(`${origin}/admin/webhooks`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.locator('.toast').getByText('The webhook is deleted.').waitFor();
  expect(await house.database.query('SELECT id FROM webhooks')).toEqual([]);
  expect(opened.complaints().filter((complaint) => !complaint.startsWith('foreign: http://localhost'))).toEqual([]);
  await context.close();
});
