import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { stopListening } from './stop-listening.js';

it('takes in whoever comes while it closes', async () => {
  const server = createServer((socket) => socket.end('welcome'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const greetings: Promise<string>[] = [];
  // The kernel has each of them before the loop looks again at who is there.
  const come = () => {
    greetings.push(text(connect(port, '127.0.0.1')).catch((error: unknown) => String(error)));
    if (greetings.length < 5) setImmediate(come);
  };
  setImmediate(come);

  await stopListening(server);
  expect(await Promise.all(greetings)).toEqual(Array.from({ length: 5 }, () => 'welcome'));
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
});

it('closes although somebody comes in every turn', async () => {
  const server = createServer((socket) => socket.end('welcome'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const come = () => {
    if (server.listening) setImmediate(come);
    const client = connect(port, '127.0.0.1').on('error', () => undefined);
    client.resume();
  };
  come();
  await stopListening(server);
  expect(server.listening).toBe(false);
});
