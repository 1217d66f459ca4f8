import { type AnyMessageContent } from '@whiskeysockets/baileys';
import { type MenuContent } from './menus.js';

/** What a queued message says, by its kind; kept sealed, as JSON. Another kind is another line here and in `toWhatsApp`. */
export interface MessageContents {
  text: { readonly text: string };
  location: {
    readonly latitude: number;
    readonly longitude: number;
    readonly name?: string;
    readonly address?: string;
  };
  button: MenuContent;
  list: MenuContent;
}

export type MessageKind = keyof MessageContents;

/** A message in one of the kinds. */
export type GatewayMessage = { [Kind in MessageKind]: { kind: Kind; content: MessageContents[Kind] } }[MessageKind];

/** A message as Baileys sends it. */
export function toWhatsApp(message: GatewayMessage): AnyMessageContent {
  switch (message.kind) {
    case 'text':
    case 'button':
    case 'list':
      // A preview would make this service fetch whatever address stands in the text.
      return { text: message.content.text, linkPreview: null };
    case 'location': {
      const { latitude, longitude, name, address } = message.content;
      const place = { degreesLatitude: latitude, degreesLongitude: longitude };
      return { location: { ...place, ...(name && { name }), ...(address && { address }) } };
    }
  }
}
