import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mp4, voice } from '../../support/files.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { until } from '../../support/waits.js';

// `examples/try-gateway.mjs`, as somebody with an API key and a phone runs it.

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'examples', 'try-gateway.mjs');
const folder = mkdtempSync(join(tmpdir(), 'masuk-try-'));

let house: GatewayHouse;

beforeAll(async () => {
  house = await openGatewayHouse();
});
afterAll(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

it('walks through the gateway, from the QR code to the end of the linked account', async () => {
  const [VIDEO, AUDIO] = [join(folder, 'video.mp4'), join(folder, 'suara.ogg')];
  writeFileSync(VIDEO, mp4());
  writeFileSync(AUDIO, voice(3));
  const key = await house.key('sessions', 'messages', 'otp', 'analytics', 'webhooks');
  const to = newNumber();
  const env = { MASUK_URL: house.service.url, MASUK_KEY: key['x-api-key'] ?? '', VIDEO, AUDIO };
  const script = spawn(process.execPath, [SCRIPT, to], { env });
  let said = '';
  for (const stream of [script.stdout, script.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const ended = once(script, 'exit') as Promise<[number | null]>;
  // A phone that is linked earlier leaves the script no QR code to ask for.
  await until('the script asks for a scan', () => script.exitCode !== null || said.includes('Scan with WhatsApp'));
  await house.whatsapp.scan(await house.qrOf('try-gateway'), { phone: newNumber() });
  const [code] = await ended;
  expect([code, said]).toEqual([0, expect.stringContaining('Everything answered as it should.')]);
  const kinds = house.whatsapp
    .messagesTo(to)
    .map(({ content }) => Object.keys(content).filter((key) => key.endsWith('Message')));
  expect(kinds.flat()).toEqual(
    expect.arrayContaining(['imageMessage', 'videoMessage', 'audioMessage', 'documentMessage', 'locationMessage']),
  );
  expect(said).not.toContain(env.MASUK_KEY);
  const left = await house.service.get('/api/sessions', house.admin);
  expect(left.body.data).toEqual([]);
});

it('is called from Node as docs/integration/gateway.md shows', async () => {
  const page = readFileSync(join(SCRIPT, '..', '..', 'docs', 'integration', 'gateway.md'), 'utf8');
  const module = page.split('```js\n')[1]?.split('\n```')[0] ?? '';
  expect(module).toContain('export class MasukFailure');
  writeFileSync(join(folder, 'masuk-gateway.mjs'), module);
  const [to, stranger] = [newNumber(), newNumber()];
  const key = await house.key('sessions', 'messages');
  await house.link('klinik', newNumber(), key);
  house.whatsapp.strangers.add(stranger);
  const script = `
    import { sendText, sendDocument, askWithButtons } from './masuk-gateway.mjs';
    await sendText('klinik', '${to}', 'Antrean *12*');
    await sendDocument('klinik', '${to}', Buffer.from('a;b'), 'daftar.csv', 'Daftar');
    await askWithButtons('klinik', '${to}', 'Datang?', [{ id: 'ya', text: 'Ya' }]);
    const failure = await sendText('klinik', '${stranger}', 'halo').catch((error) => error);
    console.log(failure.code, failure.status);`;
  writeFileSync(join(folder, 'use.mjs'), script);
  const env = { MASUK_URL: house.service.url, MASUK_KEY: key['x-api-key'] ?? '' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'use.mjs')], { env });
  expect(stdout).toBe('not_on_whatsapp 422\n');
  const [text, document, menu] = house.whatsapp.messagesTo(to);
  expect([text?.text, menu?.text]).toEqual(['Antrean *12*', expect.stringContaining('1. Ya')]);
  expect(await house.whatsapp.media.open(document!.content)).toMatchObject({
    fileName: 'daftar.csv',
    caption: 'Daftar',
  });
});
