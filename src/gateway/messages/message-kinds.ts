import { type Outgoing } from '../link/sending.js';
import { MEDIA_KINDS, type MediaKind } from '../../delivery/providers/media-types.js';
import { type MenuContent } from '../menus/menus.js';

/** What a message says of its file; the file itself lies encrypted beside the queue. Keys and hashes in base64. */
export interface MediaContent {
  readonly mimetype: string;
  readonly key: string;
  readonly sha256: string;
  readonly encryptedSha256: string;
  /** Bytes of the file, and of what is kept of it. */
  readonly size: number;
  readonly encryptedSize: number;
  readonly caption?: string;
  /** Of a document. */
  readonly fileName?: string;
  /** Of a sound: whether it is a voice note, and how long it plays; 0 where nobody knows. */
  readonly voice?: boolean;
  readonly seconds?: number;
}

/** What a queued message says, by its kind; kept sealed, as JSON. Another kind is another line here and in `toWhatsApp`. */
export interface MessageContents extends Record<MediaKind, MediaContent> {
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

/** One that carries a file. */
export type MediaMessage = Extract<GatewayMessage, { kind: MediaKind }>;

export function isMedia(message: GatewayMessage): message is MediaMessage {
  return (MEDIA_KINDS as readonly string[]).includes(message.kind);
}

/** Where WhatsApp keeps an uploaded file. */
export interface UploadedFile {
  readonly url: string;
  readonly directPath: string;
}

/** A message without a file, for Baileys. */
export function toWhatsApp(message: Exclude<GatewayMessage, MediaMessage>): Outgoing {
  switch (message.kind) {
    case 'text':
    case 'button':
    case 'list':
      // A preview would make this service fetch whatever address is in the text.
      return { content: { text: message.content.text, linkPreview: null } };
    case 'location': {
      const { latitude, longitude, name, address } = message.content;
      const place = { degreesLatitude: latitude, degreesLongitude: longitude };
      return { content: { location: { ...place, ...(name && { name }), ...(address && { address }) } } };
    }
  }
}

/**
 * A message with a file that is uploaded already. Baileys would write the file to the machine's folder for temporary files,
 * and open it with a decoder of pictures or with ffmpeg: no bytes of strangers are decoded here.
 */
export function mediaToWhatsApp({ kind, content }: MediaMessage, { url, directPath }: UploadedFile): Outgoing {
  const file = {
    url,
    directPath,
    mimetype: content.mimetype,
    mediaKey: Buffer.from(content.key, 'base64'),
    // eslint-disable-next-line no-restricted-properties -- the other side reads it: seconds of its calendar
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    fileSha256: Buffer.from(content.sha256, 'base64'),
    fileEncSha256: Buffer.from(content.encryptedSha256, 'base64'),
    fileLength: content.size,
  };
  const caption = content.caption === undefined ? {} : { caption: content.caption };
  switch (kind) {
    case 'image':
      return { message: { imageMessage: { ...file, ...caption } } };
    case 'video':
      return { message: { videoMessage: { ...file, ...caption } } };
    case 'audio':
      return { message: { audioMessage: { ...file, ptt: content.voice ?? false, seconds: content.seconds ?? 0 } } };
    case 'document': {
      const name = content.fileName ?? 'file';
      return { message: { documentMessage: { ...file, ...caption, fileName: name, title: name } } };
    }
  }
}
