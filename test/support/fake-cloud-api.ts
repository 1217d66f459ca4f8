import { createHmac, randomBytes } from 'node:crypto';
import { FakeApi, digits, ordered, postHook, type ApiCall, type ApiReply, type HookOrder } from './fake-api.js';

/** How a webhook goes out. */
export interface CloudApiHookOptions {
  /** `bad`: by another secret; `none`: without the header. */
  signature?: 'good' | 'bad' | 'none';
  times?: number;
}

/** A template send: what the fake reads out of it. */
export interface CloudApiMessage {
  readonly id: string;
  readonly to: string;
  /** Code of a template, or free text. */
  readonly code?: string;
  readonly text?: string;
  readonly language?: string;
  /** A file that was sent by its address. */
  readonly media?: {
    readonly kind: string;
    readonly link: string;
    readonly caption?: string;
    readonly filename?: string;
  };
}

/** What a file of each kind may say besides its address. */
const FILE_FIELDS: Record<string, readonly string[]> = {
  image: ['caption'],
  video: ['caption'],
  audio: [],
  document: ['caption', 'filename'],
};

/** A fake of Meta's Cloud API for one number: docs/wire/cloud-api.md. */
export class FakeCloudApi {
  readonly token = `EAA${randomBytes(16).toString('hex')}`;
  readonly appSecret = randomBytes(16).toString('hex');
  readonly verifyToken = randomBytes(8).toString('hex');
  readonly phoneId = '106540352242922';
  readonly version = 'v25.0';
  /** Approved templates and their languages. */
  readonly templates = new Map([['otp_login', new Set(['id', 'en'])]]);
  readonly messages: CloudApiMessage[] = [];
  /** Files that came in, by their ids. */
  readonly files = new Map<string, Buffer>();
  /** What is said in place of the address of a file. */
  mediaUrl: string | undefined;
  status: string | undefined = 'CONNECTED';
  /** Two messages to one number within so many ms are refused with 131056. */
  pairLimitMs = 0;
  /** Numbers that wrote within 24 hours: only they get free text. */
  readonly openConversations = new Set<string>();
  webhook: string | undefined;
  /** Statuses after each send. */
  receipts: 'none' | HookOrder = 'none';
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => (call.json as { to?: string } | undefined)?.to,
  );

  private readonly lastSend = new Map<string, number>();
  private emitting: Promise<unknown> = Promise.resolve();

  static async start(): Promise<FakeCloudApi> {
    const fake = new FakeCloudApi();
    await fake.wire.listen();
    return fake;
  }

  get url(): string {
    return this.wire.url;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return {
      CLOUD_API_BASE_URL: this.url,
      CLOUD_API_TOKEN: this.token,
      CLOUD_API_PHONE_ID: this.phoneId,
      CLOUD_API_TEMPLATE: 'otp_login',
    };
  }

  codeFor(number: string): string | undefined {
    return this.messages.findLast(({ to, code }) => to === digits(number) && code !== undefined)?.code;
  }

  /** Scripts every send to a number to fail with this code. */
  failFor(number: string, code: number, status = 400): void {
    this.wire.forNumber(number, graphError(code, status));
  }

  /** Meta's question whether the webhook is ours; @returns status and body of the answer */
  async verify(url: string, token = this.verifyToken): Promise<{ status: number; text: string }> {
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.challenge': '1158201444',
      'hub.verify_token': token,
    });
    const answer = await fetch(`${url}?${query.toString()}`);
    return { status: answer.status, text: await answer.text() };
  }

  /** Posts what may stand in one `value`; @returns the statuses of the answers */
  async emit(
    value: Record<string, unknown>,
    { signature = 'good', times = 1 }: CloudApiHookOptions = {},
  ): Promise<number[]> {
    if (this.webhook === undefined) throw new Error('No webhook was set on the fake Cloud API');
    const metadata = { display_phone_number: '6289876543210', phone_number_id: this.phoneId };
    const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: '102290129340398', changes: [change] }],
    });
    const key = signature === 'bad' ? 'another secret' : this.appSecret;
    const mac = createHmac('sha256', key).update(body).digest('hex');
    const headers: Record<string, string> = signature === 'none' ? {} : { 'x-hub-signature-256': `sha256=${mac}` };
    const statuses: number[] = [];
    for (let time = 0; time < times; time += 1) statuses.push(await postHook(this.webhook, body, headers));
    return statuses;
  }

  async emitIncoming(message: Record<string, unknown> = {}, options?: CloudApiHookOptions): Promise<number[]> {
    const usual = { from: '6281234567890', id: `wamid.${randomBytes(12).toString('base64')}`, timestamp: '1763600000' };
    return this.emit(
      {
        contacts: [{ profile: { name: 'Budi' }, wa_id: '6281234567890', user_id: 'ID.1' }],
        messages: [{ ...usual, type: 'text', text: { body: 'Halo' }, ...message }],
      },
      options,
    );
  }

  /** A status each call; a failed one with its error's code. */
  async emitStatuses(
    id: string,
    statuses: string[],
    { order = 'in-order', code = 131026, ...options }: CloudApiHookOptions & { order?: HookOrder; code?: number } = {},
  ): Promise<number[]> {
    const answers: number[] = [];
    for (const [index, status] of ordered([...statuses.entries()], order)) {
      const errors = [{ code, title: 'Message undeliverable', message: 'Message undeliverable' }];
      const element = { id, status, timestamp: String(1_763_600_000 + index), recipient_id: '6281234567890' };
      const whole = { ...element, ...(status === 'failed' && { errors }) };
      answers.push(...(await this.emit({ statuses: [whole] }, options)));
    }
    return answers;
  }

  async settled(): Promise<void> {
    await this.emitting;
  }

  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.wire.close();
  }

  private answer(call: ApiCall): ApiReply {
    if (call.headers.authorization !== `Bearer ${this.token}`) return graphError(190, 401);
    if (call.method === 'GET' && call.path.startsWith('/download/')) {
      return { body: this.files.get(call.path.slice('/download/'.length)) ?? '' };
    }
    const id = call.path.slice(`/${this.version}/`.length);
    if (call.method === 'GET' && this.files.has(id)) {
      const url = this.mediaUrl ?? `${this.url}/download/${id}`;
      return { body: { url, mime_type: 'image/png', sha256: '', file_size: '1', id, messaging_product: 'whatsapp' } };
    }
    const number = `/${this.version}/${this.phoneId}`;
    if (call.method === 'GET' && call.path === number) {
      return { body: { ...(this.status !== undefined && { status: this.status }), id: this.phoneId } };
    }
    return call.method === 'POST' && call.path === `${number}/messages` ? this.send(call) : graphError(100, 404);
  }

  private send(call: ApiCall): ApiReply {
    const body = (call.json ?? {}) as {
      messaging_product?: unknown;
      to?: unknown;
      type?: unknown;
      text?: { body?: string };
    };
    if (body.messaging_product !== 'whatsapp') return graphError(100);
    if (typeof body.to !== 'string' || !/^\d{7,15}$/.test(body.to)) return graphError(131009);
    if (this.pairLimitMs > 0 && Date.now() - (this.lastSend.get(body.to) ?? 0) < this.pairLimitMs)
      return graphError(131056);
    if (body.type === 'text') {
      if (!this.openConversations.has(body.to)) return graphError(131047);
      return this.accept({ to: body.to, text: body.text?.body ?? '' });
    }
    if (typeof body.type === 'string' && body.type in FILE_FIELDS) return this.sendFile(body.to, body.type, call.json);
    const template = this.readTemplate(call.json);
    return typeof template === 'number' ? graphError(template) : this.accept({ to: body.to, ...template });
  }

  private sendFile(to: string, kind: string, json: any): ApiReply {
    const { link, ...fields } = json[kind] ?? {};
    if (typeof link !== 'string' || !/^https?:/.test(link)) return graphError(131008);
    if (Object.keys(fields).some((name) => !FILE_FIELDS[kind]?.includes(name))) return graphError(100);
    if (!this.openConversations.has(to)) return graphError(131047);
    return this.accept({ to, media: { kind, link, ...fields } });
  }

  /** Code and language of a template that Meta would take, else the error. */
  private readTemplate(json: any): { code: string; language: string } | number {
    const { name, language, components = [] } = json?.template ?? {};
    if (!this.templates.get(name)?.has(language?.code)) return 132001;
    const part = (type: string) => components.find((component: any) => component.type === type)?.parameters ?? [];
    if (part('body').length !== 1) return 132000;
    const code = part('body')[0].text;
    if (typeof code !== 'string' || code.length > 15) return 132005;
    const button = components.find((component: any) => component.type === 'button');
    if (!button) return 131008;
    if (button.sub_type !== 'url' || button.index !== '0' || part('button')[0]?.text !== code) return 132012;
    return { code, language: language.code };
  }

  private accept(message: Omit<CloudApiMessage, 'id'>): ApiReply {
    const id = `wamid.${randomBytes(18).toString('base64')}`;
    this.messages.push({ id, ...message });
    this.lastSend.set(message.to, Date.now());
    const { receipts } = this;
    if (receipts !== 'none' && this.webhook !== undefined) {
      this.emitting = this.emitting.then(() =>
        this.emitStatuses(id, ['sent', 'delivered', 'read'], { order: receipts }),
      );
    }
    return {
      body: {
        messaging_product: 'whatsapp',
        contacts: [{ input: message.to, wa_id: message.to }],
        messages: [{ id, message_status: 'accepted' }],
      },
    };
  }
}

/** An error as the Graph API writes it. */
export function graphError(
  code: number,
  status = code === 190 ? 401 : 400,
  details?: string,
): Required<Pick<ApiReply, 'status' | 'body'>> {
  const error_data = { messaging_product: 'whatsapp', details: details ?? `details of ${code}` };
  const error = {
    message: `(#${code}) Something`,
    type: 'OAuthException',
    code,
    error_data,
    fbtrace_id: 'Az8or2yhqkZfEZ-',
  };
  return { status, body: { error } };
}
