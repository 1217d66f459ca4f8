import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of a webhook as it arrived. */
export interface HookCall {
  readonly method: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
}

/** A receiver of webhooks that keeps what came; answers 200, or the statuses of `answers` first. */
export interface HookReceiver {
  readonly url: string;
  readonly calls: HookCall[];
  /** Statuses for the next calls. */
  readonly answers: number[];
  /** What a GET is answered with. */
  onGet: ((query: Record<string, string>) => string | null) | undefined;
  close(): Promise<void>;
}

export async function startHookReceiver(): Promise<HookReceiver> {
  const calls: HookCall[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '/', headers } = request;
      const query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
      calls.push({ method, query, headers, raw: Buffer.concat(chunks) });
      const told = method === 'GET' ? receiver.onGet?.(query) : undefined;
      response.writeHead(told === null ? 403 : (answers.shift() ?? 200)).end(told ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls,
    answers,
    onGet: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
