import { type IncomingHttpHeaders } from 'node:http';
import { hiddenSender } from '../../../platform/phone/sender.js';
import { idOf, firstOf, isFields, own, type Fields } from '../json-fields.js';
import { type IncomingBatch, type IncomingKind, type Receipt } from '../message-provider.js';
import { codeOf } from '../outcomes.js';
import { lineOf, meaningOf, mediaOf, senderOf, textOf, timeOf, WebhookReading } from '../webhook-reading.js';
import { sameMac, sameSecret } from '../webhook-secret.js';
import { reasonOf } from './error-codes.js';

/**
 * The answer to Meta's question whether this webhook is ours: its challenge, to be sent as plain text.
 *
 * @param query of the GET request; its keys have dots in them
 * @returns null when the token is not ours (answer 403)
 */
export function challengeAnswer(query: unknown, verifyToken: string): string | null {
  const challenge = own(query, 'hub.challenge');
  const isOurToken = own(query, 'hub.mode') === 'subscribe' && sameSecret(own(query, 'hub.verify_token'), verifyToken);
  return isOurToken && typeof challenge === 'string' && /^[\w.-]{1,200}$/.test(challenge) ? challenge : null;
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
  const kind = meaningOf(type, KINDS) ?? 'other';
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
  const status = meaningOf(own(element, 'status'), STATUSES);
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
