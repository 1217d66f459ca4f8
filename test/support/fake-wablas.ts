import { randomBytes, randomUUID } from 'node:crypto';
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
export interface WablasFile {
  readonly kind: string;
  readonly url: string;
  readonly caption?: string;
}

/** A fake server of Wablas: docs/wire/wablas.md. Refusals have the statuses that clients saw; numbers come back as numbers. */
export class FakeWablas {
  readonly token = randomBytes(24).toString('base64url').replace(/\W/g, 'x');
  readonly secretKey = randomBytes(4).toString('hex');
  readonly messages: { id: string; to: string; text: string; flag: string | null; media?: WablasFile }[] = [];
  connected = true;
  quota: number | 'unlimited' = 1_000;
  /** Where reports and messages go, its secret included. */
  hook: string | undefined;
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => call.form.get('phone') ?? undefined,
  );

  static async start(): Promise<FakeWablas> {
    const fake = new FakeWablas();
    await fake.wire.listen();
    return fake;
  }

  get url(): string {
    return this.wire.url;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return { WABLAS_BASE_URL: this.url, WABLAS_TOKEN: this.token, WABLAS_SECRET_KEY: this.secretKey };
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
      id: randomBytes(16).toString('hex').toUpperCase(),
      pushName: 'Budi',
      isGroup: false,
      group: { sender: '', subject: '', owner: '', desc: '', participants: null },
      message: 'Halo',
      phone: '6281234567890',
      messageType: 'text',
      file: '',
      url: '',
      mimeType: '',
      deviceId: 'A0HDJU',
      sender: '6289876543210',
      isFromMe: false,
      timestamp: new Date().toISOString(),
      ...message,
    });
  }

  /** Posts reports of a message, each in a call of its own; @returns the statuses of the answers */
  async emitReports(reports: Record<string, unknown>[], order: HookOrder = 'in-order'): Promise<number[]> {
    const statuses: number[] = [];
    for (const report of ordered(reports, order))
      statuses.push(
        await this.post({ phone: '6281234567890', note: '', sender: 6289876543210, deviceId: 'A0HDJU', ...report }),
      );
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
    const { method, path, query, headers } = call;
    if (method === 'GET' && path === '/api/device/info')
      return query.get('token') === this.token
        ? { body: this.device() }
        : refuse(400, 'token invalid or device expired');
    const [, kind] = /^\/api\/send-(message|image|video|audio|document)$/.exec(path) ?? [];
    if (method !== 'POST' || kind === undefined) return { status: 404, body: '<html>404</html>' };
    const [token, secretKey] = headers.authorization?.split('.') ?? [];
    if (token !== this.token) return refuse(400, 'token invalid or device expired');
    if (secretKey !== this.secretKey)
      return refuse(400, secretKey === undefined ? 'need secret key' : 'secret key invalid');
    return this.send(kind, call);
  }

  private send(kind: string, { form }: ApiCall): ApiReply {
    const { phone, message, flag, caption, ...files } = Object.fromEntries(form);
    const url = kind === 'message' ? undefined : files[kind];
    if (!phone || !/^\d{8,15}$/.test(phone) || !(message || url)) return refuse(400, 'param invalid');
    if (!this.connected) return refuse(500, 'device disconnected, need to scan qr code again');
    if (this.quota !== 'unlimited') this.quota -= 1;
    const id = randomUUID();
    const media = url === undefined ? {} : { media: { kind, url, ...(caption && { caption }) } };
    this.messages.push({ id, to: digits(phone), text: message ?? caption ?? '', flag: flag ?? null, ...media });
    const one = { id, phone: Number(phone), message: message ?? null, status: 'pending', ref_id: null };
    return {
      body: {
        status: true,
        message: 'Message is pending and waiting to be processed',
        data: { device_id: 'A0HDJU', quota: this.quota, messages: [one] },
      },
    };
  }

  private device(): object {
    return {
      status: true,
      data: {
        name: 'masuk',
        serial: 'A0HDJU',
        sender: '6289876543210',
        quota: this.quota,
        expired_date: '2030-04-08',
        active: true,
        status: this.connected ? 'connected' : 'disconnected',
      },
    };
  }
}

function refuse(status: number, message: string): ApiReply {
  return { status, body: { status: false, message } };
}
