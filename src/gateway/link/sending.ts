import { type AnyMessageContent, type proto } from '@whiskeysockets/baileys';

/** A message as Baileys makes one of it, or as it is. */
export type Outgoing = { readonly content: AnyMessageContent } | { readonly message: proto.IMessage };

/** Why a message failed, from our own list. */
export type MessageError = 'not_on_whatsapp' | 'restricted' | 'warming_up' | 'refused' | 'not_sent';

/** How a send ended: `QUEUED` lets it be tried again. */
export interface SendEnd {
  readonly state: 'SENT' | 'FAILED' | 'UNKNOWN' | 'QUEUED';
  readonly error?: MessageError;
}
