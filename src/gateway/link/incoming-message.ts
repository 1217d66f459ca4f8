import { type proto, type WAMessage } from '@whiskeysockets/baileys';
import { SESSION } from '../../delivery/providers/session/name.js';
import { hiddenSender } from '../../platform/phone/sender.js';
import { phoneOfJid } from './jids.js';

/** What kind of content came in; `reply` is a pressed button or a chosen row, `other` everything that is not named. */
type IncomingKind =
  'text' | 'reply' | 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'location' | 'contact' | 'other';

/** A message that came in; the same fields as messaging's `IncomingMessage`. Nothing in it is trustworthy but its origin. */
export interface IncomingLinkMessage {
  readonly provider: typeof SESSION;
  readonly providerMessageId: string;
  /** Sender as E.164, or as `id:…` where they hide it; the account's own number when `fromMe`. */
  readonly from: string;
  readonly text: string | null;
  readonly kind: IncomingKind;
  /** Media are not fetched. */
  readonly media: null;
  /** The name that the sender gave themselves. */
  readonly pushName: string | null;
  readonly sentAt: Date | null;
  /** An echo of what was typed on the phone or another device of the account. */
  readonly fromMe: boolean;
  readonly isGroup: false;
  /** WhatsApp's id of the message that it quotes; null without. */
  readonly quotedId: string | null;
  /** What it chooses out of a menu that the linked account sent: the sender's id of it, WhatsApp's id of the menu. */
  readonly choice: { readonly id: string; readonly title: string; readonly menuId: string } | null;
}

/** What a recipient's phone said of a message. */
export interface IncomingReceipt {
  readonly whatsappId: string;
  readonly status: 'delivered' | 'read';
  readonly at: Date | null;
}

/** A field of a message, its kind, and where its text is. */
const KINDS: readonly [keyof proto.IMessage, IncomingKind, (message: proto.IMessage) => string | null | undefined][] = [
  ['conversation', 'text', (m) => m.conversation],
  ['extendedTextMessage', 'text', (m) => m.extendedTextMessage?.text],
  ['buttonsResponseMessage', 'reply', (m) => m.buttonsResponseMessage?.selectedDisplayText],
  ['templateButtonReplyMessage', 'reply', (m) => m.templateButtonReplyMessage?.selectedDisplayText],
  ['listResponseMessage', 'reply', (m) => m.listResponseMessage?.title],
  ['imageMessage', 'image', (m) => m.imageMessage?.caption],
  ['interactiveResponseMessage', 'reply', (m) => m.interactiveResponseMessage?.body?.text],
  ['videoMessage', 'video', (m) => m.videoMessage?.caption],
  ['ptvMessage', 'video', (m) => m.ptvMessage?.caption],
  ['audioMessage', 'audio', () => null],
  ['documentMessage', 'document', (m) => m.documentMessage?.caption],
  ['stickerMessage', 'sticker', () => null],
  ['locationMessage', 'location', (m) => m.locationMessage?.name],
  ['liveLocationMessage', 'location', (m) => m.liveLocationMessage?.caption],
  ['contactMessage', 'contact', (m) => m.contactMessage?.displayName],
  ['contactsArrayMessage', 'contact', (m) => m.contactsArrayMessage?.displayName],
];

/** What a message may be wrapped in, each in another one. */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'associatedChildMessage',
  'lottieStickerMessage',
  'deviceSentMessage',
  'botInvokeMessage',
  'groupMentionedMessage',
] as const satisfies readonly (keyof proto.IMessage)[];
const MOST_WRAPPERS = 4;

/** What goes along with a message, and is not a message by itself. */
const ALONGSIDE: ReadonlySet<string> = new Set(['messageContextInfo', 'senderKeyDistributionMessage']);

/** What phones and WhatsApp tell each other about other messages: nothing that a person said. */
const NOISE = [
  'protocolMessage',
  'reactionMessage',
  'encReactionMessage',
  'pollUpdateMessage',
  'pinInChatMessage',
  'keepInChatMessage',
  'callLogMesssage',
  'editedMessage',
] as const satisfies readonly (keyof proto.IMessage)[];

/** No genuine message is longer; longer texts are ignored. */
const LONGEST_TEXT = 65_536;
const LONGEST_NAME = 100;

/**
 * A message of Baileys' as the rooms above know it.
 *
 * @param senderPhone the sender's number where its id is not one (a LID), E.164
 * @returns null for anything but a message of a person to this account: protocol, reactions, groups, status
 */
export function readIncomingMessage(received: WAMessage, senderPhone: string | null): IncomingLinkMessage | null {
  const { key, message, pushName, messageTimestamp } = received;
  const from = phoneOfJid(key.remoteJid) ?? phoneOfJid(key.remoteJidAlt) ?? senderPhone ?? hiddenOf(key.remoteJid);
  if (!from || !key.id || !message) return null;
  const inner = unwrapped(message);
  if (isNoise(inner)) return null;
  const found = KINDS.find(([field]) => inner[field] != null);
  const text = found?.[2](inner);
  const seconds = Number(messageTimestamp);
  return {
    provider: SESSION,
    providerMessageId: key.id,
    from,
    text: typeof text === 'string' ? text.slice(0, LONGEST_TEXT) : null,
    kind: found?.[1] ?? 'other',
    media: null,
    pushName: typeof pushName === 'string' ? pushName.slice(0, LONGEST_NAME) : null,
    sentAt: Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1000) : null,
    fromMe: key.fromMe === true,
    isGroup: false,
    quotedId: inner.extendedTextMessage?.contextInfo?.stanzaId ?? null,
    choice: null,
  };
}

function isNoise(message: proto.IMessage): boolean {
  const said = Object.entries(message).filter(([field, value]) => value != null && !ALONGSIDE.has(field));
  return said.length === 0 || NOISE.some((field) => message[field] != null);
}

/** Only a person's own hidden id; groups and channels have none. */
function hiddenOf(jid: string | null | undefined): string | null {
  return jid?.endsWith('@lid') ? hiddenSender(jid) : null;
}

function unwrapped(message: proto.IMessage): proto.IMessage {
  let inner = message;
  for (let layers = 0; layers < MOST_WRAPPERS; layers++) {
    const wrapper = WRAPPERS.find((name) => inner[name]?.message);
    inner = (wrapper && inner[wrapper]?.message) ?? inner;
  }
  return inner;
}
