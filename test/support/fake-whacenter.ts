import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the fake saw it; `fields` are query, form, JSON and multipart in one map. */
export interface WhacenterCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly fields: Readonly<Record<string, string>>;
  /** Port of the caller: the same for calls over one connection. */
  readonly clientPort: number | undefined;
}

/** What to do with one call instead of the usual answer; what is left out stays as usual. */
export interface WhacenterScript {
  /** Which call it is for; `/api/send` when left out. */
  path?: string;
  status?: number;
  /** An object goes out as JSON. */
  body?: string | object;
  contentType?: string;
  headers?: Record<string, string>;
  delayMs?: number;
  /** Cut the connection: before any answer (`true`), or after half of the body (`'midway'`). */
  reset?: boolean | 'midway';
  /** Never answer. */
  hang?: boolean;
  /** Bytes for the socket in place of an HTTP answer. */
  raw?: string;
  /** Whether the message reached the phone all the same; without it: yes, unless `status`, `body` or `raw` is given. */
  delivers?: boolean;
}

export type WhacenterMode = 'ok' | 'disconnected' | 'html' | 'bad-gateway' | 'hang' | 'garbage';

/** How an incoming message goes out. */
export interface WhacenterHookOptions {
  /** A form in place of JSON. */
  form?: boolean;
  /** The names of fields that are about besides the documented ones. */
  spelling?: 'documented' | 'other';
  times?: number;
}

/** A message that reached the phone (or the group); `to` in digits, `628…`. */
export interface WhacenterMessage {
  readonly to: string;
  readonly text: string;
  /** The address of the file that the text stands under. */
  readonly file?: string;
}

/** The fake's switches and what it has seen. */
export interface FakeWhacenter {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly deviceId: string;
  readonly calls: WhacenterCall[];
  readonly messages: WhacenterMessage[];
  /** Whether the device is linked to WhatsApp. Set to false its QR has run out: `/api/relogDevice`, then `scan()`. */
  connected: boolean;
  mode: WhacenterMode;
  /** Calls that get no answer, and whose caller still waits. */
  readonly hanging: number;
  /** The URL that `/api/setWebhook` stored. */
  readonly webhook: string | undefined;
  /** Scripts the next call of that path; several queue up, and go before `forNumber`. */
  next(script: WhacenterScript): void;
  /** Scripts every send to that number; `undefined` ends it. */
  forNumber(number: string, script: WhacenterScript | undefined): void;
  /** The newest code, `*123456*`, that reached the number. */
  codeFor(number: string): string | undefined;
  messagesFor(number: string): string[];
  /** Shows a QR that can be scanned, as `/api/relogDevice` does. */
  showQr(): void;
  /** Links the device, as a person does who scans the QR. */
  scan(): void;
  /** Posts an incoming message to the stored webhook; resolves to the HTTP status of its (last) answer. */
  emitIncoming(message?: Record<string, unknown>, options?: WhacenterHookOptions): Promise<number>;
  /** Ends the server and every open connection, hanging ones included. */
  close(): Promise<void>;
}

type Reply = Required<Pick<WhacenterScript, 'status' | 'body' | 'contentType' | 'headers'>>;

const HTML = 'text/html; charset=UTF-8';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);
const REFUSED = { status: false, message: 'device not connected or not found', data: [] };
const PAGES: Record<'html' | 'bad-gateway' | 'garbage', { status: number; body: string }> = {
  html: {
    status: 200,
    body: '<!DOCTYPE html><html><head><title>Whacenter</title></head><body>Maintenance</body></html>',
  },
  'bad-gateway': { status: 502, body: '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>' },
  garbage: { status: 200, body: '{"status":tr\u0000\u0007 }{ "data"' },
};

