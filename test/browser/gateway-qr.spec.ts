import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { complaintsOf, startBrowser } from '../support/browser.js';
import { openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';
import { newNumber } from '../support/house.js';
import { type ServiceProcess } from '../support/service.js';

/** Where a person may look at what the browser saw; unset, no picture is taken. */
const PICTURES = process.env['MASUK_PICTURES'];

let house: GatewayHouse<ServiceProcess>;
let browser: Browser;

beforeAll(async () => {
  house = await openGatewayHouse({}, { ownProcess: true });
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

/** Opens the QR page of a linked account by a ticket, as somebody without a login would. */
async function openByLink(name: string, viewport = { width: 360, height: 740 }) {
  const made = await house.service.post('/api/sessions/create', { sessionId: name }, house.admin);
  expect(made.status).toBe(201);
  const { body } = await house.service.post(`/api/sessions/${name}/qr-ticket`, {}, house.admin);
  const { pathname, search } = new URL(body.data.url);
  const page = await browser.newPage({ viewport });
  const complaints = complaintsOf(page);
  await page.goto(house.service.url + pathname + search);
  const picture = async (what: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/qr-${what}.png` });
  };
  return { page, complaints, picture };
}

it('shows a QR code until it is scanned, and then who is linked, as text', async () => {
  const phone = newNumber();
  const { page, complaints, picture } = await openByLink('layar');
  expect(new URL(page.url()).search).toBe('');
  await page.locator('#qr:not([hidden])').waitFor();
  expect(await page.evaluate<boolean>("document.querySelector('#qr').naturalWidth > 100")).toBe(true);
  expect(await page.locator('#state').textContent()).toBe('Menunggu dipindai…');
  await picture('waits');
  const name = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  await house.whatsapp.scan(await house.qrOf('layar'), { phone, name });
  await page.locator('#state.good').waitFor();
  expect(await page.locator('#state').textContent()).toBe(`Terhubung: ${name} · ${phone}@s.whatsapp.net`);
  expect(await page.locator('#state *').count()).toBe(0);
  expect(await page.locator('#qr').isVisible()).toBe(false);
  await picture('linked');
  expect(
    await page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
  ).toBe(false);
  expect(complaints).toEqual([]);
  // The cookie that the link was exchanged for opens the page again.
  await page.reload();
  await page.locator('#state.good').waitFor();
  await page.close();
});

it('says so when the linked account goes while it is watched', async () => {
  const { page, complaints } = await openByLink('sebentar', { width: 1280, height: 800 });
  await page.locator('#qr:not([hidden])').waitFor();
  await house.service.send('DELETE', '/api/sessions/sebentar', undefined, house.admin);
  await page.getByText('Session ini sudah dihapus.').waitFor();
  expect(await page.locator('#qr').isVisible()).toBe(false);
  expect(complaints).toEqual([]);
  await page.close();
});

it('does not keep the service from stopping', async () => {
  const { page } = await openByLink('terbuka');
  await page.locator('#qr:not([hidden])').waitFor();
  // It would exit with 1 if it gave up waiting (docs/operations.md, "Start and stop").
  expect((await house.service.stop('SIGTERM')).code).toBe(0);
  await page.close();
});
