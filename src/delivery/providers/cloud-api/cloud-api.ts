import type { IncomingHttpHeaders } from 'node:http';
import { type FilePlace } from '../../../platform/egress/open-file.js';
import { hiddenSender } from '../../../platform/phone/sender.js';
import { MEDIA_KINDS } from '../media-types.js';
import { HttpExchange, isSuccess, type HttpAnswer } from '../http-exchange.js';
import { isFields, messageId, own, parseObject, type Fields } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type IncomingBatch,
  type IncomingKind,
  type MessageProvider,
  type OutgoingMedia,
  type OutgoingMessage,
  type Receipt,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { rejected, state, unanswered, unreachable } from '../outcomes.js';
import { keyNames, redacted, type SurpriseListener } from '../redaction.js';
import { idOf, lineOf, mediaOf, senderOf, textOf, timeOf, WebhookReading } from '../webhook-body.js';
import { sameMac, sameSecret } from '../webhook-secret.js';

/** What the provider needs to know of its number. */
export interface CloudApiOptions {
  /** Scheme and host, for example `https://graph.facebook.com`. */
  baseUrl: string;
  /** Version of the Graph API, for example `v25.0`. */
  version: string;
  /** The system user's token. */
  token: string;
  /** Meta's id of the sending number, which is not the number. */
  phoneId: string;
  /** Name of the authentication template, approved in every language that messages are sent in. */
  template: string;
  /** Whether the app's webhook comes to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** What `error.code` means, whatever the HTTP status: docs/wire/cloud-api.md#errors. Permissions are a range, below. */
const REASONS: Readonly<Record<RejectionReason, readonly number[]>> = {
  'provider-auth': [0, 190, 3, 10, 368, 131005, 131031, 131037, 133010, 133016],
  'rate-limited-account': [4, 80007, 130429],
  'provider-unavailable': [1, 2, 131000, 131016, 131057, 133004],
  // 131052 and 131053: Meta could not fetch the file from its address, or will not have it.
  content: [33, 100, 131008, 131009, 131051, 131052, 131053],
  'recipient-blocked-by-policy': [130497, 130472, 131030, 131049],
  'recipient-invalid': [131021],
  'recipient-not-on-whatsapp': [131026],
  // The 24 hours after the recipient's last message are over: free text is not delivered, another rung may serve.
  'recipient-unreachable': [131047],
  // 131048 is Meta's brake on a number that people report as spam: to go on makes it worse.
  'provider-quota': [131042, 131048],
  'rate-limited-recipient': [131056],
  template: [132000, 132001, 132005, 132007, 132012, 132015, 132016],
  'provider-disconnected': [],
  unclassified: [],
};

const REASON_BY_CODE = new Map(
  Object.entries(REASONS).flatMap(([reason, codes]) => codes.map((code) => [code, reason as RejectionReason])),
);

/** Meta's hosts that files are fetched from. */
const META_HOSTS = /\.(?:fbsbx\.com|fbcdn\.net|facebook\.com|whatsapp\.net)$/i;

/** Seconds between two messages to one recipient (code 131056): docs/wire/cloud-api.md#errors. */
const PAIR_PAUSE = 6;

/** Meta's Cloud API (the official one) as a message provider: docs/wire/cloud-api.md. */
export class CloudApiProvider implements MessageProvider {
  readonly name = 'cloud-api';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #exchange: HttpExchange;
  readonly #versionUrl: string;
  readonly #numberUrl: string;
  readonly #template: string;
  readonly #token: string;
  readonly #onSurprise: SurpriseListener;

