import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { PNG, jpeg, mp3, mp4, pdf, voice } from '../../support/files.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { until } from '../../support/waits.js';

// docs/contract/gateway.md#messages with a file, as their recipients' phones fetch and decrypt them.

let house: GatewayHouse;
let account: string;
let files: Server;
let address: string;

/** What the file server answers, by path. */
const served = new Map<string, Buffer>();

beforeAll(async () => {
  house = await openGatewayHouse({ OUTGOING_ALLOW_PRIVATE: 'on' });
  account = newNumber();
  await house.link('main', account);
  files = createServer((request, response) => {
    const file = served.get(decodeURIComponent(request.url ?? ''));
    response.writeHead(file ? 200 : 404, { 'content-type': 'text/html' }).end(file);
  }).listen(0, '127.0.0.1');
  await once(files, 'listening');
  address = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
afterAll(async () => {
  files.close();
  await house.close();
});
afterEach(() => {
  house.whatsapp.reply = () => 'ack';
  house.whatsapp.media.reply = () => 200;
});

const received = async (to: string) => {
  const [message, ...more] = house.whatsapp.messagesTo(to);
  expect(more).toEqual([]);
  return { message: message!, file: await house.whatsapp.media.open(message!.content) };
};

/** What is kept of files in the database. */
const kept = async () =>
  (
    await house.database.query<{ media: number; chunks: number }>(
      'SELECT (SELECT count(*)::int FROM gateway_media) AS media, (SELECT count(*)::int FROM gateway_media_chunks) AS chunks',
    )
  )[0];

describe('a file that is uploaded', () => {
  it.each<[string, string, Buffer, string]>([
    ['image', 'foto.jpg', jpeg(), 'image/jpeg'],
    ['image', 'foto.bin', PNG, 'image/png'],
    ['video', 'video.mp4', mp4(), 'video/mp4'],
    ['audio', 'lagu.mp3', mp3(), 'audio/mpeg'],
    ['document', 'hasil.pdf', pdf(), 'application/pdf'],
    ['document', 'daftar.csv', Buffer.from('nama;nomor\nÉva;1\n'), 'text/csv'],
    ['document', 'catatan.txt', Buffer.from('\ufeffHalo\r\ndunia\t👋\n'), 'text/plain'],
  ])('arrives as %s %s', async (kind, name, bytes, mimetype) => {
    const to = newNumber();
    const answer = await house.upload('main', kind, { to, caption: 'Hasil *Anda*' }, { bytes, name });
    expect(answer.body).toEqual({
      success: true,
      message: 'Pesan terkirim',
      data: {
        sessionId: 'main',
        to: `${to}@s.whatsapp.net`,
        messageId: expect.stringMatching(/^3EB0/),
        timestamp: INSTANT,
      },
    });
    const { message, file } = await received(to);
    expect(message.id).toBe(answer.body.data.messageId);
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(file.mimetype).toBe(mimetype);
    if (kind !== 'audio') expect(file.caption).toBe('Hasil *Anda*');
    if (kind === 'document') expect(file.fileName).toBe(name);
    expect(await kept()).toEqual({ media: 0, chunks: 0 });
  });

  it('is larger than one piece, and its field may come before the others', async () => {
    const to = newNumber();
    const bytes = Buffer.concat([pdf(10), randomBytes(3_000_000)]);
    const form = new FormData();
    form.append('document', new Blob([bytes]), 'besar.pdf');
    form.append('fileName', 'Hasil lab.PDF');
    form.append('to', to);
    const url = `${house.service.url}/api/messages/main/document`;
    const response = await fetch(url, { method: 'POST', headers: house.admin, body: form });
    expect(response.status).toBe(200);
    const { file } = await received(to);
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(file.fileName).toBe('Hasil lab.pdf');
  });

  it('is a voice note that says how long it is', async () => {
    const to = newNumber();
    const answer = await house.upload('main', 'audio', { to, ptt: 'true' }, { bytes: voice(7), name: 'suara.ogg' });
    expect(answer.status).toBe(200);
    const { message, file } = await received(to);
    expect(file.mimetype).toBe('audio/ogg; codecs=opus');
    expect(message.content.audioMessage).toMatchObject({ ptt: true, seconds: 7 });
    const other = await house.upload('main', 'audio', { to, ptt: 'true' }, { bytes: mp3(), name: 'lagu.mp3' });
    expectFailure(other, 415, 'media_type_not_allowed');
  });

  it('needs no name', async () => {
    const to = newNumber();
    const part = (head: string, body: string) => `--edge\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
    const file = part('name="document"\r\nContent-Type: application/octet-stream', 'a;b');
    const type = { 'content-type': 'multipart/form-data; boundary=edge' };
    const answer = await house.service.send(
      'POST',
      '/api/messages/main/document',
      `${part('name="to"', to)}${file}--edge--\r\n`,
      { ...house.admin, ...type },
    );
    expect([answer.status, answer.body.code]).toEqual([200, undefined]);
    expect((await received(to)).file).toMatchObject({ mimetype: 'text/plain', bytes: Buffer.from('a;b') });
  });

  it('is read only for a linked account of the caller’s that is connected', async () => {
    const file = { bytes: PNG, name: 'a.png' };
    const to = newNumber();
    expectFailure(await house.upload('nobody', 'image', { to }, file), 404, 'session_not_found');
    expectFailure(await house.upload('main', 'image', { to }, file, {}), 401, 'unauthenticated');
    expectFailure(await house.upload('main', 'image', { to }, file, await house.key('otp')), 403, 'forbidden');
    const stranger = await house.key('messages');
    expectFailure(await house.upload('main', 'image', { to }, file, stranger), 404, 'session_not_found');
    expect(await kept()).toEqual({ media: 0, chunks: 0 });
  });

  it.each<[string, Record<string, string>, { bytes: Buffer; name: string; field?: string }, string]>([
    ['no recipient', {}, { bytes: PNG, name: 'a.png' }, 'invalid_phone'],
    ['a bad recipient', { to: '021' }, { bytes: PNG, name: 'a.png' }, 'invalid_phone'],
    ['an empty file', { to: '081234567890' }, { bytes: Buffer.alloc(0), name: 'a.png' }, 'validation_failed'],
    ['another field', { to: '081234567890' }, { bytes: PNG, name: 'a.png', field: 'file' }, 'validation_failed'],
    [
      'a file and an address',
      { to: '081234567890', url: 'https://a.example/a.png' },
      { bytes: PNG, name: 'a.png' },
      'validation_failed',
    ],
    [
      'a caption that is too long',
      { to: '081234567890', caption: 'x'.repeat(1_025) },
      { bytes: PNG, name: 'a.png' },
      'validation_failed',
    ],
  ])('is refused with %s, and nothing is kept', async (_, fields, file, code) => {
    expectFailure(await house.upload('main', 'image', fields, file), 400, code);
    expect(await kept()).toEqual({ media: 0, chunks: 0 });
  });
});

describe('a file that an address leads to', () => {
  it('arrives, and what it is does not come from the server’s words', async () => {
    const to = newNumber();
    const bytes = pdf();
    served.set('/hasil lab.pdf', bytes);
    const body = { to, url: `${address}/hasil%20lab.pdf` };
    const answer = await house.service.post('/api/messages/main/document', body, house.admin);
    expect(answer.status).toBe(200);
    const { file } = await received(to);
    expect(file).toMatchObject({ mimetype: 'application/pdf', fileName: 'hasil lab.pdf' });
    expect(file.bytes.equals(bytes)).toBe(true);
  });

  it('may stand in a form', async () => {
    const to = newNumber();
    served.set('/a', PNG);
    const form = new FormData();
    for (const [field, value] of Object.entries({ to, url: `${address}/a` })) form.append(field, value);
    const url = `${house.service.url}/api/messages/main/image`;
    expect((await fetch(url, { method: 'POST', headers: house.admin, body: form })).status).toBe(200);
    expect((await received(to)).file.bytes.equals(PNG)).toBe(true);
  });

  it.each<[string, unknown, number, string]>([
    ['nothing', undefined, 400, 'validation_failed'],
    ['a number', 5, 400, 'validation_failed'],
    ['a path', '/etc/passwd', 400, 'media_url_refused'],
    ['a file', 'file:///etc/passwd', 400, 'media_url_refused'],
  ])('is refused when it is %s', async (_, url, status, code) => {
    const answer = await house.service.post('/api/messages/main/image', { to: '081234567890', url }, house.admin);
    expectFailure(answer, status, code);
  });

  it('is refused when there is nothing', async () => {
    const body = { to: '081234567890', url: `${address}/nothing` };
    const answer = await house.service.post('/api/messages/main/image', body, house.admin);
    expectFailure(answer, 422, 'media_url_failed');
  });
});

describe('a file on its way to WhatsApp', () => {
  it('does not keep other messages waiting', async () => {
    const [to, other] = [newNumber(), newNumber()];
    let release = () => {};
    house.whatsapp.media.reply = () => new Promise((resolve) => (release = () => resolve(200)));
    const before = house.whatsapp.media.uploads.length;
    const answer = house.upload('main', 'image', { to }, { bytes: PNG, name: 'a.png' });
    await until('it comes in', () => house.whatsapp.media.uploads.length > before);
    expect((await house.text('main', other, 'halo')).status).toBe(200);
    release();
    expect((await answer).status).toBe(200);
    expect((await received(to)).file.bytes.equals(PNG)).toBe(true);
  });

  it('is tried again with a new ticket, and its message fails for certain when nobody takes it', async () => {
    const to = newNumber();
    const before = house.whatsapp.media.uploads.length;
    house.whatsapp.media.reply = () => 500;
    const answer = await house.upload('main', 'image', { to }, { bytes: PNG, name: 'a.png' });
    expectFailure(answer, 503, 'message_not_sent');
    expect(house.whatsapp.media.uploads.length - before).toBe(2);
    expect(house.whatsapp.messagesTo(to)).toEqual([]);
    expect(await kept()).toEqual({ media: 0, chunks: 0 });
  });

  it('lies in the database as nobody can read it', async () => {
    const to = newNumber();
    const words = 'rahasia sekali '.repeat(50);
    let release = () => {};
    house.whatsapp.media.reply = () => new Promise((resolve) => (release = () => resolve(200)));
    const before = house.whatsapp.media.uploads.length;
    const answer = house.upload('main', 'document', { to }, { bytes: Buffer.from(words), name: 'a.txt' });
    await until('it comes in', () => house.whatsapp.media.uploads.length > before);
    const [chunk] = await house.database.query<{ bytes: Buffer }>('SELECT bytes FROM gateway_media_chunks');
    expect(chunk?.bytes.length).toBeGreaterThan(words.length);
    expect(chunk?.bytes.toString('latin1')).not.toContain('rahasia');
    release();
    expect((await answer).status).toBe(200);
    expect(house.service.output()).not.toContain('rahasia');
  });

  it('is sent by another instance when the holder of the linked account is killed', async () => {
    const to = newNumber();
    const bytes = Buffer.concat([pdf(10), randomBytes(600_000)]);
    const dying = await house.anotherProcess();
    expect((await dying.post('/api/sessions/create', { sessionId: 'held' }, house.admin)).status).toBe(201);
    await house.whatsapp.scan(await house.qrOf('held'), { phone: newNumber() });
    await house.becomes('held', 'connected', undefined, dying);
    let held = 0;
    house.whatsapp.media.reply = () => {
      held += 1;
      return held === 1 ? new Promise(() => undefined) : 200;
    };
    // Asked of the instance that does not hold the linked account.
    const answer = house.upload('held', 'document', { to }, { bytes, name: 'a.pdf' });
    await until('the owner uploads', () => held === 1);
    await dying.stop('SIGKILL');
    // Its lease would end by itself, later.
    await house.database.query(`UPDATE gateway_sessions SET lease_until = now() WHERE name = 'held'`);
    const { status, body } = await answer;
    expect([status, body.code]).toEqual([200, undefined]);
    const { message, file } = await received(to);
    expect(message.id).toBe(body.data.messageId);
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(await kept()).toEqual({ media: 0, chunks: 0 });
  });
});
