import { type AnyMessageContent } from '@whiskeysockets/baileys';

/** What a queued message says, by its kind; kept sealed, as JSON. Another kind is another line here and in `toWhatsApp`. */
export interface MessageContents {
  text: { readonly text: string };
}

export type MessageKind = keyof MessageContents;

/** A message in one of the kinds. */
export type GatewayMessage = { [Kind in MessageKind]: { kind: Kind; content: MessageContents[Kind] } }[MessageKind];

/** A message as Baileys sends it. */
export function toWhatsApp(message: GatewayMessage): AnyMessageContent {
  // A preview would make this service fetch whatever address stands in the text.
  return { text: message.content.text, linkPreview: null };
}
