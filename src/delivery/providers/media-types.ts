/** Kinds of message that carry a file; each is also the name of its route and of its field in an upload. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'document'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** What a file is, going by its bytes. */
export interface MediaType {
  /** As WhatsApp is told. */
  readonly mimetype: string;
  /** Endings that fit it, without the dot, the usual one first. */
  readonly extensions: readonly string[];
}

const type = (mimetype: string, ...extensions: string[]): MediaType => ({ mimetype, extensions });

/** What comes from `file-type` on the left, what we say it is on the right. */
const IMAGES: Record<string, MediaType> = {
  'image/jpeg': type('image/jpeg', 'jpg', 'jpeg'),
  'image/png': type('image/png', 'png'),
  'image/webp': type('image/webp', 'webp'),
};
const VIDEOS: Record<string, MediaType> = {
  'video/mp4': type('video/mp4', 'mp4', 'm4v'),
  'video/x-m4v': type('video/mp4', 'mp4', 'm4v'),
  'video/3gpp': type('video/3gpp', '3gp'),
  'video/quicktime': type('video/quicktime', 'mov'),
};
/** The only one that every phone plays as a voice note. */
export const VOICE = 'audio/ogg; codecs=opus';
const AUDIOS: Record<string, MediaType> = {
  [VOICE]: type(VOICE, 'ogg', 'opus'),
  'audio/mpeg': type('audio/mpeg', 'mp3'),
  'audio/mp4': type('audio/mp4', 'm4a'),
  'audio/x-m4a': type('audio/mp4', 'm4a'),
  'audio/aac': type('audio/aac', 'aac'),
  'audio/amr': type('audio/amr', 'amr'),
};
const OFFICE = 'application/vnd.openxmlformats-officedocument';
const OPEN = 'application/vnd.oasis.opendocument';
// No archives and none of the old Office formats: they hold whatever they like, macros and installers included.
const DOCUMENTS: Record<string, MediaType> = {
  'application/pdf': type('application/pdf', 'pdf'),
  'application/rtf': type('application/rtf', 'rtf'),
  [`${OFFICE}.wordprocessingml.document`]: type(`${OFFICE}.wordprocessingml.document`, 'docx'),
  [`${OFFICE}.spreadsheetml.sheet`]: type(`${OFFICE}.spreadsheetml.sheet`, 'xlsx'),
  [`${OFFICE}.presentationml.presentation`]: type(`${OFFICE}.presentationml.presentation`, 'pptx'),
  [`${OPEN}.text`]: type(`${OPEN}.text`, 'odt'),
  [`${OPEN}.spreadsheet`]: type(`${OPEN}.spreadsheet`, 'ods'),
  [`${OPEN}.presentation`]: type(`${OPEN}.presentation`, 'odp'),
};

const ALLOWED: Record<MediaKind, Record<string, MediaType>> = {
  image: IMAGES,
  video: VIDEOS,
  audio: AUDIOS,
  document: { ...DOCUMENTS, ...IMAGES, ...VIDEOS, ...AUDIOS },
};

/** Texts have no bytes that tell them: see `PlainText`. */
export const TEXT = type('text/plain', 'txt', 'log', 'md');
const CSV = type('text/csv', 'csv');

/** How much of a file is looked at, in bytes: an office document names itself within its first entries. */
const LOOKED_AT = 256 * 1024;

/** The beginning of a file that comes piece by piece: `LOOKED_AT` bytes or more, or all of it. */
export async function headOf(pieces: AsyncIterator<Buffer>): Promise<Buffer> {
  const head: Buffer[] = [];
  let length = 0;
  while (length < LOOKED_AT) {
    const next = await pieces.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  return Buffer.concat(head);
}

/**
 * What a file is.
 *
 * @param head its first `LOOKED_AT` bytes, or all of it
 * @returns null for what may not be sent as this kind; `TEXT` for what may be a text, which all of it has to show
 */
export async function mediaTypeOf(kind: MediaKind, head: Buffer): Promise<MediaType | null> {
  const { fileTypeFromBuffer } = await import('file-type');
  // A parser that stumbles over made-up bytes knows them as little as one that finds nothing.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found) return ALLOWED[kind][found.mime] ?? null;
  return kind === 'document' ? TEXT : null;
}

/** What begins so is a page, a script or a program, and what holds a script's tag is not a list of numbers. */
const MARKUP = /^\s*(?:<|#!|\{\\rtf)/;
const SCRIPT = /<\s*(?:script|svg|html|iframe|object|embed|\?php)\b/i;

/** Lines, tabs and what a person can read; nothing that a terminal or a phone would obey. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** As long as the longest that `SCRIPT` looks for, spaces included. */
const OVERLAP = 64;

/** Looks at all of a file that is to be a text: UTF-8, no control characters, no markup that would run. */
export class PlainText {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private before = '';
  private begun = false;

  /** @returns whether it may still be one */
  add(bytes: Buffer): boolean {
    return this.look(() => this.decoder.decode(bytes, { stream: true }));
  }

  /** @returns whether it was one */
  end(): boolean {
    return this.look(() => this.decoder.decode());
  }

  private look(decode: () => string): boolean {
    try {
      const text = this.before + decode();
      if (CONTROL.test(text) || SCRIPT.test(text)) return false;
      if (!this.begun && text.trim() !== '') {
        this.begun = true;
        if (MARKUP.test(text)) return false;
      }
      this.before = text.slice(-OVERLAP);
      return true;
    } catch {
      return false;
    }
  }
}

/** Paths, what shells and Windows read something into, and what turns a name around so that its end looks like another. */
const NOT_IN_NAMES = /[\p{C}\u2028\u2029<>:"|?*`$&;'%\\/]/gu;

/** Longest name of a file, in characters; its ending comes on top. */
const LONGEST_NAME = 100;

/**
 * A name that is safe to show and to save: no path, no markup, and an ending that says what the file is.
 *
 * @param given as the caller wrote it
 */
export function fileName(given: string, { extensions }: MediaType): string {
  const last = given.split(/[\\/]/).at(-1) ?? '';
  const clean = last.normalize('NFC').replace(NOT_IN_NAMES, ' ').replace(/\s+/g, ' ').trim().replace(/^\.+/, '');
  const ending = /\.([A-Za-z0-9]{1,8})$/.exec(clean)?.[1]?.toLowerCase();
  const fits = ending !== undefined && extensions.includes(ending);
  const stem = [...(fits ? clean.slice(0, -(ending.length + 1)) : clean)].slice(0, LONGEST_NAME).join('').trim();
  return `${stem === '' ? 'file' : stem}.${fits ? ending : (extensions[0] ?? 'bin')}`;
}

/** A text whose name says that it is a table is one. */
export function textTypeOf(given: string): MediaType {
  return /\.csv$/i.test(given.trim()) ? CSV : TEXT;
}
