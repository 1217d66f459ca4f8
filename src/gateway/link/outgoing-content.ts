import { type AnyMessageContent, type proto } from '@whiskeysockets/baileys';

/** A message as Baileys makes one of it, or as it is. */
export type Outgoing = { readonly content: AnyMessageContent } | { readonly message: proto.IMessage };
