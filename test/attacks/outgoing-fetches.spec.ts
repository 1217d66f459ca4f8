import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { PNG } from '../support/files.js';
import { openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';
import { newNumber } from '../support/house.js';
import { type Service } from '../support/service.js';

// What callers may make this service fetch (design: security, "Outgoing fetches").

let house: GatewayHouse;
/** An instance that may fetch from this machine, for what comes after the address. */
let lenient: Service;
let server: Server;
let port: number;
let hits = 0;
let serve: (response: ServerResponse) => void;

beforeAll(async () => {
  house = await openGatewayHouse({ GATEWAY_SEND_TIMEOUT: '3', MEDIA_MAX_BYTES: '1000000' });
  await house.link('main', newNumber());
  lenient = await house.another({ OUTGOING_ALLOW_PRIVATE: 'on' });
  server = createServer((_, response) => {
    hits += 1;
    serve(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  const [left] = await house.database.query<{ count: number }>('SELECT count(*)::int AS count FROM gateway_media');
  expect(left?.count).toBe(0);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await house.close();
});

const send = (url: string, by = house.service) =>
  by.post('/api/messages/main/image', { to: newNumber(), url }, house.admin);

describe('V1.3.6: an address inside', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '１２７.0.0.1',
    'localhost',
    'db.internal',
    'localhost.',
  ])('is not fetched from: %s', async (host) => {
    const before = hits;
    serve = (response) => response.end(PNG);
    expectFailure(await send(`http://${host}:${port}/a.png`), 400, 'media_url_refused');
    expectFailure(await send(`https://${host}:${port}/a.png`), 400, 'media_url_refused');
    expect(hits).toBe(before);
  });

  it('answers the same whether something listens there or not', async () => {
    const [there, nothing] = [await send(`http://127.0.0.1:${port}/`), await send('http://127.0.0.1:9999/')];
    expect([there.status, there.text]).toEqual([nothing.status, nothing.text]);
  });

  it.each([
    'ftp://a.example/a.png',
    'data:image/png;base64,AA',
    'http://u:p@a.example/',
    'http://a.example:25/',
    'a.png',
    ' ',
  ])('is refused: %s', async (url) => expectFailure(await send(url), 400, 'media_url_refused'));
});

describe('V1.3.6: a server outside', () => {
  const fetched = () => send(`http://127.0.0.1:${port}/a.png`, lenient);

  it('is fetched from', async () => {
    serve = (response) => response.end(PNG);
    expect((await fetched()).status).toBe(200);
  });

  it.each<[string, number, string, (response: ServerResponse) => void]>([
    [
      'announces five gigabytes',
      413,
      'media_too_large',
      (response) => {
        response.writeHead(200, { 'content-length': 5 * 2 ** 30 });
        response.write(PNG);
      },
    ],
    [
      'never ends',
      413,
      'media_too_large',
      (response) => {
        response.write(PNG);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        more();
      },
    ],
    ['begins and says no more', 422, 'media_url_failed', (response) => void response.write(PNG)],
    ['does not answer', 422, 'media_url_failed', () => undefined],
    [
      'breaks off',
      422,
      'media_url_failed',
      (response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        response.write(PNG, () => response.destroy());
      },
    ],
    [
      'packs a bomb',
      422,
      'media_url_failed',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(5_000_000)));
      },
    ],
    [
      'says that it is a picture',
      415,
      'media_type_not_allowed',
      (response) => {
        response.writeHead(200, { 'content-type': 'image/png' });
        response.end('<html><script>alert(1)</script>');
      },
    ],
    ['has none', 422, 'media_url_failed', (response) => response.writeHead(404).end(PNG)],
    [
      'sends it elsewhere without end',
      422,
      'media_url_failed',
      (response) => response.writeHead(302, { location: '/a.png' }).end(),
    ],
    [
      'sends it to a file',
      400,
      'media_url_refused',
      (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    ],
  ])('that %s: %d %s', async (_, status, code, answer) => {
    serve = answer;
    expectFailure(await fetched(), status, code);
  });
});
