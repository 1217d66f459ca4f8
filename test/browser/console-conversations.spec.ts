import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { axeFaults, openConsole, type Sight } from '../support/console.js';
import { FakeWhapi } from '../support/fake-whapi.js';
import { pdf } from '../support/files.js';
import { national, newPhone, openHouse, type House } from '../support/house.js';
import { until } from '../support/waits.js';

// A house of its own: files come from a provider that hands them out, and answers fail there.

/** As an attacker would write, in a name and in a message. */
const MARKUP = '<img src=x onerror=alert(1)> <script>alert(2)</script>';

let house: House;
let whapi: FakeWhapi;
let browser: Browser;

beforeAll(async () => {
  whapi = await FakeWhapi.start();
  [house, browser] = await Promise.all([
    openHouse({ SEED_DEMO: '', WHATSAPP_PROVIDERS: 'whapi', ...whapi.settings, MEDIA_MAX_BYTES: '1000000' }),
    startBrowser(),
  ]);
  const hook = { url: `${house.service.url}/webhook/whapi` };
  await fetch(`${whapi.url}/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${whapi.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ webhooks: [hook] }),
  });
});
afterAll(async () => {
  await browser.close();
  await house.close();
  await whapi.close();
});

const open = (path: string, sight?: Sight) => openConsole(browser, house.service, `/conversations${path}`, sight);
const says = (phone: string, more: Record<string, unknown> = {}) =>
  whapi.emitIncoming([{ from: phone.slice(1), chat_id: `${phone.slice(1)}@s.whatsapp.net`, ...more }]);
const writes = (phone: string, body: string, name = 'Ibu Ani') => says(phone, { text: { body }, from_name: name });

const log = (page: Page) => page.getByRole('log');
const bubbles = (page: Page) => log(page).locator('.said');
const told = (page: Page, text: string | RegExp) =>
  page.locator('console-thread [role=status]').getByText(text).waitFor();
const field = (page: Page) => page.locator('#answer');
const pressed = async (page: Page) => page.locator('.segments [aria-pressed=true]').textContent();

describe('an operator', () => {
  it.each([
    ['on a phone, in Indonesian', 'phone', 'id'],
    ['on a desktop, in English', 'desktop', 'en'],
  ] as const)(
    '%s: finds who wrote, reads, answers, sees what became of it, and hands back',
    async (_, size, language) => {
      const phone = newPhone();
      await writes(phone, 'agent', MARKUP);
      await writes(phone, `Anak saya demam ${MARKUP}`, MARKUP);
      whapi.receipts = 'in-order';
      const { page, context, isWide, complaints, picture } = await open('', { as: 'operator', size, language });
      const say = language === 'id' ? ID : EN;
      const entry = page.locator('.talks a', { hasText: 'Anak saya demam' }).first();
      await entry.getByText(say.unread).waitFor({ state: 'attached' });
      expect([await axeFaults(page), await isWide()]).toEqual([[], false]);
      await picture(`conversations-${size}-list`);
      await entry.click();
      await page.waitForURL(`**/admin/conversations/${national(phone)}`);
      await page.getByRole('heading', { level: 1, name: MARKUP }).waitFor();
      expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('H1');
      await bubbles(page).getByText(`Anak saya demam ${MARKUP}`).waitFor();
      expect(await page.locator('main img, main script').count()).toBe(0);
      await until('it is read', async () => (await unreadOf(phone)) === 0);

      await field(page).fill('Baik, Bu.\nSilakan datang.');
      await page.getByRole('button', { name: say.send, exact: true }).click();
      await told(page, say.queued);
      expect(await field(page).inputValue()).toBe('');
      await log(page).locator('.bubble.out', { hasText: 'Silakan datang.' }).getByText(say.delivered).waitFor();
      expect(await log(page).locator('.bubble.out', { hasText: 'Silakan datang.' }).textContent()).toContain(
        'Operator',
      );
      await until('it has arrived', () => whapi.messagesFor(phone).includes('Baik, Bu.\nSilakan datang.'));

      await writes(phone, 'Terima kasih');
      await bubbles(page).getByText('Terima kasih').waitFor();
      await told(page, say.news);
      expect([await axeFaults(page), await isWide()]).toEqual([[], false]);
      await picture(`conversations-${size}-thread`);
      await page.getByRole('button', { name: 'Bot', exact: true }).click();
      await told(page, say.bot);
      expect(await pressed(page)).toMatch(/Bot/);
      expect((await house.database.query('SELECT state FROM conversations WHERE phone = $1', [phone]))[0]).toEqual({
        state: 'BOT',
      });
      expect(complaints()).toEqual([]);
      await context.close();
    },
  );

  it('answers by the keyboard alone, once, however often it is pressed and though the answer is lost', async () => {
    const phone = newPhone();
    await writes(phone, 'pause');
    const { page, context } = await open(`/${national(phone)}`, { as: 'operator' });
    await bubbles(page).getByText('pause', { exact: true }).waitFor();
    // The service has it, but the browser never learns.
    let lost = 0;
    await page.route('**/reply', async (route) => {
      lost += 1;
      if (lost > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await field(page).focus();
    await page.keyboard.type('Hanya sekali');
    await page.keyboard.press('Control+Enter');
    await page.locator('#answer-problem').getByText('Layanan tidak dapat dihubungi.').waitFor();
    expect(await field(page).inputValue()).toBe('Hanya sekali');
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Control+Enter');
    await told(page, 'Jawaban masuk antrean pengiriman.');
    await until('it is sent', () => whapi.messagesFor(phone).includes('Hanya sekali'));
    expect(
      await house.database.query('SELECT 1 FROM conversation_messages WHERE phone = $1 AND sent_by IS NOT NULL', [
        phone,
      ]),
    ).toHaveLength(1);
    // The same words once more are another answer.
    await page.keyboard.type('Hanya sekali');
    await page.keyboard.press('Control+Enter');
    await until('two are sent', () => whapi.messagesFor(phone).filter((text) => text === 'Hanya sekali').length === 2);
    await context.close();
  });

  it('sees why an answer was not sent, and that somebody cannot be answered', async () => {
    const phone = newPhone();
    await writes(phone, 'pause');
    const { page, context, picture } = await open(`/${national(phone)}`, { as: 'operator', language: 'en' });
    await bubbles(page).getByText('pause', { exact: true }).waitFor();
    whapi.wire.forNumber(phone.slice(1), { status: 400, body: { error: { code: 400, message: 'wrong request' } } });
    await field(page).fill('Selamat pagi');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const answer = log(page).locator('.bubble.out', { hasText: 'Selamat pagi' });
    await answer.locator('.why-not').waitFor();
    await picture('conversations-failed');
    whapi.wire.forNumber(phone.slice(1), undefined);

    const abroad = `+1202557${String(process.pid % 10_000).padStart(4, '0')}`;
    await writes(abroad, 'Hello', 'Ann');
    await page.locator('[name=number] input').fill(abroad);
    await page.keyboard.press('Enter');
    await page.getByText('This person cannot be answered').waitFor();
    expect(await field(page).count()).toBe(0);
    await page.locator('[name=number] input').fill('0812 0000 9999');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody has written from this number').first().waitFor();
    await context.close();
  });

  it('downloads a file that came in, and is told when there is none', async () => {
    const phone = newPhone();
    const bytes = pdf(2_000);
    whapi.files.set('hasil-1', bytes);
    const file = (id: string, filename: string) =>
      says(phone, { type: 'document', document: { id, filename, mime_type: 'text/html' }, text: undefined });
    await writes(phone, 'pause');
    await file('hasil-1', `${MARKUP}.pdf`);
    await file('page-1', 'masuk.html');
    whapi.files.set('page-1', Buffer.from('<!doctype html><script>alert(1)</script>'));
    const { page, context, picture } = await open(`/${national(phone)}`, { as: 'operator', size: 'phone' });
    const download = page.waitForEvent('download');
    await log(page)
      .getByRole('button', { name: /^Unduh <img/ })
      .click();
    const saved = await download;
    expect(await readFile(await saved.path())).toEqual(bytes);
    expect(saved.suggestedFilename()).toMatch(/\.pdf$/);
    await log(page).getByRole('button', { name: 'Unduh masuk.html' }).click();
    await page.getByText('masuk.html: File dengan jenis ini tidak dapat diunduh.').waitFor();
    whapi.files.delete('hasil-1');
    await log(page)
      .getByRole('button', { name: /^Unduh <img/ })
      .click();
    await page.getByText('File ini tidak ada, atau sudah dihapus penyedia.').waitFor();
    await picture('conversations-files');
    await context.close();
  });

  it('sends a file by its address', async () => {
    const phone = newPhone();
    await writes(phone, 'pause');
    const { page, context, picture } = await open(`/${national(phone)}`, { as: 'operator' });
    await page.getByRole('button', { name: 'Kirim file' }).click();
    const dialog = page.locator('wa-dialog');
    const fill = (name: string, text: string) => page.locator(`[name="${name}"] input`).fill(text);
    await fill('url', 'https://files.example.com/hasil.pdf');
    await fill('caption', 'Hasil laboratorium');
    await fill('fileName', 'a/b.pdf');
    const send = dialog.getByRole('button', { name: 'Kirim', exact: true });
    await send.click();
    await dialog.getByText(/^media\.fileName/).waitFor();
    await fill('fileName', 'hasil.pdf');
    await picture('conversations-file-dialog');
    await send.click();
    await dialog.waitFor({ state: 'detached' });
    await log(page).locator('.bubble.out', { hasText: 'hasil.pdf' }).getByText('Hasil laboratorium').waitFor();
    await until('it is sent', () =>
      whapi.messages.some(({ media }) => media?.url === 'https://files.example.com/hasil.pdf'),
    );
    await context.close();
  });

  it('keeps what was typed when the login ends', async () => {
    const phone = newPhone();
    await writes(phone, 'pause');
    const { page, context } = await open(`/${national(phone)}`, { as: 'operator' });
    await field(page).fill('Masih saya tulis');
    await page.getByRole('button', { name: 'Kirim file' }).click();
    const address = page.locator('wa-dialog [name=url] input');
    await address.fill('https://files.example.com/hasil.pdf');
    // Of a login that ends elsewhere the page may hear by itself, and leave before it is pressed.
    await context.clearCookies({ name: /^__Host-/ });
    await page.locator('wa-dialog').getByRole('button', { name: 'Kirim', exact: true }).click();
    await page.waitForURL('**/login?next=**');
    await page.getByRole('button', { name: 'Masuk dengan kata sandi' }).click();
    await page.locator('#identifier').fill('operator');
    await page.locator('#password').fill('password123');
    await page.locator('#password').press('Enter');
    await page.waitForURL(`**/admin/conversations/${national(phone)}`);
    await field(page).waitFor();
    expect(await field(page).inputValue()).toBe('Masih saya tulis');
    expect(await address.inputValue()).toBe('https://files.example.com/hasil.pdf');
    await context.close();
  });
});

it('loads what is older, keeps the place, and asks nothing in a hidden tab or without a network', async () => {
  const phone = newPhone();
  await writes(phone, 'pause');
  for (let at = 1; at <= 40; at += 1) await writes(phone, `pesan ${at}`);
  const { page, context, calls } = await open(`/${national(phone)}`, { size: 'phone' });
  await page.clock.install();
  await page.reload();
  await bubbles(page).getByText('pesan 40', { exact: true }).waitFor();
  const box = log(page);
  const fromEnd = () => box.evaluate((element: any) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await until('it is at its end', async () => (await fromEnd()) < 5);
  await box.evaluate((element: any) => (element.scrollTop = 0));
  const first = bubbles(page).getByText('pesan 12', { exact: true });
  const before = (await first.boundingBox())?.y ?? 0;
  // On a slow line what is new overtakes what is older.
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/messages?*cursor=*', (route) => held.then(() => route.continue()));
  const asked = page.waitForRequest('**/messages?*cursor=*');
  await page.getByRole('button', { name: 'Muat pesan sebelumnya' }).click();
  await asked;
  await writes(phone, 'pesan sela');
  await bubbles(page).getByText('pesan sela', { exact: true }).waitFor({ state: 'attached' });
  letGo();
  await bubbles(page).getByText('pesan 1', { exact: true }).waitFor({ state: 'attached' });
  await until('its place is kept', async () => Math.abs(((await first.boundingBox())?.y ?? 0) - before) < 5);
  // Somebody who reads above is not torn away.
  await writes(phone, 'pesan baru');
  await page.getByRole('button', { name: 'Ada pesan baru' }).click();
  await until('the end is shown', async () => (await fromEnd()) < 5);

  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, value: true }); document.dispatchEvent(new Event('visibilitychange'))`,
  );
  const polls = () => calls.filter((call) => call.endsWith('/messages')).length;
  await page.clock.runFor(30_000);
  const quiet = polls();
  await page.clock.runFor(60_000);
  expect(polls()).toBe(quiet);
  await page.evaluate(`delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))`);
  await until('it looks again', () => polls() > quiet);
  // The service tells of what is new: but for that, little is asked for.
  const looked = polls();
  await page.clock.runFor(50_000);
  expect(polls() - looked).toBeLessThan(5);
  await writes(phone, 'pesan yang diberitahukan');
  await bubbles(page).getByText('pesan yang diberitahukan', { exact: true }).waitFor();
  await page.route('**/api/admin/events', (route) => route.abort());
  await context.setOffline(true);
  await page.getByText('Tidak ada koneksi internet.').waitFor();
  await context.setOffline(false);
  await writes(phone, 'kembali');
  await bubbles(page).getByText('kembali', { exact: true }).waitFor();
  // Where it does not tell, the page goes on by itself.
  const seen = polls();
  await page.clock.runFor(9_000);
  await until('it goes on', () => polls() > seen);
  await context.close();
});

