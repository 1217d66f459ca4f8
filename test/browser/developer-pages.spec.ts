import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { complaintsOf, startBrowser } from '../support/browser.js';
import { AS_IN_DEVELOPMENT, openHouse, type House } from '../support/house.js';
import { type Service } from '../support/service.js';

/** Where a person may look at what the browser saw; unset, no picture is taken. */
const PICTURES = process.env['MASUK_PICTURES'];

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

let house: House;
let service: Service;
let browser: Browser;

beforeAll(async () => {
  house = await openHouse(AS_IN_DEVELOPMENT);
  ({ service } = house);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

async function open(
  path: string,
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark' = 'light',
) {
  const page = await browser.newPage({ viewport, colorScheme });
  const complaints = complaintsOf(page);
  await page.goto(service.url + path);
  const picture = async (name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
  };
  const wide = () =>
    page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  return { page, complaints, picture, wide };
}

describe('the developer inbox', () => {
  it.each(['phone', 'desktop'] as const)('shows a code that comes in while it is open, on a %s', async (size) => {
    const { page, complaints, picture, wide } = await open(
      '/dev/inbox',
      SIZES[size],
      size === 'phone' ? 'dark' : 'light',
    );
    const phone = size === 'phone' ? '081234567891' : '081234567892';
    const { status } = await service.post('/api/auth/otp/request', { phone });
    expect(status).toBe(200);
    await page.getByText(phone).first().waitFor();
    const code = await page.locator('li', { hasText: phone }).locator('.code').first().textContent();
    const verified = await service.post('/api/auth/otp/verify', { phone, otpCode: code });
    expect(verified.body.message).toBe('Login berhasil');
    await picture(`inbox-${size}`);
    expect(await wide()).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows a name with markup as the text it is', async () => {
    await house.database.query(
      `INSERT INTO users (id, phone, full_name) VALUES (gen_random_uuid(), '+6281200000001', '<img src=x onerror=alert(1)>')`,
    );
    const { page, complaints } = await open('/dev/inbox', SIZES.desktop);
    await service.post('/api/auth/otp/request', { phone: '081200000001' });
    await page.getByText('081200000001').first().waitFor();
    expect(await page.locator('li img').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('the documentation', () => {
  it('tries a login out in Swagger UI, with every script from this service', async () => {
    const { page, complaints, picture } = await open('/docs', SIZES.desktop);
    await page.locator('#operations-Login-requestOtp .opblock-summary-control').click();
    await page.locator('#operations-Login-requestOtp .execute').click();
    await page
      .locator('#operations-Login-requestOtp .live-responses-table .response-col_status', { hasText: '200' })
      .waitFor();
    await picture('docs');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('reads well in ReDoc', async () => {
    const { page, complaints, picture } = await open('/redoc', SIZES.desktop);
    await page.getByRole('heading', { name: 'Request a code on WhatsApp' }).waitFor();
    await picture('redoc');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
