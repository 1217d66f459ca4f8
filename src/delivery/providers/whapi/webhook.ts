import { type IncomingHttpHeaders } from 'node:http';
import { idOf, isFields, own, type Fields } from '../json-fields.js';
import { type IncomingBatch, type IncomingKind, type Receipt } from '../message-provider.js';
import {
  isTrue,
  lineOf,
  meaningOf,
  mediaOf,
  phoneOf,
  senderOf,
  textOf,
  timeOf,
  WebhookReading,
} from '../webhook-reading.js';
import { sameSecret } from '../webhook-secret.js';

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
  const kind = meaningOf(type, KINDS) ?? 'other';
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

/** Texts are in `body`, captions in `caption`, a pressed button or chosen row in the object that `type` names. */
function textOfWhapi(type: string, content: unknown): string | null {
  if (type !== 'reply') return textOf(own(content, 'body')) ?? textOf(own(content, 'caption'));
  const pressed = own(content, 'buttons_reply') ?? own(content, 'list_reply');
  return textOf(own(pressed, 'title')) ?? textOf(own(pressed, 'id'));
}

function readStatus(element: Fields, reading: WebhookReading): void {
  const providerMessageId = idOf(own(element, 'id'));
  const status = meaningOf(own(element, 'status'), STATUSES);
  if (providerMessageId === null || status === undefined) {
    reading.skip(element);
    return;
  }
  if (status !== 'none') reading.receipt({ providerMessageId, status, at: timeOf(own(element, 'timestamp')) });
}
