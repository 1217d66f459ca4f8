import { idOf, isFields, own } from '../json-fields.js';
import { type IncomingBatch, type MediaReference } from '../message-provider.js';
import {
  atHome,
  isTrue,
  lineOf,
  phoneOf,
  senderOf,
  textOf,
  timeOf,
  urlOf,
  WebhookReading,
} from '../webhook-reading.js';

/**
 * Reads the body of Whacenter's webhook, JSON or form: one message, in either of the two spellings that are about
 * (docs/wire/whacenter.md#incoming-webhook). There is no signature and no id: whoever knows the webhook's address can
 * forge it, so the secret in the address is the sole protection. Never throws.
 */
export function readWhacenterWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('whacenter');
  const isGroup = isTrue(first(body, ['is_group', 'isGroup']));
  const said = atHome(first(body, ['from', 'phone']));
  const from = isGroup ? phoneOf(said) : senderOf([said], []);
  if (from === null) {
    // A group in the place of the sender is known, and of no use to anybody.
    if (!isGroup) reading.skip(body);
    return reading.batch();
  }
  const to = phoneOf(atHome(own(body, 'to')));
  const text = textOf(first(body, ['message', 'text']));
  const media = mediaOfWhacenter(own(body, 'media'));
  reading.message({
    providerMessageId: idOf(own(body, 'id')),
    from,
    text,
    kind: media === null && text !== null ? 'text' : 'other',
    media,
    pushName: lineOf(first(body, ['pushName', 'name'])),
    sentAt: timeOf(own(body, 'timestamp')),
    fromMe: isTrue(first(body, ['isFromMe', 'fromMe', 'is_from_me', 'from_me'])) || from === to,
    isGroup,
  });
  return reading.batch();
}

/** The first of these fields that says something. */
function first(body: unknown, names: readonly string[]): unknown {
  return names.map((name) => own(body, name)).find((value) => value !== undefined && value !== null && value !== '');
}

/** No sample of the field is known: an address, or an object that has one. */
function mediaOfWhacenter(media: unknown): MediaReference | null {
  const url = urlOf(isFields(media) ? own(media, 'url') : media);
  return url === null ? null : { id: null, url, mimeType: null, fileName: null };
}
