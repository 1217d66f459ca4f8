import type { IncomingHttpHeaders } from 'node:http';
import { type FilePlace } from '../../../platform/egress/open-file.js';
import { MEDIA_KINDS } from '../media-types.js';
import { HttpExchange, isSuccess, type HttpAnswer } from '../http-exchange.js';
import { isFields, messageId, own, parseObject, type Fields } from '../json-fields.js';
import {
  DEVICE_STATE_AGE,
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
import { idOf, isTrue, lineOf, mediaOf, phoneOf, senderOf, textOf, timeOf, WebhookReading } from '../webhook-body.js';
import { sameSecret } from '../webhook-secret.js';

/** What the provider needs to know of its channel. */
export interface WhapiOptions {
  /** Scheme and host, for example `https://gate.whapi.cloud`. */
  baseUrl: string;
  /** The channel's token: whoever has it sends as this channel. */
  token: string;
  /** Whether the channel's webhook comes to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** What each status means when the words say no more: docs/wire/whapi.md#send. */
const REASON_BY_STATUS: Readonly<Record<number, RejectionReason>> = {
  400: 'content',
  401: 'provider-auth',
  402: 'provider-quota',
  403: 'recipient-blocked-by-policy',
  404: 'provider-auth',
  413: 'content',
  415: 'content',
  429: 'rate-limited-account',
};

/** Wordings that decide before the status does. Numeric codes are not documented and are not read. */
const REASON_BY_WORDS: readonly [RegExp, RejectionReason][] = [
  [/channel authorization/i, 'provider-disconnected'],
  [/trial version limit/i, 'provider-quota'],
  [/forbidden to send/i, 'recipient-blocked-by-policy'],
];

const STATES: Readonly<Record<string, DeviceState['state']>> = {
  AUTH: 'connected',
  QR: 'waiting-for-scan',
  NOT_INIT: 'disconnected',
  INIT: 'disconnected',
  LAUNCH: 'disconnected',
  ERROR: 'disconnected',
  SYNC_ERROR: 'disconnected',
};

/** Whapi.cloud (unofficial WhatsApp gateway) as a message provider: docs/wire/whapi.md. */
export class WhapiProvider implements MessageProvider {
  readonly name = 'whapi';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = DEVICE_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #exchange: HttpExchange;
  readonly #base: string;
  readonly #token: string;
  readonly #onSurprise: SurpriseListener;

  constructor({ baseUrl, token, hasWebhook, onSurprise }: WhapiOptions) {
    this.sendsReceipts = hasWebhook;
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#exchange = new HttpExchange(this.#base, {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
    });
    this.#token = token;
    this.#onSurprise = onSurprise;
  }

  /** Sends one text or file; "accepted" means that Whapi has it, its fate comes by webhook. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const to = message.to.replace(/\D/g, '');
    const { media } = message;
    const content = media ? file(media) : { body: message.text.toWellFormed(), typing_time: 0, no_link_preview: true };
    const url = `${this.#base}/messages/${media?.kind ?? 'text'}`;
    const answer = await this.#exchange.post(url, JSON.stringify({ to, ...content }), signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : unanswered(answer);
  }

  /** Whapi hands a file out under its id for as long as it keeps it. */
  mediaPlace(id: string): Promise<FilePlace | 'gone'> {
    // The id comes from outside: it must not lead to another path.
    if (!/^(?!\.+$)[\w.-]{1,200}$/.test(id)) return Promise.resolve('gone');
    const headers = { authorization: `Bearer ${this.#token}` };
    return Promise.resolve({ url: `${this.#base}/media/${id}`, headers, own: true });
  }

  /** Asks for the channel's link to WhatsApp, without waking a channel that sleeps. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#exchange.get(`${this.#base}/health?wakeup=false&channel_type=web`, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    if (!isSuccess(answer)) return state('unreachable', `HTTP ${answer.status}`);
    const body = parseObject(answer.text);
    const word = this.#clean(own(own(body, 'status'), 'text'));
    const known = word === undefined ? undefined : STATES[word.toUpperCase()];
    if (known === undefined) this.#surprise('health', answer.status, body);
    if (word === undefined) return state('unreachable', 'bad-body');
    return state(known ?? 'disconnected', word);
  }

  /** docs/wire/whapi.md#send: only `sent` decides about success, words before the status about a refusal. */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter: wait } = answer;
    const body = parseObject(answer.text);
    const sent = own(body, 'sent');
    if (sent === true) return this.#readSent(answer, body);
    const error = own(body, 'error');
    const said = [own(error, 'message') ?? error, own(error, 'details')].filter((each) => typeof each === 'string');
    const words = this.#clean(said.join(': '), message);
    if (isSuccess(answer) && sent !== false && !isFields(error)) {
      this.#surprise('send', status, body);
      return { kind: 'unknown', cause: 'bad-body' };
    }
    const told = this.#reason(answer, body, words);
    // Of a file, "not found" is what Whapi says of its address; a channel that is gone says so of texts, too.
    const reason = message.media && status === 404 ? 'content' : told;
    return rejected(reason, { status, words, ...(reason !== 'provider-auth' && { wait }) });
  }

  #readSent(answer: HttpAnswer, body: Fields | undefined): SendOutcome {
    const id = messageId(own(own(body, 'message'), 'id'));
    if (!isSuccess(answer) || id === null) this.#surprise('send', answer.status, body);
    // A refusal that also claims success cannot be believed either way.
    if (!isSuccess(answer)) return { kind: 'unknown', cause: 'bad-body' };
    return { kind: 'accepted', providerMessageId: id };
  }

  #reason(answer: HttpAnswer, body: Fields | undefined, words = ''): RejectionReason {
    const told = REASON_BY_WORDS.find(([pattern]) => pattern.test(words));
    if (told) return told[1];
    if (answer.status >= 500) return 'provider-unavailable';
    // A page and no JSON is somebody in between, who knows nothing of recipients.
    if (body === undefined && answer.status === 403) return 'provider-auth';
    if (answer.status === 400 && namesRecipient(words)) return 'recipient-invalid';
    const reason = REASON_BY_STATUS[answer.status];
    if (reason !== undefined) return reason;
    if (!isSuccess(answer)) this.#surprise('send', answer.status, body);
    return answer.status >= 300 && answer.status < 400 ? 'provider-unavailable' : 'unclassified';
  }

  #surprise(call: 'send' | 'health', httpStatus: number, body: Fields | undefined): void {
    this.#onSurprise({ provider: this.name, call, keys: keyNames(body, [this.#token]), httpStatus });
  }

  #clean(words: unknown, sent?: OutgoingMessage): string | undefined {
    return redacted(words, [this.#token, sent?.media?.caption ?? undefined, sent?.text, sent?.code]);
  }
}

