import { randomBytes } from 'node:crypto';
import {
  FakeApi,
  digits,
  newestCode,
  ordered,
  postHook,
  type ApiCall,
  type ApiReply,
  type HookOrder,
} from './fake-api.js';

/** A file that was sent by its address. */
export interface FonnteFile {
  readonly url: string;
  readonly filename?: string;
}

/** A fake Fonnte: docs/wire/fonnte.md. Refusals are 200, keys change their case, ids are texts in a list. */
export class FakeFonnte {
  /** Real tokens look so: they may begin with what elsewhere begins a comment. */
  readonly token = `#${randomBytes(9).toString('base64url')}`;
  readonly messages: { id: string; to: string; text: string; media?: FonnteFile }[] = [];
  connected = true;
  quota = 1_000;
  /** Where reports and messages go, its secret included. */
  hook: string | undefined;
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => (call.path === '/send' ? (call.form.get('target') ?? undefined) : undefined),
  );

  private sent = 80_367_169;
  private requests = 2_937_123;

  static async start(): Promise<FakeFonnte> {
    const fake = new FakeFonnte();
    await fake.wire.listen();
    return fake;
  }

  get url(): string {
    return this.wire.url;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return { FONNTE_BASE_URL: this.url, FONNTE_TOKEN: this.token };
  }

  messagesFor(number: string): string[] {
    return this.messages.filter(({ to }) => to === digits(number)).map(({ text }) => text);
  }

  codeFor(number: string): string | undefined {
    return newestCode(this.messagesFor(number));
  }

  /** Posts a message that came in; @returns the status of the answer */
  emitIncoming(message: Record<string, unknown> = {}): Promise<number> {
    return this.post({
      device: '6289876543210',
      sender: '6281234567890',
      message: 'Halo',
      text: '',
      member: '',
      name: 'Budi',
      location: '',
      timestamp: Math.floor(Date.now() / 1000),
      inboxid: 0,
      ...message,
    });
  }

  /** Posts reports of a message, each in a call of its own; @returns the statuses of the answers */
  async emitReports(reports: Record<string, unknown>[], order: HookOrder = 'in-order'): Promise<number[]> {
    const statuses: number[] = [];
    for (const report of ordered(reports, order))
      statuses.push(await this.post({ device: '6289876543210', ...report }));
    return statuses;
  }

  close(): Promise<void> {
    return this.wire.close();
  }

  private post(body: Record<string, unknown>): Promise<number> {
    if (this.hook === undefined) throw new Error('no webhook was set');
    return postHook(this.hook, body);
  }

  private answer(call: ApiCall): ApiReply {
    if (call.method !== 'POST') return { status: 405, body: '<html>405</html>' };
    if (call.headers.authorization !== this.token) return { body: { Status: false, reason: 'token invalid' } };
    if (call.path === '/device') return { body: this.profile() };
    if (call.path === '/send') return this.send(call);
    return { status: 404, body: '<html>404</html>' };
  }

  private send({ form, headers }: ApiCall): ApiReply {
    // JSON is what the documentation shows for Node, and what the real one has been seen to read as nothing.
    const { target, message, url, filename, connectOnly } = headers['content-type']?.includes('form')
      ? Object.fromEntries(form)
      : {};
    if (!target) return this.refuse('invalid/empty body value');
    if (!/^\d{8,15}$/.test(target)) return this.refuse('target invalid');
    if (!message && !url) return this.refuse('input invalid');
    if (url !== undefined && !url.startsWith('https://')) return this.refuse('url invalid');
    if (!this.connected && connectOnly !== 'false') return this.refuse('request invalid on disconnected device');
    if (this.quota <= 0) return this.refuse('insufficient quota');
    this.quota -= 1;
    const id = String(++this.sent);
    const media = url === undefined ? {} : { media: { url, ...(filename && { filename }) } };
    this.messages.push({ id, to: digits(target), text: message ?? '', ...media });
    return {
      body: {
        detail: 'success! message in queue',
        id: [id],
        process: 'pending',
        requestid: ++this.requests,
        status: true,
        target: [target],
      },
    };
  }

  private refuse(reason: string): ApiReply {
    return { body: { reason, requestid: ++this.requests, status: false } };
  }

  private profile(): object {
    return {
      device: '6289876543210',
      device_status: this.connected ? 'connect' : 'disconnect',
      expired: '18 November 2029',
      messages: this.messages.length,
      name: 'masuk',
      package: 'Reguler',
      quota: String(this.quota),
      status: true,
    };
  }
}
