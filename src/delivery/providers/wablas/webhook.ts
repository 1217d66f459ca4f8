import { idOf, isFields, own, type Fields } from '../json-fields.js';
import { type IncomingBatch, type IncomingKind, type MediaReference, type Receipt } from '../message-provider.js';
import { reasonOfWords } from '../queue-answer.js';
import {
  atHome,
  isTrue,
  lineOf,
  meaningOf,
  phoneOf,
  senderOf,
  textOf,
  timeOf,
  urlOf,
  WebhookReading,
} from '../webhook-reading.js';
import { REASONS } from './reasons.js';

const KINDS: Readonly<Record<string, IncomingKind>> = {
  text: 'text',
  image: 'image',
  video: 'video',
  audio: 'audio',
  document: 'document',
  location: 'location',
};

const STATUSES: Readonly<Record<string, Receipt['status'] | 'none'>> = {
  pending: 'none',
  sent: 'sent',
  delivered: 'delivered',
  received: 'delivered',
  read: 'read',
  cancel: 'failed',
  reject: 'failed',
  rejected: 'failed',
};

/**
 * Reads the body of any of Wablas's webhooks, JSON or form: a message, what became of one, or the device's state, which is
 * asked for instead (docs/wire/wablas.md#webhooks). There is no signature: the secret in the address is the sole
 * protection. Never throws.
 */
export function readWablasWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('wablas');
  for (const element of reading.each(Array.isArray(body) ? body : [body])) {
    if (isMessage(element)) readMessage(element, reading);
    else if (own(element, 'status') === undefined) reading.skip(element);
    // The device's own state has no id.
    else if (own(element, 'id') !== undefined || own(element, 'deviceName') === undefined) readStatus(element, reading);
  }
  return reading.batch();
}

function isMessage(element: Fields): boolean {
  return own(element, 'messageType') !== undefined || (own(element, 'message') !== undefined && !hasStatus(element));
}

function hasStatus(element: Fields): boolean {
  return meaningOf(wordOf(own(element, 'status')), STATUSES) !== undefined;
}

function readMessage(element: Fields, reading: WebhookReading): void {
  const group = own(element, 'group');
  const isGroup = isTrue(own(element, 'isGroup'));
  const from = isGroup
    ? phoneOf(atHome(isFields(group) ? own(group, 'sender') : undefined))
    : senderOf([atHome(own(element, 'phone'))], []);
  if (from === null) {
    // A group without the person who wrote is known, and of no use to anybody.
    if (!isGroup) reading.skip(element);
    return;
  }
  const media = mediaOfWablas(element);
  const kind = meaningOf(wordOf(own(element, 'messageType')), KINDS) ?? 'other';
  reading.message({
    providerMessageId: idOf(own(element, 'id')),
    from,
    text: textOf(own(element, 'message')),
    kind: kind === 'text' && media ? 'other' : kind,
    media,
    pushName: lineOf(own(element, 'pushName')),
    sentAt: dateOf(own(element, 'timestamp')),
    fromMe: isTrue(own(element, 'isFromMe')) || from === phoneOf(atHome(own(element, 'sender'))),
    isGroup,
  });
}

function readStatus(element: Fields, reading: WebhookReading): void {
  const providerMessageId = idOf(own(element, 'id'));
  const status = meaningOf(wordOf(own(element, 'status')), STATUSES);
  if (providerMessageId === null || status === undefined) {
    reading.skip(element);
    return;
  }
  if (status === 'none') return;
  const note = own(element, 'note');
  const reason = reasonOfWords(typeof note === 'string' ? note : undefined, REASONS) ?? 'unclassified';
  const at = dateOf(own(element, 'timestamp'));
  reading.receipt({ providerMessageId, status, at, ...(status === 'failed' && { reason }) });
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim().toLowerCase() : undefined;
}

/** RFC 3339, as Go writes it: with up to nine digits of a second. */
function dateOf(value: unknown): Date | null {
  const [, seconds] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$/.exec(typeof value === 'string' ? value : '') ?? [];
  return timeOf(seconds === undefined ? value : Date.parse(`${seconds}Z`));
}

function mediaOfWablas(element: Fields): MediaReference | null {
  const url = urlOf(own(element, 'url'));
  if (url === null) return null;
  return { id: null, url, mimeType: lineOf(own(element, 'mimeType')), fileName: lineOf(own(element, 'file')) };
}
