import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { OutgoingAgents } from '../../platform/egress/outgoing-agent.js';
import { WebhookSender } from './webhook-sender.js';

let server: Server;
let url: string;
let calls: IncomingMessage[] = [];
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls.push(request);
    request.resume().on('end', () => answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  calls = [];
});

const senderWhere = (outgoingAllowPrivate: boolean) => new WebhookSender(new OutgoingAgents({ outgoingAllowPrivate }));
const inside = senderWhere(true);
const outside = senderWhere(false);

describe('a webhook', () => {
  it.each([200, 202, 204, 299])('takes an event with %d', async (status) => {
    answer = (response) => void response.writeHead(status).end();
    expect(await inside.send(url, '{}', { 'webhook-id': '1' })).toEqual({ taken: true, status, error: null });
    expect(calls[0]).toMatchObject({
      method: 'POST',
      headers: { 'webhook-id': '1', 'content-type': 'application/json' },
    });
  });

  it.each([400, 410, 429, 500])('does not with %d', async (status) => {
    answer = (response) => void response.writeHead(status).end();
    expect(await inside.send(url, '{}', {})).toEqual({ taken: false, status, error: 'status' });
  });

  it.each([301, 302, 307, 308])('is not followed with %d', async (status) => {
    answer = (response) => void response.writeHead(status, { location: `${url}elsewhere` }).end();
    expect(await inside.send(url, '{}', {})).toEqual({ taken: false, status, error: 'redirect' });
    expect(calls).toHaveLength(1);
  });

  it('is not listened to: an endless answer is left alone', async () => {
    let written = 0;
    let left: ServerResponse | undefined;
    answer = (response) => {
      left = response;
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && written < 50_000_000) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return;
        }
      };
      response.on('drain', more);
      more();
    };
    expect(await inside.send(url, '{}', {})).toMatchObject({ taken: true });
    await once(left!, 'close');
    expect(written).toBeLessThan(20_000_000);
  });

  it('that does not answer is given up', async () => {
    answer = () => undefined;
    expect(await inside.send(url, '{}', {}, 150)).toEqual({ taken: false, status: null, error: 'timeout' });
  });

  it('that is not there is told apart', async () => {
    expect(await inside.send('http://127.0.0.1:1/', '{}', {})).toMatchObject({ error: 'address_refused' });
    expect(await inside.send('http://127.0.0.1:1025/', '{}', {})).toMatchObject({ error: 'connection' });
  });

  it('inside this network is not even called', async () => {
    answer = (response) => void response.end();
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '10.0.0.1'])
      expect(await outside.send(`http://${host}:${port}/`, '{}', {}, 500)).toMatchObject({
        taken: false,
        error: 'address_refused',
      });
    for (const address of ['file:///etc/passwd', 'http://a:b@example.com/', 'http://example.com:22/', 'x'])
      expect(await outside.send(address, '{}', {}, 500)).toMatchObject({ taken: false, error: 'address_refused' });
    expect(calls).toEqual([]);
  });
});
