import { settingsOf } from '../../platform/config/read-settings.js';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { outgoingAgents } from '../../platform/egress/outgoing-agent.js';
import { MediaFetcher } from './media-fetcher.js';

// Redirects of a host outside to hosts inside. Here the host outside is one that only this test lets through.

let server: Server;
let port: number;
let seen: string[];
let location: string;

const strict = outgoingAgents(false, () => Promise.resolve(['10.0.0.1']));
const toServer = new Agent({
  lookup: (_, { all }, found) => {
    if (all) found(null, [{ address: '127.0.0.1', family: 4 }]);
    else found(null, '127.0.0.1', 4);
  },
});
const agents = { for: (url: URL) => (url.hostname === 'outside.example' ? toServer : strict.http) };
const fetcher = new MediaFetcher(settingsOf({ GATEWAY_SEND_TIMEOUT: '2' }), agents as never);

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url === '/file') response.end('file');
    else response.writeHead(302, { location }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());
beforeEach(() => {
  seen = [];
});

const open = () => fetcher.open(`http://outside.example:${port}/start`);

describe('a redirect', () => {
  it('is followed to a host outside', async () => {
    location = '/file';
    const { name, bytes } = await open();
    const pieces: Buffer[] = [];
    for await (const piece of bytes) pieces.push(piece);
    expect([name, Buffer.concat(pieces).toString()]).toEqual(['file', 'file']);
  });

  it.each([
    () => `http://127.0.0.1:${port}/file`,
    () => `//127.0.0.1:${port}/file`,
    () => `http://[::ffff:7f00:1]:${port}/file`,
    () => `http://inside.example:${port}/file`,
    () => `http://localhost:${port}/file`,
    () => 'http://169.254.169.254/latest/meta-data/',
    () => 'file:///etc/passwd',
    () => 'ftp://outside.example/file',
    () => `http://user:secret@outside.example:${port}/file`,
    () => 'http://outside.example:22/file',
  ])('is not followed inside, nor to an address that is refused (%#)', async (to) => {
    location = to();
    await expect(open()).rejects.toMatchObject({ code: 'media_url_refused' });
    expect(seen).toEqual(['/start']);
  });

  it('is followed three times, not more', async () => {
    location = '/start';
    await expect(open()).rejects.toMatchObject({ code: 'media_url_failed' });
    expect(seen).toHaveLength(4);
  });
});