  constructor({ baseUrl, version, token, phoneId, template, hasWebhook, onSurprise }: CloudApiOptions) {
    const base = baseUrl.replace(/\/+$/, '');
    this.sendsReceipts = hasWebhook;
    this.#exchange = new HttpExchange(base, {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
    });
    this.#versionUrl = `${base}/${encodeURIComponent(version)}`;
    this.#numberUrl = `${this.#versionUrl}/${encodeURIComponent(phoneId)}`;
    this.#template = template;
    this.#token = token;
    this.#onSurprise = onSurprise;
  }

  /**
   * Sends a code as the authentication template, whose text is Meta's; anything else as free text or file, which reaches
   * only who wrote to this number within 24 hours. That it did not may be told by a later receipt alone.
   */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const body = JSON.stringify({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: message.to.replace(/\D/g, ''),
      ...this.#content(message),
    });
    const answer = await this.#exchange.post(`${this.#numberUrl}/messages`, body, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : unanswered(answer);
  }

  /** Asks where a file is; Meta's address lives for five minutes and wants the token, too. */
  async mediaPlace(id: string, signal: AbortSignal): Promise<FilePlace | 'gone' | 'unavailable'> {
    if (!/^\d{1,40}$/.test(id)) return 'gone';
    const answer = await this.#exchange.get(`${this.#versionUrl}/${id}`, signal);
    if (answer.kind !== 'answer') return 'unavailable';
    const body = parseObject(answer.text);
    const reason = reasonOf(codeOf(own(own(body, 'error'), 'code')));
    if (reason === 'content' || answer.status === 404) return 'gone';
    const told = own(body, 'url');
    const url = typeof told === 'string' && isSuccess(answer) ? URL.parse(told) : null;
    const ours = url !== null && url.origin === new URL(this.#versionUrl).origin;
    // The token goes to Meta alone, wherever an answer leads.
    if (url === null || !(ours || (url.protocol === 'https:' && META_HOSTS.test(url.hostname)))) {
      if (isSuccess(answer)) this.#surprise('media', answer.status, body);
      return 'unavailable';
    }
    return { url: url.href, headers: { authorization: `Bearer ${this.#token}` }, own: ours };
  }

  /**
   * Asks for the number's state. There is no device that could be unlinked, so an API that answers without refusing us
   * counts as connected, even when it says nothing of the number.
   */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#exchange.get(`${this.#numberUrl}?fields=status`, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    const body = parseObject(answer.text);
    const error = own(body, 'error');
    const reason = reasonOf(codeOf(own(error, 'code'))) ?? reasonOfStatus(answer.status);
    if (reason === 'provider-unavailable') return state('unreachable', `HTTP ${answer.status}`);
    if (reason === 'provider-auth' || (isFields(error) && reason !== 'rate-limited-account')) {
      return state('disconnected', this.#clean(own(error, 'message')) ?? `HTTP ${answer.status}`);
    }
    const word = this.#clean(own(body, 'status'));
    if (word === undefined) this.#surprise('number', answer.status, body);
    // FLAGGED is a warning about quality; the number still sends.
    return state(word === undefined || /^(?:CONNECTED|FLAGGED)$/i.test(word) ? 'connected' : 'disconnected', word);
  }

  #content({ code, language, media, text }: OutgoingMessage): object {
    if (code !== undefined) return this.#codeTemplate(code, language);
    return media ? file(media) : freeText(text);
  }

  #codeTemplate(code: string, language: string): object {
    const parameters = [{ type: 'text', text: code }];
    return {
      type: 'template',
      template: {
        name: this.#template,
        language: { code: language },
        components: [
          { type: 'body', parameters },
          { type: 'button', sub_type: 'url', index: '0', parameters },
        ],
      },
    };
  }

  /** Decides on `error.code` alone; the HTTP status speaks only when there is no such code. */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter } = answer;
    const body = parseObject(answer.text);
    const error = own(body, 'error');
    const taken = firstOf(own(body, 'messages'));
    const id = messageId(own(taken, 'id'));
    if (isSuccess(answer) && id !== null && error === undefined) {
      const held = own(taken, 'message_status') ?? 'accepted';
      return held === 'accepted' ? { kind: 'accepted', providerMessageId: id } : { kind: 'unknown', cause: 'held' };
    }
    const code = codeOf(own(error, 'code'));
    const reason = reasonOf(code);
    if (reason === undefined && status !== 429 && status < 500) this.#surprise('send', status, body);
    // Neither a refusal that also claims success nor a success that names no message can be believed.
    if (id !== null || (isSuccess(answer) && !isFields(error))) return { kind: 'unknown', cause: 'bad-body' };
    const words = this.#clean(own(own(error, 'error_data'), 'details') ?? own(error, 'message'), message);
    const wait = reason === 'rate-limited-recipient' ? (retryAfter ?? PAIR_PAUSE) : retryAfter;
    return rejected(reason ?? reasonOfStatus(status), { status, words, code: code?.toString(), wait });
  }

  #surprise(call: 'send' | 'number' | 'media', httpStatus: number, body: Fields | undefined): void {
    this.#onSurprise({ provider: this.name, call, keys: keyNames(body, [this.#token]), httpStatus });
  }

  #clean(words: unknown, sent?: OutgoingMessage): string | undefined {
    return redacted(words, [this.#token, sent?.media?.caption ?? undefined, sent?.text, sent?.code]);
  }
}

function freeText(text: string): object {
  return { type: 'text', text: { preview_url: false, body: text.toWellFormed() } };
}

