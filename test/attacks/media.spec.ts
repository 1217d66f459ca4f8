import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { PNG, pdf } from '../support/files.js';
import { openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';
import { newNumber } from '../support/house.js';
import { runJob } from '../support/jobs.js';
import { pause, until } from '../support/waits.js';

// What callers may upload (issue: "media of 5 GB, endless, of the wrong type, with a script inside").

const MOST = 1_000_000;
const temporary = mkdtempSync(join(tmpdir(), 'masuk-uploads-'));

let house: GatewayHouse;

beforeAll(async () => {
  house = await openGatewayHouse({ MEDIA_MAX_BYTES: String(MOST), TMPDIR: temporary });
  await house.link('main', newNumber());
});
afterAll(async () => {
  await house.close();
  rmSync(temporary, { recursive: true, force: true });
});

const upload = (kind: string, bytes: Buffer | string, name: string, fields: Record<string, string> = {}) =>
  house.upload('main', kind, { to: newNumber(), ...fields }, { bytes: Buffer.from(bytes), name });
const kept = async () =>
  (await house.database.query<{ count: number }>('SELECT count(*)::int AS count FROM gateway_media'))[0]?.count;

/** Begins an upload by hand. */
function begin(headers: string[], first: string | Buffer) {
  const { hostname, port } = new URL(house.service.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (bytes) => (heard += bytes.toString('latin1'))).on('error', () => undefined);
  const lines = [
    'POST /api/messages/main/image HTTP/1.1',
    'host: localhost',
    `authorization: ${house.admin['authorization']}`,
    'content-type: multipart/form-data; boundary=x',
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(first);
  return { socket, heard: () => heard };
}

const FILE = '--x\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n';

describe('V5.2.1: an upload', () => {
  it('of five gigabytes is refused before it is read', async () => {
    const { socket, heard } = begin([`content-length: ${5 * 2 ** 30}`], FILE);
    await until('answered', () => heard().includes('\r\n\r\n'));
    expect(heard()).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard()).toContain('media_too_large');
    socket.destroy();
  });

  it('without an end is cut off, and nothing of it is kept', async () => {
    const { socket, heard } = begin(['transfer-encoding: chunked'], '');
    const chunk = (bytes: Buffer) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
    socket.write(chunk(Buffer.concat([Buffer.from(FILE), PNG])));
    const more = chunk(Buffer.alloc(65_536));
    const pump = () => {
      while (!socket.destroyed && socket.write(more));
    };
    socket.on('drain', pump);
    pump();
    await until('answered', () => heard().includes('media_too_large'));
    await until('cut off', () => socket.destroyed);
    await until('forgotten', async () => (await kept()) === 0);
    expect((await upload('image', PNG, 'a.png')).status).toBe(200);
  });

  it('that is one byte too long is refused, and one that is not is sent', async () => {
    const exactly = Buffer.concat([pdf(10), Buffer.alloc(MOST)]).subarray(0, MOST);
    expect((await upload('document', exactly, 'a.pdf')).status).toBe(200);
    const longer = Buffer.concat([exactly, Buffer.from('x')]);
    expectFailure(await upload('document', longer, 'a.pdf'), 413, 'media_too_large');
  });

  it('that breaks off leaves nothing behind', async () => {
    const { socket } = begin(['content-length: 900000'], FILE);
    socket.write(Buffer.concat([PNG, Buffer.alloc(400_000)]));
    await until('something is kept', async () => (await kept()) === 1);
    socket.destroy();
    await until('it is forgotten', async () => (await kept()) === 0);
  });

  it('that is slow leaves room for others', async () => {
    await house.link('other', newNumber());
    const slow = Array.from({ length: 4 }, () => begin(['content-length: 900000'], FILE).socket);
    // All four are under way before another one asks for their place.
    await pause(1_500);
    await until('refused', async () => (await upload('image', PNG, 'a.png')).status === 503);
    const form = { to: newNumber() };
    expect((await house.upload('other', 'image', form, { bytes: PNG, name: 'a.png' })).status).toBe(200);
    for (const socket of slow) socket.destroy();
    await until('taken again', async () => (await upload('image', PNG, 'a.png')).status === 200);
  });

  it('is forgotten by a job when its instance died over it', async () => {
    await house.database.query(
      `INSERT INTO gateway_media (message_id, session_id, created_at)
       SELECT gen_random_uuid(), id, now() - interval '11 minutes' FROM gateway_sessions`,
    );
    await runJob(house.database, 'left-gateway-media');
    expect(await kept()).toBe(0);
  });

  it('never touches a disk', () => expect(readdirSync(temporary)).toEqual([]));

  it.each(['/api/auth/login', '/api/messages/main/text', '/api/messages/main/location'])(
    'is not taken at %s',
    async (path) => {
      const form = new FormData();
      form.append('to', newNumber());
      const answer = await fetch(house.service.url + path, { method: 'POST', headers: house.admin, body: form });
      expect(answer.status).toBe(415);
    },
  );

  it.each<[string, string]>([
    ['a field twice', '--x\r\ncontent-disposition: form-data; name="to"\r\n\r\n1\r\n'.repeat(2)],
    ['a prototype', '--x\r\ncontent-disposition: form-data; name="__proto__"\r\n\r\n1\r\n'],
    ['a constructor', '--x\r\ncontent-disposition: form-data; name="constructor"\r\n\r\n1\r\n'],
    [
      'twenty fields',
      Array.from({ length: 20 }, (_, at) => `--x\r\ncontent-disposition: form-data; name="f${at}"\r\n\r\n1\r\n`).join(
        '',
      ),
    ],
    ['two files', `${FILE}x\r\n`.repeat(2)],
    [
      'JSON in a field',
      '--x\r\ncontent-disposition: form-data; name="to"\r\ncontent-type: application/json\r\n\r\n{"a":1}\r\n',
    ],
    ['no parts', ''],
    ['noise', 'noise'],
  ])('with %s is refused', async (_, parts) => {
    const body = `${parts}--x--\r\n`;
    const headers = { ...house.admin, 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await house.service.send('POST', '/api/messages/main/image', body, headers);
    expect([400, 413, 415]).toContain(answer.status);
    expect(answer.body).toMatchObject({ success: false, code: expect.any(String) });
    expect(await kept()).toBe(0);
  });
});

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
const long = (text: string, at: number) => `${'angka;nama\n'.repeat(at / 11)}${text}`;

describe('V5.2.2: a file that is not what it may be', () => {
  it.each<[string, string, string | Buffer, string]>([
    ['a page', 'image', '<!doctype html><html></html>', 'foto.jpg'],
    ['an SVG', 'image', SVG, 'foto.svg'],
    ['an SVG with a head', 'image', `<?xml version="1.0"?>${SVG}`, 'foto.png'],
    ['a program', 'image', Buffer.from('4d5a90000300000004000000ffff0000', 'hex'), 'foto.png'],
    ['a document', 'image', pdf(), 'foto.png'],
    ['a picture', 'video', PNG, 'video.mp4'],
    ['a picture', 'audio', PNG, 'suara.ogg'],
    ['noise', 'audio', Buffer.alloc(5_000, 7), 'suara.mp3'],
    ['a page', 'document', '  \n<html><body>halo</body></html>', 'surat.txt'],
    ['an SVG', 'document', SVG, 'gambar.txt'],
    ['XML', 'document', '<?xml version="1.0"?><a/>', 'a.txt'],
    ['a script', 'document', '#!/bin/sh\nrm -rf /\n', 'a.txt'],
    ['a table with a script', 'document', 'nama\n<script>alert(1)</script>\n', 'a.csv'],
    ['a script far behind', 'document', long('<sCript >', 550_000), 'a.csv'],
    ['a script where two pieces meet', 'document', long('<script>', 262_141), 'a.csv'],
    ['no text', 'document', Buffer.from('halo\0dunia'), 'a.txt'],
    ['another encoding', 'document', Buffer.from('caf\xe9', 'latin1'), 'a.txt'],
    ['half a character', 'document', Buffer.from([0x61, 0xf0, 0x9f]), 'a.txt'],
    ['an archive', 'document', Buffer.from('504b0304140000000800', 'hex'), 'a.zip'],
    [
      'an old Office file',
      'document',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]),
      'a.doc',
    ],
    ['a program', 'document', Buffer.from('7f454c4602010100', 'hex'), 'a.pdf'],
    ['a Java class', 'document', Buffer.from('cafebabe00000034', 'hex'), 'a.pdf'],
  ])('is refused: %s as %s', async (_, kind, bytes, name) => {
    expectFailure(await upload(kind, bytes, name), 415, 'media_type_not_allowed');
    expect(await kept()).toBe(0);
  });
});

describe('V5.4.2: the name of a document', () => {
  it.each([
    ['../../etc/passwd', 'passwd.pdf'],
    ['C:\\Windows\\system32\\cmd.exe', 'cmd.exe.pdf'],
    ['<img src=x onerror=alert(1)>.pdf', 'img src=x onerror=alert(1).pdf'],
    ['a\u202efdp.exe', 'a fdp.exe.pdf'],
    ['.htaccess', 'htaccess.pdf'],
    ['hasil\r\nX: y.pdf', 'hasil X y.pdf'],
    ['$(reboot);`id`.pdf', '(reboot) id.pdf'],
    ['', 'a.pdf'],
    ['   ', 'file.pdf'],
    ['Hasil lab Éva 😀.PDF', 'Hasil lab Éva 😀.pdf'],
    [`${'x'.repeat(250)}.pdf`, `${'x'.repeat(100)}.pdf`],
  ])('is made harmless: %j', async (given, shown) => {
    const to = newNumber();
    const answer = await upload('document', pdf(), 'a.pdf', { to, fileName: given });
    expect(answer.status).toBe(200);
    const [message] = house.whatsapp.messagesTo(to);
    expect(message?.content.documentMessage?.fileName).toBe(shown);
  });
});
