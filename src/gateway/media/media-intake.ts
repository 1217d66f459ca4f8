import { Injectable } from '@nestjs/common';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { AppError } from '../../platform/errors/app-error.js';
import { GatewayMediaRepository } from './gateway-media.repository.js';
import { MediaCipher, type EncryptedFile } from './media-cipher.js';
import {
  PlainText,
  TEXT,
  VOICE,
  headOf,
  mediaTypeOf,
  type MediaKind,
  type MediaType,
} from '../../delivery/providers/media-types.js';
import { oggSeconds } from './ogg-duration.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

/** Where a file goes: the message that will carry it. */
export interface MediaPlace {
  readonly messageId: string;
  readonly sessionId: string;
  readonly kind: MediaKind;
}

/** A file that is kept for its message. */
export interface StoredMedia extends EncryptedFile {
  readonly type: MediaType;
  /** Of a voice note, in whole seconds. */
  readonly seconds?: number;
}

/** One row of a file, in bytes. */
const CHUNK = 256 * 1024;

/** The last part of a voice note, which says how long it is, in bytes: an Ogg page is at most 65,307. */
const TAIL = 66 * 1024;

/** Files that may wait in one linked account's queue. */
const MOST_WAITING = 20;

/**
 * Takes files in as they come: looks at the first bytes, encrypts, and writes piece by piece into the database, where
 * whichever instance holds the linked account finds them. No file of ours is ever on a disk, and no more than some
 * pieces are in memory (docs/decisions/0011-files-wait-encrypted-in-the-database.md).
 */
@Injectable()
export class MediaIntake {
  constructor(
    private readonly settings: GatewaySettings,
    private readonly media: GatewayMediaRepository,
  ) {}

  /**
   * @throws AppError `media_too_large`, `media_type_not_allowed`, `validation_failed` for an empty file, `busy`; what had
   *   been kept by then is the caller's to forget
   */
  async store(source: AsyncIterable<Buffer>, place: MediaPlace): Promise<StoredMedia> {
    const pieces = this.bounded(source);
    try {
      const head = await headOf(pieces);
      if (head.length === 0) throw invalidField(place.kind, 'empty');
      const type = await mediaTypeOf(place.kind, head);
      if (!type) throw new AppError('media_type_not_allowed');
      const { messageId, sessionId } = place;
      if (!(await this.media.begin(messageId, sessionId, MOST_WAITING))) throw new AppError('busy', { retryAfter: 30 });
      return await this.keep(head, pieces, type, place);
    } finally {
      // What is not read to its end is closed: a connection to somebody else's server must not stay open.
      await pieces.return(undefined);
    }
  }

  /** Forgets what was kept for a message that does not come to the queue. */
  async forget(messageId: string): Promise<void> {
    await this.media.forget(messageId);
  }

  private async keep(
    head: Buffer,
    rest: AsyncIterator<Buffer>,
    type: MediaType,
    { kind, messageId }: MediaPlace,
  ): Promise<StoredMedia> {
    const cipher = new MediaCipher(kind);
    const text = type === TEXT ? new PlainText() : null;
    const rows = new Rows((position, bytes) => this.media.add(messageId, position, bytes));
    let tail = Buffer.alloc(0);
    for (let piece: Buffer | null = head; piece; piece = await nextOf(rest)) {
      if (text && !text.add(piece)) throw new AppError('media_type_not_allowed');
      if (type.mimetype === VOICE) tail = Buffer.concat([tail, piece]).subarray(-TAIL);
      await rows.add(cipher.add(piece));
    }
    if (text && !text.end()) throw new AppError('media_type_not_allowed');
    const { bytes, file } = cipher.end();
    await rows.end(bytes);
    const seconds = type.mimetype === VOICE ? oggSeconds(head, tail) : null;
    return { ...file, type, ...(seconds === null ? {} : { seconds }) };
  }

  private async *bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const piece of source) {
      size += piece.length;
      if (size > this.settings.mediaMaxBytes) throw new AppError('media_too_large');
      yield piece;
    }
  }
}

/** Pieces of whatever length as rows of one length. */
class Rows {
  private waiting: Buffer[] = [];
  private length = 0;
  private position = 0;

  constructor(private readonly write: (position: number, bytes: Buffer) => Promise<void>) {}

  async add(bytes: Buffer): Promise<void> {
    this.waiting.push(bytes);
    this.length += bytes.length;
    if (this.length < CHUNK) return;
    const all = Buffer.concat(this.waiting);
    const whole = all.length - (all.length % CHUNK);
    for (let at = 0; at < whole; at += CHUNK) await this.write(this.position++, all.subarray(at, at + CHUNK));
    // A copy, so that the large one can go.
    this.waiting = [Buffer.from(all.subarray(whole))];
    this.length = all.length - whole;
  }

  async end(bytes: Buffer): Promise<void> {
    await this.add(bytes);
    if (this.length > 0) await this.write(this.position, Buffer.concat(this.waiting));
  }
}

async function nextOf(pieces: AsyncIterator<Buffer>): Promise<Buffer | null> {
  const next = await pieces.next();
  return next.done ? null : next.value;
}