/** A file by its address; a sound has no caption, and only a document a name: docs/wire/whapi.md#send. */
function file({ kind, url, caption, fileName }: OutgoingMedia): object {
  return {
    media: url,
    ...(kind !== 'audio' && caption !== null && { caption: caption.toWellFormed() }),
    ...(kind === 'document' && fileName !== null && { filename: fileName.toWellFormed() }),
  };
}

/** Whether a call of the webhook carries the secret that the channel was told to send along. */
export function isFromWhapi(headers: IncomingHttpHeaders, secret: string): boolean {
  return sameSecret(headers['x-hook-secret'], secret);
}

const KINDS: Readonly<Record<string, IncomingKind>> = {
  text: 'text',
  link_preview: 'text',
  reply: 'reply',
  image: 'image',
  video: 'video',
  short: 'video',
  gif: 'video',
  audio: 'audio',
  voice: 'audio',
  document: 'document',
  sticker: 'sticker',
  location: 'location',
  live_location: 'location',
  contact: 'contact',
  contact_list: 'contact',
};

const STATUSES: Readonly<Record<string, Receipt['status'] | 'none'>> = {
  failed: 'failed',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  pending: 'none',
  deleted: 'none',
};

/** Reads the body of the channel's webhook: messages, our own included, and statuses: docs/wire/whapi.md#webhook. Never throws. */
export function readWhapiWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('whapi');
  if (!isFields(body)) reading.skip(body);
  for (const message of reading.each(own(body, 'messages'))) readMessage(message, reading);
  for (const status of reading.each(own(body, 'statuses'))) readStatus(status, reading);
  return reading.batch();
}

function readMessage(message: Fields, reading: WebhookReading): void {
  const chat = own(message, 'chat_id');
  const fromMe = isTrue(own(message, 'from_me'));
  const isGroup = typeof chat === 'string' && !/^[+\d:]+(?:@(?:s\.whatsapp\.net|c\.us|lid))?$/.test(chat);
  // In a chat of two the other one is its name; `from` may be left out, or hide the number.
  const isPerson = !fromMe && !isGroup;
  const said = own(message, 'from');
  const from = isPerson ? senderOf([said, chat], [said, chat].filter(isHiddenId)) : phoneOf(said);
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
    text: textOfWhapi(type, content),
    kind,
    media: mediaOf(kind, content, { id: 'id', url: 'link', mimeType: 'mime_type', fileName: 'filename' }),
    pushName: lineOf(own(message, 'from_name')),
    sentAt: timeOf(own(message, 'timestamp')),
    fromMe,
    isGroup,
  });
}

function isHiddenId(id: unknown): boolean {
  return typeof id === 'string' && id.endsWith('@lid');
}

/** Texts stand in `body`, captions in `caption`, a pressed button or chosen row in the object that `type` names. */
function textOfWhapi(type: string, content: unknown): string | null {
  if (type !== 'reply') return textOf(own(content, 'body')) ?? textOf(own(content, 'caption'));
  const pressed = own(content, 'buttons_reply') ?? own(content, 'list_reply');
  return textOf(own(pressed, 'title')) ?? textOf(own(pressed, 'id'));
}

function readStatus(element: Fields, reading: WebhookReading): void {
  const providerMessageId = idOf(own(element, 'id'));
  const word = own(element, 'status');
  const status = typeof word === 'string' && Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined;
  if (providerMessageId === null || status === undefined) {
    reading.skip(element);
    return;
  }
  if (status !== 'none') reading.receipt({ providerMessageId, status, at: timeOf(own(element, 'timestamp')) });
}

/** Whether a complaint about our request is about its recipient: `to` as a path or a quoted name, not the preposition. */
function namesRecipient(words: string): boolean {
  return /(?:^|[/."'`[]|: )to(?=["'`\]:]|\s+(?:must|should|is|does|has|field|parameter))/i.test(words);
}
