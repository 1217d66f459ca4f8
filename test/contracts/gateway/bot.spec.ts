import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MEDIA_CERTIFICATE } from '../../support/media-certificate.js';
import { pdf } from '../../support/files.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { messageWith } from '../../support/messages.js';
import { troubles } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU } from '../../support/webhooks.js';

// docs/contract/dashboard.md#the-bot with accounts that are linked to this service itself.

let house: GatewayHouse;
const account = newNumber();

/** Where staff keeps files. */
const FILE = pdf();
let files: Server;
const fileAt = (path: string) => `https://127.0.0.1:${(files.address() as AddressInfo).port}${path}`;
async function serveFiles(): Promise<void> {
  const key = readFileSync(MEDIA_CERTIFICATE.replace('.cert.', '.key.'));
  files = createServer({ key, cert: readFileSync(MEDIA_CERTIFICATE) }, (request, response) => {
    if (request.url === '/never.pdf') return;
    response.writeHead(request.url === '/hasil.pdf' ? 200 : 404).end(FILE);
  });
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
}

beforeAll(async () => {
  await serveFiles();
  const settings = {
    WHATSAPP_PROVIDERS: 'console,session',
    PROVIDER_TIMEOUT: '3',
    SEND_TIMEOUT: '4',
    OUTGOING_ALLOW_PRIVATE: 'on',
  };
  house = await openGatewayHouse(settings, { movingClock: true });
  await house.link('praktik', account);
});
afterAll(async () => {
  expect(troubles(house.service)).toEqual([]);
  await house.close();
  files.closeAllConnections();
  files.close();
});

/** Whether the friend of the account that was linked last has been heard. */
const heardIn = async ({ database }: GatewayHouse) =>
  (
    await database.query(
      `SELECT 1 FROM gateway_contacts WHERE heard_at IS NOT NULL
         AND session_id = (SELECT id FROM gateway_sessions ORDER BY created_at DESC LIMIT 1)`,
    )
  ).length > 0;

const textsTo = (digits: string) => house.whatsapp.messagesTo(digits).map(({ text }) => text);
const stateOf = async (digits: string) =>
  (await house.database.query<{ state: string }>('SELECT state FROM conversations WHERE phone = $1', [`+${digits}`]))[0]
    ?.state;

describe('what people write to a linked account', () => {
  it('is answered by that account, though others come first on the ladder', async () => {
    const friend = newNumber();
    await house.whatsapp.say(account, friend, 'Halo', { name: 'Ani\u202e\n' });
    await until('the menu', () => textsTo(friend).length > 0);
    expect(textsTo(friend)).toEqual([MENU]);
    expect(house.whatsapp.messagesTo(friend)[0]?.from).toBe(account);
    const { body } = await house.service.get('/api/conversations', house.admin);
    expect(body.data[0]).toMatchObject({ phone: `0${friend.slice(2)}`, name: 'Ani', state: 'BOT', unread: 1 });
    const history = await house.service.get(`/api/conversations/${friend}/messages`, house.admin);
    expect(history.body.data[1]).toMatchObject({ text: 'Halo', provider: 'session', kind: 'text' });
  });

  it('leads from state to state, and is answered by hand', async () => {
    const friend = newNumber();
    await house.whatsapp.say(account, friend, 'agent');
    await until('confirmed', () => textsTo(friend).length === 1);
    await house.whatsapp.say(account, friend, 'tolong');
    await until('heard', async () => {
      const { body } = await house.service.get('/api/conversations?limit=1', house.admin);
      return body.data[0]?.unread === 2;
    });
    expect(await stateOf(friend)).toBe('AGENT');
    const text = 'Selamat pagi';
    const replied = await house.service.post(`/api/conversations/${friend}/reply`, { text }, house.admin);
    expect(replied.status).toBe(200);
    await until('it arrives', () => textsTo(friend).includes(text));
    expect(textsTo(friend)).toHaveLength(2);
  });

  it('is answered by hand with a file, which is fetched for it', async () => {
    const friend = newNumber();
    await house.whatsapp.say(account, friend, 'agent');
    await until('confirmed', () => textsTo(friend).length === 1);
    const media = { kind: 'document', url: fileAt('/hasil.pdf'), caption: 'Hasil', fileName: 'lab.pdf' };
    await house.service.post(`/api/conversations/${friend}/reply`, { media }, house.admin);
    await until('it arrives', () => house.whatsapp.messagesTo(friend).length === 2);
    const got = await house.whatsapp.media.open(house.whatsapp.messagesTo(friend)[1]!.content);
    expect(got).toEqual({ bytes: FILE, mimetype: 'application/pdf', fileName: 'lab.pdf', caption: 'Hasil' });
    const { body } = await house.service.get(`/api/conversations/${friend}/messages`, house.admin);
    expect(body.data[0]).toMatchObject({ kind: 'document', text: 'Hasil' });
    expect(await house.database.query('SELECT 1 FROM gateway_media')).toEqual([]);
  });

  it.each(['/nowhere.pdf', '/never.pdf'])(
    'goes another way with the file %s, which cannot be fetched',
    async (path) => {
      const friend = newNumber();
      await house.whatsapp.say(account, friend, 'agent');
      await until('confirmed', () => textsTo(friend).length === 1);
      const media = { kind: 'document', url: fileAt(path) };
      const { body } = await house.service.post(`/api/conversations/${friend}/reply`, { media }, house.admin);
      const message = () => messageWith(house.database, body.data.id);
      await until('another has it', async () => (await message())?.provider === 'console');
      expect(textsTo(friend)).toHaveLength(1);
      expect(await house.database.query('SELECT 1 FROM gateway_media')).toEqual([]);
    },
  );

  it('is not answered by the bot where an API key has linked the account', async () => {
    const [tenants, friend] = [newNumber(), newNumber()];
    await house.link('a-tenants', tenants, await house.key('sessions', 'messages'));
    await house.whatsapp.say(tenants, friend, 'Halo');
    await until('heard', () => heardIn(house));
    await house.clock.pass(3);
    expect([textsTo(friend), await stateOf(friend)]).toEqual([[], undefined]);
  });
});

describe('where linked accounts do not send for the service', () => {
  it('the bot leaves their friends alone', async () => {
    const [own, friend] = [newNumber(), newNumber()];
    const other = await openGatewayHouse({}, { movingClock: true });
    try {
      await other.link('pribadi', own);
      await other.whatsapp.say(own, friend, 'Halo');
      await until('heard', () => heardIn(other));
      await other.clock.pass(3);
      expect(other.whatsapp.messagesTo(friend)).toEqual([]);
      expect(await other.database.query('SELECT 1 FROM conversations')).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
