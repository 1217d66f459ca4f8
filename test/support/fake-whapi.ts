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

/** States of a channel, as `/health` names them. */
export type WhapiState = 'NOT_INIT' | 'INIT' | 'LAUNCH' | 'QR' | 'AUTH' | 'ERROR' | 'SYNC_ERROR';

/** A file that was sent by its address. */
export interface WhapiFile {
  readonly kind: string;
  readonly url: string;
  readonly caption?: string;
  readonly filename?: string;
}

interface Hook {
  url: string;
  headers?: Record<string, string>;
}

/** How a webhook goes out. */
export interface WhapiHookOptions {
  order?: HookOrder;
  /** In place of the headers that `/settings` stored. */
  headers?: Record<string, string>;
}

const CHANNEL = 'MANTIS-TEST1';
const CODES: Record<WhapiState, number> = { NOT_INIT: 0, INIT: 1, LAUNCH: 2, QR: 3, AUTH: 4, ERROR: 5, SYNC_ERROR: 6 };
const STATUS_CODES: Record<string, number> = {
  failed: 0,
  pending: 1,
  sent: 2,
  delivered: 3,
  read: 4,
  played: 5,
  deleted: 6,
};

/** A fake Whapi.cloud gate: docs/wire/whapi.md. */
export class FakeWhapi {
  readonly token = randomBytes(16).toString('hex');
  readonly messages: { id: string; to: string; text: string; media?: WhapiFile }[] = [];
  /** Files that came in, by their ids. */
  readonly files = new Map<string, Buffer>();
  state: WhapiState = 'AUTH';
  /** After each send: an echo of it, and its statuses. */
  receipts: 'none' | HookOrder = 'none';
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => (call.json as { to?: string } | undefined)?.to,
  );

  private hooks: Hook[] = [];
  private sent = 0;
  private emitting: Promise<unknown> = Promise.resolve();

  static async start(): Promise<FakeWhapi> {
    const fake = new FakeWhapi();
    await fake.wire.listen();
    return fake;
  }

  get url(): string {
    return this.wire.url;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return { WHAPI_BASE_URL: this.url, WHAPI_TOKEN: this.token };
  }

  messagesFor(number: string): string[] {
    return this.messages.filter(({ to }) => to === digits(number)).map(({ text }) => text);
  }

  codeFor(number: string): string | undefined {
    return newestCode(this.messagesFor(number));
  }

  /** Posts incoming messages; @returns the statuses of the answers */
  async emitIncoming(messages: Record<string, unknown>[] = [{}], options: WhapiHookOptions = {}): Promise<number[]> {
    const usual = { from_me: false, type: 'text', source: 'mobile', from: '6281234567890', from_name: 'Budi' };
    const whole = messages.map((message) => ({
      id: `.jua${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`,
      chat_id: '6281234567890@s.whatsapp.net',
      timestamp: Math.floor(Date.now() / 1000),
      text: { body: 'Halo' },
      ...usual,
      ...message,
    }));
    return this.emit(
      ordered(whole, options.order ?? 'in-order').map((message) => hookBody('messages', message)),
      options,
    );
  }

  /** Posts statuses of a message, each in a call of its own. */
  async emitStatuses(id: string, statuses: string[], options: WhapiHookOptions = {}): Promise<number[]> {
    const now = Math.floor(Date.now() / 1000);
    const whole = statuses.map((status, index) => ({
      id,
      code: STATUS_CODES[status] ?? 9,
      status,
      recipient_id: '6281234567890@s.whatsapp.net',
      timestamp: String(now + index),
    }));
    return this.emit(
      ordered(whole, options.order ?? 'in-order').map((status) => hookBody('statuses', status)),
      options,
    );
  }

  /** When everything that follows the sends so far has been posted. */
  async settled(): Promise<void> {
    await this.emitting;
  }

  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.wire.close();
  }

  /** As the real one: any answer but 200 is tried again, the pause growing by a step each time (here 10 ms). */
  private async emit(bodies: object[], { headers }: WhapiHookOptions): Promise<number[]> {
    const statuses: number[] = [];
    for (const hook of this.hooks) {
      for (const body of bodies) {
        for (let tries = 1; tries <= 5; tries += 1) {
          const status = await postHook(hook.url, body, headers ?? hook.headers);
          statuses.push(status);
          if (status === 200) break;
          await new Promise((resolve) => setTimeout(resolve, 10 * tries));
        }
      }
    }
    return statuses;
  }

  private answer(call: ApiCall): ApiReply {
    if (call.headers.authorization !== `Bearer ${this.token}`) return failure(401, 'Unauthorized', 'invalid token');
    const file = /^\/media\/(.+)$/.exec(call.path)?.[1];
    if (call.method === 'GET' && file !== undefined) {
      const bytes = this.files.get(file);
      return bytes ? { body: bytes } : failure(404, 'specified media not found');
    }
    switch (`${call.method} ${call.path}`) {
      case 'POST /messages/text':
        return this.send(call);
      case 'POST /messages/image':
      case 'POST /messages/video':
      case 'POST /messages/audio':
      case 'POST /messages/document':
        return this.send(call, call.path.split('/').at(-1));
      case 'GET /health':
        return { body: this.health() };
      case 'GET /users/login':
        if (this.state === 'AUTH') return failure(409, 'already authenticated');
        return { body: { status: 'OK', base64: 'data:image/png;base64,iVBORw0KGgo=', rowdata: '2@x', expire: 20 } };
      case 'POST /contacts': {
        const { contacts } = call.json as { contacts: string[] };
        return {
          body: { contacts: contacts.map((input) => ({ input, status: 'valid', wa_id: `${input}@s.whatsapp.net` })) },
        };
      }
      case 'PATCH /settings':
        this.hooks = (call.json as { webhooks?: Hook[] }).webhooks ?? this.hooks;
        return { body: { before_update: {}, after_update: { webhooks: this.hooks }, changes: ['webhooks'] } };
      case 'GET /settings':
        return { body: { webhooks: this.hooks } };
      default:
        return failure(404, 'not found');
    }
  }

  private send(call: ApiCall, kind?: string): ApiReply {
    const { to, body, media, caption, filename } = (call.json ?? {}) as Record<string, string | undefined>;
    if (typeof to !== 'string' || !/^[\d-]{9,31}(@[\w.]{1,})?$/.test(to)) {
      return failure(400, 'wrong request parameters', '/to must match pattern "^[\\d-]{9,31}(@[\\w\\.]{1,})?$"');
    }
    if (kind !== undefined && !media?.startsWith('https://'))
      return failure(400, 'wrong request parameters', '/media must be a file');
    if (kind === undefined && (typeof body !== 'string' || body === ''))
      return failure(400, 'wrong request parameters', '/body is required');
    if (this.state !== 'AUTH') return failure(401, 'Need channel authorization for send message');
    const id = `PsqXn5SAD5v7HRA-wHqB9tMe${String(++this.sent).padStart(4, '0')}`;
    const file = { kind: kind ?? '', url: media ?? '', ...(caption && { caption }), ...(filename && { filename }) };
    this.messages.push({ id, to: digits(to), text: body ?? caption ?? '', ...(kind !== undefined && { media: file }) });
    const message = {
      id,
      from_me: true,
      type: kind ?? 'text',
      chat_id: `${to}@s.whatsapp.net`,
      timestamp: Math.floor(Date.now() / 1000),
      source: 'api',
      device_id: 12,
      status: 'pending',
      ...(kind === undefined ? { text: { body } } : { [kind]: { id: 'jpeg-sent', caption } }),
      from: '6289876543210',
    };
    if (this.receipts !== 'none') this.follow(message, this.receipts);
    return { body: { sent: true, message } };
  }

  private follow(message: { id: string }, order: HookOrder): void {
    this.emitting = this.emitting.then(async () => {
      await this.emit([hookBody('messages', message)], {});
      await this.emitStatuses(message.id, ['pending', 'sent', 'delivered'], { order });
    });
  }

  private health(): object {
    const status = { code: CODES[this.state], text: this.state };
    return { channel_id: CHANNEL, start_at: 1, uptime: 1, version: '1.8.7', device_id: 12, ip: '10.0.0.1', status };
  }
}

function hookBody(type: 'messages' | 'statuses', element: object): object {
  return { [type]: [element], event: { type, event: 'post' }, channel_id: CHANNEL };
}

function failure(status: number, message: string, details?: string): ApiReply {
  return { status, body: { error: { code: status, message, ...(details && { details }) } } };
}
