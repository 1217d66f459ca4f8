import { once } from 'node:events';
import { connect } from 'node:net';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { limitSlowBodies } from './slow-bodies.js';

let server: FastifyInstance;

beforeAll(async () => {
  server = fastify();
  limitSlowBodies(server, 300, ({ url }) => url === '/upload', 'en');
  server.post('/text', () => 'text');
  server.post('/upload', () => 'upload');
  await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

/** Sends the head and half of a body, the other half so many ms later; what was answered. */
async function slowly(path: string, ms: number): Promise<string> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  let heard = '';
  socket.on('data', (bytes) => (heard += bytes.toString())).on('error', () => undefined);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n"a`,
  );
  setTimeout(() => socket.writable && socket.write('b"'), ms);
  await once(socket, 'close');
  return heard;
}

it('gives a body its time', async () => {
  expect(await slowly('/text', 50)).toMatch(/^HTTP\/1\.1 200 [^]*text$/);
});

it('cuts a late one off, with an answer in our shape', async () => {
  const heard = await slowly('/text', 2_000);
  expect(heard).toMatch(/^HTTP\/1\.1 408 /);
  expect(heard).toContain('"code":"request_timeout"');
});

it('leaves uploads the server’s time', async () => {
  expect(await slowly('/upload', 800)).toMatch(/^HTTP\/1\.1 200 [^]*upload$/);
});
