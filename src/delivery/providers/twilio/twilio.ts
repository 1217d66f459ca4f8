import type { IncomingHttpHeaders } from 'node:http';
import { HttpExchange, isSuccess, type HttpAnswer } from '../http-exchange.js';
import { messageId, own, parseObject, type Fields } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type IncomingBatch,
  type MessageProvider,
  type OutgoingMessage,
  type Receipt,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { rejected, state, unanswered, unreachable } from '../outcomes.js';
import { keyNames, redacted, type SurpriseListener } from '../redaction.js';
import { idOf, WebhookReading } from '../webhook-body.js';
import { sameMac } from '../webhook-secret.js';

/** What the provider needs to know of its account. */
export interface SmsOptions {
  /** Scheme and host, for example `https://api.twilio.com`. */
  baseUrl: string;
  accountSid: string;
  authToken: string;
  /** A number, a sender's name, or the id of a messaging service (`MG…`). */
  from: string;
  /** Where Twilio tells what became of a message, as it is reached from outside; no receipts without. */
  statusCallback?: string;
  onSurprise: SurpriseListener;
}

/**
 * What Twilio's error codes mean; those of 30000 and more come with receipts. Twilio adds finer ones over time, so what
 * is not here falls back on the HTTP status: docs/wire/twilio.md.
 */
const REASONS: Readonly<Record<RejectionReason, readonly number[]>> = {
  'recipient-invalid': [21211, 21217, 21265, 21614, 21635, 30005, 30006],
  'recipient-unreachable': [21612, 30003],
  'recipient-blocked-by-policy': [21408, 21608, 21610, 30004],
  'provider-auth': [20003, 20005, 20006, 20008, 20404, 30002],
  'provider-quota': [63038],
  'provider-unavailable': [20500, 20503, 30009, 30410],
  'rate-limited-account': [14107, 20429, 21611, 30001, 30022],
  content: [21212, 21602, 21603, 21604, 21606, 21617, 21619, 21659, 21660, 21661, 30007, 30019],
  'rate-limited-recipient': [],
  'recipient-not-on-whatsapp': [],
  'provider-disconnected': [],
  template: [],
  unclassified: [],
};

const REASON_BY_CODE = new Map(
  Object.entries(REASONS).flatMap(([reason, codes]) => codes.map((code) => [code, reason as RejectionReason])),
);

/** SMS by Twilio's API as a message provider: docs/wire/twilio.md. */
export class TwilioProvider implements MessageProvider {
  /** Its name on the wire and in stored rows, from before there could be a second provider of SMS. */
  readonly name = 'sms';
  readonly onWhatsApp = false;
  readonly sendsReceipts: boolean;
  /** No files. */
  readonly mediaKinds = [];
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #exchange: HttpExchange;
  readonly #accountUrl: string;
  readonly #formStart: string;
  readonly #secrets: readonly string[];
  readonly #onSurprise: SurpriseListener;

