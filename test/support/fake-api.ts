import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a fake saw it. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  // A spec looks at whatever field it wants; undefined when the body is no JSON.
  readonly json: any;
  readonly form: URLSearchParams;
  /** Port of the caller: the same for calls over one connection. */
  readonly clientPort: number | undefined;
}

export interface ApiReply {
  status?: number;
  /** An object goes out as JSON, bytes as they are. */
  body?: string | object;
  headers?: Record<string, string>;
}

/** What to do with one call instead of the usual answer; what is left out stays as usual. */
export interface ApiScript extends ApiReply {
  /** Which path it is for, as its end; any when left out. */
  path?: string;
  delayMs?: number;
  /** Cut the connection: before the request is read (`'early'`), before any answer (`true`), in the middle of it (`'midway'`). */
  reset?: boolean | 'early' | 'midway';
  /** Never answer. */
  hang?: boolean;
  /** Bytes for the socket in place of an HTTP answer. */
  raw?: string;
}

export type ApiMode = 'ok' | 'html' | 'bad-gateway' | 'garbage' | 'hang';

const PAGES: Record<'html' | 'bad-gateway' | 'garbage', { status: number; body: string }> = {
  html: { status: 200, body: '<!DOCTYPE html><html><body>Maintenance</body></html>' },
  'bad-gateway': { status: 502, body: '<html><body>502 Bad Gateway</body></html>' },
  garbage: { status: 200, body: '{"sent":tr\u0000\u0007 }{ "data"' },
};

/**
 * The wire of a fake provider: records calls and answers them, by script first (a queue, then by recipient), else as
 * the fake says.
 */
export class FakeApi {
  url = '';
  mode: ApiMode = 'ok';
  readonly calls: ApiCall[] = [];
  /** Asked for every send that no other script is for. */
  sometimes: () => ApiScript | undefined = () => undefined;

  private readonly queue: ApiScript[] = [];
  private readonly numbers = new Map<string, ApiScript>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });

  /**
   * @param answer the usual answer; it is asked for calls that are cut or hang, too, as they may have had their effect
   * @param recipientOf digits of the number that a call sends to
   */
  constructor(
    private readonly answer: (call: ApiCall) => ApiReply,
    private readonly recipientOf: (call: ApiCall) => string | undefined,
  ) {}

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Scripts the next call; several queue up, and go before `forNumber`. */
  next(script: ApiScript): void {
    this.queue.push(script);
  }

  /** Scripts every send to that number; `undefined` ends it. */
  forNumber(number: string, script: ApiScript | undefined): void {
    if (script) this.numbers.set(digits(number), script);
    else this.numbers.delete(digits(number));
  }

  /** Ends the server and every open connection, hanging ones included. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.queue[0]?.reset === 'early') {
      this.queue.shift();
      request.socket.resetAndDestroy();
      return;
    }
    const call = await this.record(request);
    const script = this.scriptFor(call);
    if (script?.delayMs) await this.pause(script.delayMs);
    const scripted = script?.status !== undefined || script?.body !== undefined;
    const usual = scripted || script?.raw !== undefined ? {} : this.usual(call);
    if (script?.raw !== undefined) request.socket.end(script.raw);
    else if (script?.reset === true) request.socket.resetAndDestroy();
    else if (!script?.hang && this.mode !== 'hang')
      write(response, { ...usual, ...script }, script?.reset === 'midway');
  }

  private usual(call: ApiCall): ApiReply {
    return this.mode === 'ok' || this.mode === 'hang' ? this.answer(call) : PAGES[this.mode];
  }

  private async record(request: IncomingMessage): Promise<ApiCall> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const { method = 'GET', headers, socket } = request;
    const json = parsed(raw.toString());
    const form = new URLSearchParams(headers['content-type']?.includes('form') ? raw.toString() : '');
    const call = {
      method,
      path: pathname,
      query: searchParams,
      headers,
      raw,
      json,
      form,
      clientPort: socket.remotePort,
    };
    this.calls.push(call);
    return call;
  }

  private scriptFor(call: ApiCall): ApiScript | undefined {
    const at = this.queue.findIndex(({ path = '' }) => call.path.endsWith(path));
    if (at >= 0) return this.queue.splice(at, 1)[0];
    const number = this.recipientOf(call);
    return number === undefined ? undefined : (this.numbers.get(digits(number)) ?? this.sometimes());
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        resolve();
      }, ms);
      this.timers.add(timer);
    });
  }
}

/** A number's digits, `628…`, whatever its spelling. */
export function digits(number: string): string {
  return number.replace(/\D/g, '').replace(/^0/, '62');
}

/** The newest code, on a line of its own as `*123456*`, of these texts. */
export function newestCode(texts: readonly string[]): string | undefined {
  return texts.map((text) => /^\*(\d{4,8})\*$/m.exec(text)?.[1]).findLast((code) => code !== undefined);
}

/** Posts to a webhook once; @returns the status of its answer. */
export async function postHook(
  url: string,
  body: string | object,
  headers: Record<string, string> = {},
): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** In order, backwards, or each one twice: what receivers of webhooks have to stand. */
export type HookOrder = 'in-order' | 'reversed' | 'twice';

export function ordered<T>(elements: readonly T[], order: HookOrder): T[] {
  if (order === 'twice') return elements.flatMap((element) => [element, element]);
  return order === 'reversed' ? [...elements].reverse() : [...elements];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function write(response: ServerResponse, { status = 200, body = '', headers }: ApiReply, cut: boolean): void {
  const type = typeof body === 'string' ? 'text/html; charset=UTF-8' : 'application/json';
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  if (cut) response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  else response.end(bytes);
}