/** A file by its address; a sound has no caption, and only a document a name. */
function file({ kind, url, caption, fileName }: OutgoingMedia): object {
  const content = {
    link: url,
    ...(kind !== 'audio' && caption !== null && { caption: caption.toWellFormed() }),
    ...(kind === 'document' && fileName !== null && { filename: fileName.toWellFormed() }),
  };
  return { type: kind, [kind]: content };
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function codeOf(code: unknown): number | undefined {
  const number = typeof code === 'string' && /^\d{1,9}$/.test(code) ? Number(code) : code;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function reasonOf(code: number | undefined): RejectionReason | undefined {
  if (code === undefined) return undefined;
  // 200 to 299 are permissions that the token lacks; 132000 and on are templates, old ones and new.
  if (code >= 200 && code < 300) return 'provider-auth';
  if (code >= 132_000 && code < 133_000) return 'template';
  return REASON_BY_CODE.get(code);
}

function reasonOfStatus(status: number): RejectionReason {
  if (status === 401 || status === 403 || status === 404) return 'provider-auth';
  if (status === 429) return 'rate-limited-account';
  if (status >= 500 || (status >= 300 && status < 400)) return 'provider-unavailable';
  return 'unclassified';
}

/**
 * The answer to Meta's question whether this webhook is ours: its challenge, to be sent as plain text.
 *
 * @param query of the GET request; its keys have dots in them
 * @returns null when the token is not ours (answer 403)
 */
export function challengeAnswer(query: unknown, verifyToken: string): string | null {
  const challenge = own(query, 'hub.challenge');
  const ours = own(query, 'hub.mode') === 'subscribe' && sameSecret(own(query, 'hub.verify_token'), verifyToken);
  return ours && typeof challenge === 'string' && /^[\w.-]{1,200}$/.test(challenge) ? challenge : null;
}

/**
 * Whether a call of the webhook was signed with the app's secret.
 *
 * @param rawBody its bytes as they came; JSON that was parsed and written again has other ones
 */
export function isFromCloudApi(headers: IncomingHttpHeaders, rawBody: Buffer, appSecret: string): boolean {
  const signature = headers['x-hub-signature-256'];
  if (typeof signature !== 'string' || !signature.startsWith('sha256=')) return false;
  const presented = signature.slice('sha256='.length);
  return sameMac(presented, { algorithm: 'sha256', key: appSecret, data: rawBody, encoding: 'hex' });
}

const KINDS: Readonly<Record<string, IncomingKind>> = {
  text: 'text',
  interactive: 'reply',
  button: 'reply',
  image: 'image',
  video: 'video',
  audio: 'audio',
  document: 'document',
  sticker: 'sticker',
  location: 'location',
  contacts: 'contact',
};

const STATUSES: Readonly<Record<string, Receipt['status']>> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
};

/** Reads the body of the app's webhook, of any number of entries: docs/wire/cloud-api.md#webhook. Never throws. */
export function readCloudApiWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('cloud-api');
  if (!isFields(body)) reading.skip(body);
  for (const entry of reading.each(own(body, 'entry'))) {
    for (const change of reading.each(own(entry, 'changes'))) {
      const value = own(change, 'value');
      const names = namesOf(own(value, 'contacts'), reading);
      for (const message of reading.each(own(value, 'messages'))) readMessage(message, names, reading);
      for (const status of reading.each(own(value, 'statuses'))) readStatus(status, reading);
    }
  }
  return reading.batch();
}

/** Names by number and by id; a batch may bring several senders. */
function namesOf(contacts: unknown, reading: WebhookReading): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const contact of reading.each(contacts)) {
    const name = lineOf(own(own(contact, 'profile'), 'name'));
    const id = own(contact, 'user_id');
    for (const sender of [senderOf([own(contact, 'wa_id')], [id]), hiddenSender(id)])
      if (sender !== null && name !== null) names.set(sender, name);
  }
  return names;
}

function readMessage(message: Fields, names: ReadonlyMap<string, string>, reading: WebhookReading): void {
  // Users who hide their number behind a name have no `from`, but an id.
  const from = senderOf([own(message, 'from')], [own(message, 'from_user_id'), own(message, 'user_id')]);
  if (from === null) {
    reading.skip(message);
    return;
  }
  const type = idOf(own(message, 'type')) ?? 'text';
  const kind = (Object.hasOwn(KINDS, type) ? KINDS[type] : undefined) ?? 'other';
  const content = own(message, type);
  reading.message({
    providerMessageId: idOf(own(message, 'id')),
    from,
    text: textOfCloudApi(content),
    kind,
    media: mediaOf(kind, content, { id: 'id', url: 'url', mimeType: 'mime_type', fileName: 'filename' }),
    pushName: names.get(from) ?? null,
    sentAt: timeOf(own(message, 'timestamp')),
    fromMe: false,
    isGroup: own(message, 'group_id') !== undefined,
  });
}

/** Text in `body`, caption in `caption`; of buttons and lists the title, of a template's button its `text`. */
function textOfCloudApi(content: unknown): string | null {
  const chosen = own(content, 'button_reply') ?? own(content, 'list_reply');
  return [own(content, 'body'), own(content, 'caption'), own(chosen, 'title'), own(content, 'text')]
    .map(textOf)
    .reduce((found, text) => found ?? text, null);
}

function readStatus(element: Fields, reading: WebhookReading): void {
  const providerMessageId = idOf(own(element, 'id'));
  const word = own(element, 'status');
  const status = typeof word === 'string' && Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined;
  if (providerMessageId === null || status === undefined) {
    reading.skip(element);
    return;
  }
  const code = status === 'failed' ? codeOf(own(firstOf(own(element, 'errors')), 'code')) : undefined;
  reading.receipt({
    providerMessageId,
    status,
    at: timeOf(own(element, 'timestamp')),
    ...(status === 'failed' && { reason: reasonOf(code) ?? 'unclassified' }),
    ...(code !== undefined && { providerCode: String(code) }),
  });
}
