import { field, firstOf, idOf, isFields } from '../json-fields.js';
import { type IncomingBatch, type IncomingKind, type MediaReference, type Receipt } from '../message-provider.js';
import {
  atHome,
  lineOf,
  meaningOf,
  phoneOf,
  senderOf,
  textOf,
  timeOf,
  urlOf,
  WebhookReading,
} from '../webhook-reading.js';

/** Fonnte's `status` of a message, which says how far its own work has come. */
const STATUSES: Readonly<Record<string, Pick<Receipt, 'status' | 'reason'> | 'none'>> = {
  sent: { status: 'sent' },
  // Not among the documented words; a client has them here in place of `state`.
  delivered: { status: 'delivered' },
  read: { status: 'read' },
  invalid: { status: 'failed', reason: 'recipient-invalid' },
  failed: { status: 'failed', reason: 'unclassified' },
  // A day with the device away: Fonnte gives up by itself.
  expired: { status: 'failed', reason: 'provider-disconnected' },
  'url unreachable': { status: 'failed', reason: 'content' },
  pending: 'none',
  waiting: 'none',
  processing: 'none',
};

/** Its `state`, which is what WhatsApp says. */
const STATES: Readonly<Record<string, Receipt['status']>> = { sent: 'sent', delivered: 'delivered', read: 'read' };

/**
 * Reads the body of any of Fonnte's webhooks, JSON or form: a message, what became of one, or the device's state, which is
 * asked for instead (docs/wire/fonnte.md#webhooks). There is no signature: the secret in the address is the sole
 * protection. Never throws.
 */
export function readFonnteWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('fonnte');
  if (said(body, 'sender')) readMessage(body, reading);
  else if (said(body, 'status') || said(body, 'state')) readStatus(body, reading);
  else reading.skip(body);
  return reading.batch();
}

function readMessage(body: unknown, reading: WebhookReading): void {
  const chat = field(body, 'sender');
  const isGroup = said(body, 'member') || (typeof chat === 'string' && chat.endsWith('@g.us'));
  const from = isGroup ? phoneOf(atHome(field(body, 'member'))) : senderOf([atHome(chat)], []);
  if (from === null) {
    // A group in the place of the sender is known, and of no use to anybody.
    if (!isGroup) reading.skip(body);
    return;
  }
  const media = mediaOfFonnte(body);
  const text = textOf(field(body, 'message'));
  reading.message({
    // `inboxid` is for answers within Fonnte; nothing says that it differs from message to message.
    providerMessageId: null,
    from,
    text,
    kind: kindOf(body, media, text),
    media,
    pushName: lineOf(field(body, 'name')),
    sentAt: timeOf(field(body, 'timestamp')),
    fromMe: from === phoneOf(atHome(field(body, 'device'))),
    isGroup,
  });
}

/** The device's own state has no id; nor has a report of WhatsApp's that names its `stateid` alone, which no send told. */
function readStatus(body: unknown, reading: WebhookReading): void {
  const ids = field(body, 'id');
  const providerMessageId = idOf(firstOf(ids) ?? ids);
  if (providerMessageId === null) {
    if (!said(body, 'device') && !said(body, 'stateid')) reading.skip(body);
    return;
  }
  const status = meaningOf(wordOf(field(body, 'status')), STATUSES);
  const state = meaningOf(wordOf(field(body, 'state')), STATES);
  if (status === undefined && state === undefined) reading.skip(body);
  const at = timeOf(field(body, 'timestamp'));
  if (status !== undefined && status !== 'none') reading.receipt({ providerMessageId, at, ...status });
  if (state !== undefined) reading.receipt({ providerMessageId, at, status: state });
}

/** Whether a field says something. */
function said(body: unknown, name: string): boolean {
  const value = isFields(body) ? field(body, name) : undefined;
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim().toLowerCase() : undefined;
}

/** Fonnte gives the ending of a file's name and not its type. */
function mediaOfFonnte(body: unknown): MediaReference | null {
  const url = urlOf(field(body, 'url'));
  return url === null ? null : { id: null, url, mimeType: null, fileName: lineOf(field(body, 'filename')) };
}

function kindOf(body: unknown, media: MediaReference | null, text: string | null): IncomingKind {
  if (media) return 'other';
  if (said(body, 'location')) return 'location';
  return text === null ? 'other' : 'text';
}
