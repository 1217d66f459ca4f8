import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** A certificate that signs itself, for localhost and 127.0.0.1. */
export const OWN_AUTHORITY = join(import.meta.dirname, 'fake-whatsapp-media.cert.pem');
const KEY = join(import.meta.dirname, 'fake-whatsapp-media.key.pem');

/** A PostgreSQL server with `ssl = on` and a certificate of its own: TLS in front of the one of the run. */
export interface TlsFront {
  /** The address with these parameters. */
  url(parameters: string): string;
  /** Connections that were encrypted, and that were not. */
  readonly seen: { encrypted: number; plain: number };
  close(): Promise<void>;
}

const LENGTH_OF_REQUEST = 8;
const TLS_REQUEST = 80_877_103;

/** @param host where it listens, in 127.0.0.0/8 */
export async function startTlsFront(databaseUrl: string, host = '127.0.0.1'): Promise<TlsFront> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const seen = { encrypted: 0, plain: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      if (first.length === LENGTH_OF_REQUEST && first.readInt32BE(4) === TLS_REQUEST) {
        socket.write('S');
        const encrypted = new TLSSocket(socket, {
          isServer: true,
          cert: readFileSync(OWN_AUTHORITY),
          key: readFileSync(KEY),
        });
        encrypted.once('secure', () => (seen.encrypted += 1));
        passOn(encrypted, Buffer.alloc(0));
      } else {
        seen.plain += 1;
        passOn(socket, first);
      }
    });
  });
  const passOn = (socket: Socket, first: Buffer) => {
    const onward = connect(Number(target.port), target.hostname);
    sockets.add(onward);
    for (const each of [socket, onward])
      each.on('error', () => {
        socket.destroy();
        onward.destroy();
      });
    onward.write(first);
    socket.pipe(onward);
    onward.pipe(socket);
  };
  server.listen(0, host);
  await once(server, 'listening');
  return {
    seen,
    url: (parameters) => {
      const url = new URL(databaseUrl);
      url.hostname = host;
      url.port = String((server.address() as AddressInfo).port);
      url.search = parameters;
      return url.href;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
