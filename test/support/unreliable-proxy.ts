import { createServer, request as forwardRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { until } from './waits.js';

/** What happens to one request instead of being passed on. */
export interface Fault {
  /**
   * `before`: the connection is cut, the service hears nothing. `after`: the service does its work, the answer is lost.
   * `midway`: half of the answer arrives.
   */
  cut?: 'before' | 'after' | 'midway';
  /** Holds the service's answer back until this is fulfilled. */
  heldUntil?: Promise<unknown>;
  /** Never answers; the service hears nothing. */
  hang?: boolean;
  /** An answer in place of the service's. */
  answer?: { status?: number; body?: string; headers?: Record<string, string> };
}

export interface ProxyCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The service has done its work, wherever the answer is. */
  isAnswered: boolean;
}

/** A way to the service that fails on demand. */
export interface UnreliableProxy {
  readonly url: string;
  /** Everything that came, in order. */
  readonly calls: ProxyCall[];
  /** How many of the calls had this method and path, `GET /path`. */
  count(call: string): number;
  /** The next requests for `POST /path` meet these faults, one each; null lets one through. */
  next(call: string, ...faults: (Fault | null)[]): void;
  /** Holds the answer to the next such call back. @returns lets it go */
  hold(call: string): () => void;
  /** Resolves when the service has answered such a call, even if the answer is held back. */
  answered(call: string): Promise<void>;
  forget(): void;
  close(): Promise<void>;
}

/** Starts one in front of the service at `target`. */
export async function startUnreliableProxy(target: string): Promise<UnreliableProxy> {
  const calls: ProxyCall[] = [];
  const faults = new Map<string, (Fault | null)[]>();
  const sockets = new Set<Socket>();
  const nameOf = ({ method, path }: Pick<ProxyCall, 'method' | 'path'>) => `${method} ${path}`;

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const { method = '', url: path = '', headers } = incoming;
      const call = { method, path, headers, body: (await bytesOf(incoming)).toString(), isAnswered: false };
      calls.push(call);
      const fault = faults.get(nameOf(call))?.shift() ?? {};
      if (fault.hang) return;
      if (fault.cut === 'before') return void incoming.socket.resetAndDestroy();
      const answer = fault.answer ? scripted(fault.answer) : await forward(target, call);
      call.isAnswered = true;
      await fault.heldUntil;
      if (fault.cut === 'after') return void incoming.socket.resetAndDestroy();
      outgoing.writeHead(answer.status, answer.headers);
      if (fault.cut !== 'midway') return void outgoing.end(answer.body);
      outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => incoming.socket.resetAndDestroy());
    })().catch(() => outgoing.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    count: (name) => calls.filter((call) => nameOf(call) === name).length,
    next: (name, ...more) => void faults.set(name, [...(faults.get(name) ?? []), ...more]),
    hold: (name) => {
      let release: () => void = () => undefined;
      faults.set(name, [
        ...(faults.get(name) ?? []),
        { heldUntil: new Promise<void>((resolve) => (release = resolve)) },
      ]);
      return release;
    },
    answered: (name) =>
      until(`the answer to ${name}`, () => calls.some((call) => call.isAnswered && nameOf(call) === name)),
    forget: () => {
      calls.length = 0;
      faults.clear();
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Passed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function scripted({ status = 200, body = '', headers = {} }: NonNullable<Fault['answer']>): Passed {
  const bytes = Buffer.from(body);
  return { status, headers: { 'content-length': String(bytes.length), ...headers }, body: bytes };
}

function forward(target: string, { method, path, headers, body }: ProxyCall): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const outgoing = forwardRequest(target + path, { method, headers }, (answer) => {
      bytesOf(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