/** Starts a fake Whacenter on a free port of 127.0.0.1: docs/wire/whacenter.md. */
export async function startFakeWhacenter(
  options: { deviceId?: string; connected?: boolean; mode?: WhacenterMode } = {},
): Promise<FakeWhacenter> {
  const fake = new Fake(options.deviceId ?? randomBytes(16).toString('hex'));
  fake.connected = options.connected ?? true;
  fake.mode = options.mode ?? 'ok';
  await fake.listen();
  return fake;
}

class Fake implements FakeWhacenter {
  url = '';
  readonly deviceId: string;
  readonly calls: WhacenterCall[] = [];
  readonly messages: WhacenterMessage[] = [];
  mode: WhacenterMode = 'ok';
  hanging = 0;
  webhook: string | undefined;

  private qr: 'done' | 'timeout' | 'ready' = 'done';
  private lastId = 110_864_595;
  private readonly queue: WhacenterScript[] = [];
  private readonly numbers = new Map<string, WhacenterScript>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });

  constructor(deviceId: string) {
    this.deviceId = deviceId;
  }

  get connected(): boolean {
    return this.qr === 'done';
  }

  set connected(linked: boolean) {
    this.qr = linked ? 'done' : 'timeout';
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  next(script: WhacenterScript): void {
    this.queue.push(script);
  }

  forNumber(number: string, script: WhacenterScript | undefined): void {
    if (script) this.numbers.set(digits(number), script);
    else this.numbers.delete(digits(number));
  }

  messagesFor(number: string): string[] {
    return this.messages.filter((message) => message.to === digits(number)).map((message) => message.text);
  }

  codeFor(number: string): string | undefined {
    const codes = this.messagesFor(number).map((text) => /\*(\d{4,8})\*/.exec(text)?.[1]);
    return codes.findLast((code) => code !== undefined);
  }

  scan(): void {
    this.connected = true;
  }

  showQr(): void {
    this.qr = 'ready';
  }

  async emitIncoming(
    message: Record<string, unknown> = {},
    { form = false, spelling = 'documented', times = 1 }: WhacenterHookOptions = {},
  ): Promise<number> {
    if (this.webhook === undefined) throw new Error('No webhook was set on the fake Whacenter');
    const usual = { pushName: 'Budi', from: '6281234567890', to: '6289876543210', message: 'Halo', media: null };
    const rest = { is_group: false, timestamp: Math.floor(Date.now() / 1000), source: 'WHACENTER', ad_reply: null };
    const documented: Record<string, unknown> = { ...usual, ...rest, device_id: this.deviceId, ...message };
    const { from, is_group, ...same } = documented;
    const whole = spelling === 'other' ? { ...same, phone: from, isGroup: is_group, isFromMe: false } : documented;
    let status = 0;
    for (let time = 0; time < times; time += 1) {
      const answer = await fetch(this.webhook, {
        method: 'POST',
        // fetch says by itself that a URLSearchParams is a form.
        headers: form ? {} : { 'content-type': 'application/json' },
        body: form ? new URLSearchParams(strings(Object.entries(whole))) : JSON.stringify(whole),
      });
      await answer.arrayBuffer();
      status = answer.status;
    }
    return status;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const fields = { ...Object.fromEntries(searchParams), ...(await bodyFields(request)) };
    const { method = 'GET', headers, socket } = request;
    const call = { method, path: pathname, headers, fields, clientPort: socket.remotePort };
    this.calls.push(call);
    const script = this.scriptFor(call);
    if (this.mode === 'hang' || script?.hang || script?.reset === true || script?.raw !== undefined) {
      if (script?.delivers ?? script?.raw === undefined) this.deliver(call);
      if (script?.raw !== undefined) socket.end(script.raw);
      else if (script?.reset === true) socket.resetAndDestroy();
      else this.hold(response);
      return;
    }
    if (script?.delayMs) await this.pause(script.delayMs);
    // The usual answer delivers; a scripted one in its place does so only when told to.
    const scripted = script?.status !== undefined || script?.body !== undefined;
    if (scripted && script?.delivers) this.deliver(call);
    const usual: Partial<Reply> = scripted ? { body: '' } : this.answer(call, script?.delivers ?? true);
    write(response, { status: 200, contentType: HTML, headers: {}, body: '', ...usual, ...script }, script?.reset);
  }

  private hold(response: ServerResponse): void {
    this.hanging += 1;
    response.once('close', () => (this.hanging -= 1));
  }

  private scriptFor(call: WhacenterCall): WhacenterScript | undefined {
    const at = this.queue.findIndex((script) => (script.path ?? '/api/send') === call.path);
    if (at >= 0) return this.queue.splice(at, 1)[0];
    return call.path === '/api/send' ? this.numbers.get(digits(call.fields['number'] ?? '')) : undefined;
  }

  private answer(call: WhacenterCall, delivers: boolean): Partial<Reply> {
    if (this.mode === 'html' || this.mode === 'bad-gateway' || this.mode === 'garbage') return PAGES[this.mode];
    const known = call.fields['device_id'] === this.deviceId;
    const linked = known && this.connected && this.mode === 'ok';
    switch (call.path) {
      case '/api/send':
      case '/api/sendGroup':
        return { body: linked ? this.accept(call, delivers) : REFUSED };
      case '/api/statusDevice':
        return { body: known ? this.status(linked) : REFUSED };
      case '/api/relogDevice':
        if (known && !linked) this.qr = 'ready';
        return { body: known ? success('berhasil relog device', []) : REFUSED };
      case '/api/qr':
        return { contentType: 'image/png', body: PNG };
      case '/api/setWebhook':
        // The real one answers 200 to a POST as well, and forgets it.
        if (known && call.method === 'GET') this.webhook = call.fields['webhook'];
        return { body: known ? success('success set webhook', []) : REFUSED };
      case '/api/getWebhook':
        return { body: known ? success('success get webhook', { webhook: this.webhook ?? null }) : REFUSED };
      default:
        return { status: 404, body: '<html><body><h1>404 Not Found</h1></body></html>' };
    }
  }

  private accept(call: WhacenterCall, delivers: boolean): object {
    const to = call.fields[call.path === '/api/send' ? 'number' : 'group'];
    if (!to) return { status: false, message: 'number is required', data: [] };
    if (!call.fields['message']) return { status: false, message: 'message is required', data: [] };
    if (delivers) this.deliver(call);
    return success('message sent', { id: ++this.lastId });
  }

  private status(linked: boolean): object {
    const qr = this.mode === 'disconnected' && this.qr === 'done' ? 'timeout' : this.qr;
    const status = linked ? 'CONNECTED' : 'NOT CONNECTED';
    return success('success get device status', { status, nomor: '6289876543210', nama: 'masuk', qr });
  }

  private deliver(call: WhacenterCall): void {
    const { number, group, message, file } = call.fields;
    if (call.path === '/api/send' && number && message)
      this.messages.push({ to: digits(number), text: message, ...(file && { file }) });
    if (call.path === '/api/sendGroup' && group && message) this.messages.push({ to: group, text: message });
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

function success(message: string, data: unknown): object {
  return { status: true, message, data };
}

function digits(number: string): string {
  return number.replace(/\D/g, '').replace(/^0/, '62');
}

function write(response: ServerResponse, reply: Reply, reset: WhacenterScript['reset']): void {
  const { status, body, contentType, headers } = reply;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length, ...headers });
  if (reset === 'midway') {
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  } else {
    response.end(bytes);
  }
}

async function bodyFields(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const type = request.headers['content-type'] ?? '';
  if (chunks.length === 0 || type === '') return {};
  const body = new Response(Buffer.concat(chunks), { headers: { 'content-type': type } });
  try {
    if (type.includes('json')) return strings(Object.entries((await body.json()) as object));
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its faults matter to a public server; this one reads our own test messages
    return strings([...(await body.formData())]);
  } catch {
    return {};
  }
}

function strings(entries: [string, unknown][]): Record<string, string> {
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
