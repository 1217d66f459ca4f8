/**
 * `npm run docs:tour [-- NAME …]`: takes the pictures of docs/tour.md and its translation, all of them or those of these names,
 * of a service on the data of the demo. What is on them is the same at each run but for the times, which end with the run. They
 * become small enough for a repository.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';
import sharp from 'sharp';
import { query } from '../bench/databases.mjs';
import { startServer, stopServers } from '../bench/processes.mjs';
import { chromiumArguments } from '../test/support/chromium-arguments.mjs';
import { makeData } from './demo/data.mjs';
import { STAFF } from './demo/people.mjs';
import { environmentOf } from './demo/surroundings.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const PICTURES = join(root, 'docs', 'tour');

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
/** Names of pictures; none: all. */
const WANTED = process.argv.slice(2);

/** A page has few colours; these are enough for its letters, too. */
const COLOURS = 64;

/**
 * What is shown. `wait`: what must be there, beside the list that has loaded. `offers`: the offer of a second factor, which somebody
 * has refused on the other pictures.
 */
const pagesOf = ({ locked, webhook, talk }) => [
  { name: 'login', path: '/login', size: 'phone', isOpen: true, wait: '#phone' },
  { name: 'overview', path: '/admin/overview?range=30d', wait: 'canvas', offers: true },
  { name: 'overview-phone', path: '/admin/overview?range=7d', size: 'phone', wait: 'canvas' },
  { name: 'devices', path: '/admin/devices' },
  { name: 'people', path: '/admin/people?search=siti' },
  { name: 'person', path: `/admin/people/${locked}`, wait: '.why' },
  { name: 'person-phone', path: `/admin/people/${locked}`, size: 'phone', wait: '.why' },
  { name: 'conversations', path: `/admin/conversations/${talk}`, wait: '.messages' },
  { name: 'conversation-phone', path: `/admin/conversations/${talk}`, size: 'phone', wait: '.messages' },
  { name: 'audit', path: '/admin/logs/audit?outcome=failure' },
  { name: 'keys', path: '/admin/keys' },
  { name: 'deliveries', path: `/admin/webhooks/${webhook}` },
  { name: 'applications', path: '/admin/applications' },
  { name: 'settings', path: '/admin/settings' },
  { name: 'templates', path: '/admin/templates' },
  { name: 'security', path: '/admin/security' },
];

/** Whom and what the pages are about. */
async function subjectsIn(url) {
  const [found] = await query(
    url,
    `SELECT (SELECT u.id FROM users u JOIN otp_codes c USING (phone) WHERE c.failures BETWEEN 1 AND 99 ORDER BY u.id LIMIT 1) AS locked,
            (SELECT id FROM webhooks WHERE failing_since IS NOT NULL AND disabled_at IS NULL LIMIT 1) AS webhook,
            (SELECT '0' || substr(phone, 4) FROM conversations WHERE unread > 0 ORDER BY last_activity_at DESC LIMIT 1) AS talk`,
  );
  return found;
}

const usual = (language) => ({
  ...{ locale: language, timezoneId: 'Asia/Jakarta', colorScheme: 'light', reducedMotion: 'reduce' },
});

/** Logs the admin in as a person does. @returns what the browser keeps of it */
async function logIn(browser, url) {
  const context = await browser.newContext({ ...usual('id'), viewport: SIZES.desktop });
  const page = await context.newPage();
  await page.goto(`${url}/admin/overview`);
  await page.waitForURL('**/login?next=**');
  await page.locator('#phone').fill(STAFF[0].phone.replace('+62', '0'));
  await page.locator('#phone').press('Enter');
  await page.locator('#code').waitFor();
  const { data } = await (await fetch(`${url}/dev/inbox`)).json();
  await page.locator('#code').fill(data[0].code);
  await page.waitForURL('**/admin/overview');
  await page.locator('main h1').waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

async function takePicture(page, { url, path, wait, isOpen = false }, file) {
  await page.goto(url + path);
  if (!isOpen) {
    await page.locator('main h1').waitFor();
    await page.locator('main wa-spinner, main [aria-busy=true]').first().waitFor({ state: 'detached' });
  }
  if (wait) await page.locator(wait).first().waitFor();
  await page.evaluate('document.fonts.ready.then(() => new Promise(requestAnimationFrame))');
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  await sharp(picture).png({ palette: true, colours: COLOURS, dither: 0, effort: 10 }).toFile(file);
  return (await stat(file)).size;
}

async function takeAll(browser, url, subjects) {
  const state = await logIn(browser, url);
  let bytes = 0;
  for (const language of ['en', 'id']) {
    const folder = join(PICTURES, language);
    if (WANTED.length === 0) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const spoken = { name: 'masuk-lang', value: language, domain: '127.0.0.1', path: '/', expires: -1 };
    const cookies = [...state.cookies.filter(({ name }) => name !== spoken.name)];
    for (const { size = 'desktop', isOpen, offers = false, ...shown } of pagesOf(subjects)) {
      if (WANTED.length > 0 && !WANTED.includes(shown.name)) continue;
      const context = await browser.newContext({ ...usual(language), viewport: SIZES[size] });
      await context.addCookies([
        { ...spoken, httpOnly: false, secure: false, sameSite: 'Lax' },
        ...(isOpen ? [] : cookies),
      ]);
      if (!offers) await context.addInitScript(`localStorage.setItem('masuk-console-no-second-factor', '1')`);
      const page = await context.newPage();
      const taken = await takePicture(page, { url, isOpen, ...shown }, join(folder, `${shown.name}.png`));
      await context.close();
      bytes += taken;
      console.log(`docs/tour/${language}/${shown.name}.png ${Math.round(taken / 1024)} kB`);
    }
  }
  console.log(`${Math.round(bytes / 1024)} kB altogether`);
}

/** The port that people know, which a page shows, or a free one where it is taken. */
async function portFor(wanted) {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen(wanted, '127.0.0.1');
  try {
    await listening;
  } catch {
    return portFor(0);
  }
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}

const folder = await mkdtemp(join(tmpdir(), 'masuk-tour-'));
let browser;
try {
  const subjects = await makeData(folder, { look: subjectsIn });
  const server = await startServer({
    script: join(root, 'dist', 'main.js'),
    cwd: folder,
    logFile: join(folder, 'service.log'),
    env: environmentOf({ port: await portFor(5000), folder }, process.env),
  });
  const executablePath = await chromium.executablePath();
  browser = await playwright.launch({ executablePath, args: chromiumArguments(chromium.args) });
  await takeAll(browser, server.url, subjects);
} finally {
  await browser?.close();
  await stopServers();
  await rm(folder, { recursive: true, force: true });
}