it('a SUPERVISOR answers and changes the state, and reads what was said as WhatsApp shows it', async () => {
  const phone = newPhone();
  await writes(phone, 'pause');
  await writes(phone, 'Kode *123* _baru_ ~lama~ ```<b>4</b> *5*``` <i>6</i>');
  const { page, context, own } = await open(`/${national(phone)}`, { as: 'supervisor', language: 'en' });
  const said = bubbles(page).filter({ hasText: 'Kode' });
  expect(await said.textContent()).toBe('Kode 123 baru lama <b>4</b> *5* <i>6</i>');
  const drawn = (tag: string) => said.locator(tag).allTextContents();
  expect([await drawn('b'), await drawn('i'), await drawn('s'), await drawn('code')]).toEqual([
    ['123'],
    ['baru'],
    ['lama'],
    ['<b>4</b> *5*'],
  ]);
  // Here it may change something.
  expect(await page.getByText('Read only').count()).toBe(0);
  await page.getByRole('button', { name: 'Staff', exact: true }).click();
  await told(page, 'The state is now Staff.');
  await field(page).fill('Good morning');
  await page.keyboard.press('Control+Enter');
  await until('it is sent', () => whapi.messagesFor(phone).includes('Good morning'));
  // Numbers stand in addresses; the log of the service has none.
  expect((await house.service.get(`/admin/conversations/${national(phone)}`, own)).status).toBe(200);
  for (const digits of [national(phone).slice(1), phone.slice(1)]) expect(house.service.output()).not.toContain(digits);
  await context.close();
});

/** What the page says, by language. */
const ID = {
  unread: '2 belum dibaca',
  send: 'Kirim',
  queued: 'Jawaban masuk antrean pengiriman.',
  delivered: 'Sampai',
  news: /^Pesan baru dari .*: Terima kasih$/,
  bot: 'Status sekarang: Bot.',
};
const EN: typeof ID = {
  unread: '2 unread',
  send: 'Send',
  queued: 'The answer is waiting to be sent.',
  delivered: 'Delivered',
  news: /^New message from .*: Terima kasih$/,
  bot: 'The state is now Bot.',
};

async function unreadOf(phone: string): Promise<number> {
  const [row] = await house.database.query<{ unread: number }>('SELECT unread FROM conversations WHERE phone = $1', [
    phone,
  ]);
  return row?.unread ?? -1;
}
