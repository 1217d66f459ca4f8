import { createHmac, randomBytes } from 'node:crypto';
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

/** A fake of Twilio's messages API for one account: docs/wire/twilio.md. */
export class FakeTwilio {
  readonly accountSid = `AC${randomBytes(16).toString('hex')}`;
  readonly authToken = randomBytes(16).toString('hex');
  readonly messages: { sid: string; to: string; from: string; text: string }[] = [];
  status = 'active';
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => call.form.get('To') ?? undefined,
  );

  private callback: string | undefined;

  static async start(): Promise<FakeTwilio> {
    const fake = new FakeTwilio();
    await fake.wire.listen();
    return fake;
  }

  get url(): string {
    return this.wire.url;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return {
      TWILIO_BASE_URL: this.url,
      TWILIO_ACCOUNT_SID: this.accountSid,
      TWILIO_AUTH_TOKEN: this.authToken,
      TWILIO_FROM: '+14155550100',
    };
  }

  messagesFor(number: string): string[] {
    return this.messages.filter(({ to }) => digits(to) === digits(number)).map(({ text }) => text);
  }

  codeFor(number: string): string | undefined {
    return newestCode(this.messagesFor(number));
  }

  /** Posts statuses to the callback that the last send named; @returns the statuses of the answers */
  async emitStatuses(
    sid: string,
    statuses: string[],
    { order = 'in-order', errorCode, signed = true }: { order?: HookOrder; errorCode?: number; signed?: boolean } = {},
  ): Promise<number[]> {
    const url = this.callback;
    if (url === undefined) throw new Error('No send named a status callback');
    const answers: number[] = [];
    for (const status of ordered(statuses, order)) {
      const fields = { MessageSid: sid, SmsSid: sid, MessageStatus: status, SmsStatus: status, To: '+6281234567890' };
      const all = { ...fields, AccountSid: this.accountSid, ...(errorCode && { ErrorCode: String(errorCode) }) };
      answers.push(
        await postHook(url, new URLSearchParams(all).toString(), {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': this.sign(signed ? url : `${url}/elsewhere`, all),
        }),
      );
    }
    return answers;
  }

  async close(): Promise<void> {
    await this.wire.close();
  }

  private sign(url: string, fields: Record<string, string>): string {
    const names = Object.keys(fields).sort();
    const data = url + names.map((name) => name + (fields[name] ?? '')).join('');
    return createHmac('sha1', this.authToken).update(data).digest('base64');
  }

  private answer(call: ApiCall): ApiReply {
    const credentials = Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64');
    if (call.headers.authorization !== `Basic ${credentials}`) return twilioError(20003, 401, 'Authenticate');
    const account = `/2010-04-01/Accounts/${this.accountSid}`;
    if (call.method === 'GET' && call.path === `${account}.json`) {
      return { body: { sid: this.accountSid, status: this.status, type: 'Full', auth_token: this.authToken } };
    }
    return call.method === 'POST' && call.path === `${account}/Messages.json`
      ? this.send(call)
      : twilioError(20404, 404);
  }

  private send({ form }: ApiCall): ApiReply {
    const [to, text] = [form.get('To') ?? '', form.get('Body') ?? ''];
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? '';
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return twilioError(21211, 400, `Invalid 'To' Phone Number: ${to}`);
    if (from === '') return twilioError(21603, 400);
    if (text === '') return twilioError(21602, 400);
    const sid = `SM${randomBytes(16).toString('hex')}`;
    this.messages.push({ sid, to, from, text });
    this.callback = form.get('StatusCallback') ?? this.callback;
    const nothing = { error_code: null, error_message: null, price: null };
    return { status: 201, body: { sid, status: 'queued', to, from, body: text, num_segments: '1', ...nothing } };
  }
}

/** An error as Twilio writes it. */
export function twilioError(
  code: number,
  status = 400,
  message = 'Something',
): Required<Pick<ApiReply, 'status' | 'body'>> {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}