  constructor({ baseUrl, accountSid, authToken, from, statusCallback, onSurprise }: SmsOptions) {
    const base = baseUrl.replace(/\/+$/, '');
    const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
    this.sendsReceipts = statusCallback !== undefined;
    this.#exchange = new HttpExchange(base, { Authorization: `Basic ${credentials}` });
    this.#accountUrl = `${base}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
    this.#formStart = new URLSearchParams({
      ...sender,
      ...(statusCallback !== undefined && { StatusCallback: statusCallback }),
    }).toString();
    this.#secrets = [authToken, accountSid];
    this.#onSurprise = onSurprise;
  }

  /** Posts the short text; "accepted" means queued at Twilio. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const form = new URLSearchParams({ To: message.to, Body: message.shortText }).toString();
    const answer = await this.#exchange.post(`${this.#accountUrl}/Messages.json`, `${this.#formStart}&${form}`, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : unanswered(answer);
  }

  /** Asks for the account's state. An API that answers without refusing us counts as connected: there is no device. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#exchange.get(`${this.#accountUrl}.json`, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    const body = parseObject(answer.text);
    const reason = isSuccess(answer) ? undefined : reasonOf(answer.status, codeOf(own(body, 'code')));
    if (reason === 'provider-unavailable') return state('unreachable', `HTTP ${answer.status}`);
    if (reason === 'provider-auth') {
      return state('disconnected', this.#clean(own(body, 'message')) ?? `HTTP ${answer.status}`);
    }
    const word = this.#clean(own(body, 'status'));
    if (word === undefined) this.#surprise('account', answer.status, body);
    return state(word === 'suspended' || word === 'closed' ? 'disconnected' : 'connected', word);
  }

  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter: wait } = answer;
    const body = parseObject(answer.text);
    const id = messageId(own(body, 'sid'));
    if (isSuccess(answer)) {
      if (id === null) {
        this.#surprise('send', status, body);
        return { kind: 'unknown', cause: 'bad-body' };
      }
      const failed = codeOf(own(body, 'error_code'));
      if (failed === undefined) return { kind: 'accepted', providerMessageId: id };
      const words = this.#clean(own(body, 'error_message'), message);
      return rejected(REASON_BY_CODE.get(failed) ?? 'unclassified', { status, words, code: String(failed) });
    }
    const code = codeOf(own(body, 'code'));
    const known = code === undefined ? undefined : REASON_BY_CODE.get(code);
    if (known === undefined && status !== 429 && status < 500) this.#surprise('send', status, body);
    const words = this.#clean(own(body, 'message'), message);
    return rejected(reasonOf(status, code), { status, words, code: code?.toString(), wait });
  }

  #surprise(call: 'send' | 'account', httpStatus: number, body: Fields | undefined): void {
    this.#onSurprise({ provider: this.name, call, keys: keyNames(body, this.#secrets), httpStatus });
  }

  #clean(words: unknown, sent?: OutgoingMessage): string | undefined {
    return redacted(words, [...this.#secrets, sent?.shortText, sent?.code]);
  }
}

/** The code decides where it is known, else the status. */
function reasonOf(status: number, code: number | undefined): RejectionReason {
  const reason = code === undefined ? undefined : REASON_BY_CODE.get(code);
  if (reason !== undefined) return reason;
  if (status === 401 || status === 403 || status === 404) return 'provider-auth';
  if (status === 429) return 'rate-limited-account';
  if (status >= 500 || (status >= 300 && status < 400)) return 'provider-unavailable';
  return 'unclassified';
}

/** A code above zero: Twilio writes null, and elsewhere 0, for none. */
function codeOf(code: unknown): number | undefined {
  const number = typeof code === 'string' && /^\d{1,9}$/.test(code) ? Number(code) : code;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/**
 * Whether a call of the status callback was signed by Twilio for this account: HMAC-SHA1 over the address and the sorted
 * fields, without separators (twilio.com/docs/usage/security). SHA-1 is Twilio's choice; as a MAC it still holds.
 *
 * @param url the callback exactly as Twilio was told it, query included
 * @param form the body's fields
 */
export function isFromTwilio(
  headers: IncomingHttpHeaders,
  url: string,
  form: URLSearchParams,
  authToken: string,
): boolean {
  const names = [...new Set(form.keys())].sort();
  const fields = names.map((name) =>
    [...new Set(form.getAll(name))]
      .sort()
      .map((value) => name + value)
      .join(''),
  );
  const data = url + fields.join('');
  return sameMac(headers['x-twilio-signature'], { algorithm: 'sha1', key: authToken, data, encoding: 'base64' });
}

const STATUSES: Readonly<Record<string, Receipt['status'] | 'none'>> = {
  accepted: 'none',
  scheduled: 'none',
  queued: 'none',
  sending: 'none',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/** Reads the fields of a status callback; it tells no time. Never throws. */
export function readTwilioStatus(form: URLSearchParams): IncomingBatch {
  const reading = new WebhookReading('sms');
  const providerMessageId = idOf(form.get('MessageSid') ?? form.get('SmsSid'));
  const word = form.get('MessageStatus') ?? form.get('SmsStatus') ?? '';
  const status = Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined;
  if (providerMessageId === null || status === undefined) reading.skip(Object.fromEntries(form));
  else if (status !== 'none') {
    const code = status === 'failed' ? codeOf(form.get('ErrorCode') ?? undefined) : undefined;
    reading.receipt({
      providerMessageId,
      status,
      at: null,
      ...(status === 'failed' && { reason: REASON_BY_CODE.get(code ?? 0) ?? 'unclassified' }),
      ...(code !== undefined && { providerCode: String(code) }),
    });
  }
  return reading.batch();
}
