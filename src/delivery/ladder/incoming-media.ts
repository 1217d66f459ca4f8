import { Readable } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { openFile, type FileFault, type FilePlace, type OpenFile } from '../../platform/egress/open-file.js';
import { OutgoingAgents } from '../../platform/egress/outgoing-agent.js';
import { PROVIDERS } from './ladder.js';
import {
  PlainText,
  TEXT,
  fileName,
  headOf,
  mediaTypeOf,
  textTypeOf,
  type MediaType,
} from '../providers/media-types.js';
import { type MediaReference, type MessageProvider } from '../providers/message-provider.js';

/** A file that came in, open for reading. */
export interface OpenedMedia {
  /** By its bytes, whatever its sender said. */
  readonly mimeType: string;
  /** Safe to save. */
  readonly name: string;
  /** To be read, or destroyed. It fails when the file turns out to be too large, or breaks off. */
  readonly bytes: Readable;
}

/** From the question to the last byte, in ms. */
const PATIENCE = 120_000;

/** Until its provider has said where a file is, in ms. */
const ASK_PATIENCE = 10_000;

/** Files that one instance hands out at the same time. */
const MOST_AT_ONCE = 8;

const CODES: Readonly<Record<FileFault, ErrorCode>> = {
  refused: 'media_not_found',
  gone: 'media_not_found',
  failed: 'media_unavailable',
  'too-large': 'media_too_large',
};

/** Fetches what came in from where its provider has it, and hands it on without keeping anything. */
@Injectable()
export class IncomingMedia implements BeforeApplicationShutdown {
  private open = 0;
  private readonly ending = new AbortController();

  constructor(
    private readonly settings: GatewaySettings,
    private readonly agents: OutgoingAgents,
    @Inject(PROVIDERS) private readonly providers: readonly MessageProvider[],
  ) {}

  /** A file that is being read must not hold the process. */
  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  /**
   * Whether a file can be asked for at all: its provider hands files out by their ids, or told an address.
   *
   * @param name of the provider that it came in by
   */
  canFetch(name: string, { id, url }: MediaReference): boolean {
    return url !== null || (id !== null && this.provider(name)?.mediaPlace !== undefined);
  }

  /**
   * Opens a file. What is neither picture, video, sound nor one of the usual documents by its first bytes is not handed
   * out.
   *
   * @param provider that it came in by
   * @throws AppError `media_not_found`, `media_unavailable`, `media_too_large`, `media_type_not_allowed`, `busy`
   */
  async fetch(provider: string, reference: MediaReference): Promise<OpenedMedia> {
    if (this.open >= MOST_AT_ONCE) throw new AppError('busy', { retryAfter: 10 });
    this.open += 1;
    let file: OpenFile | undefined;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE), this.ending.signal]);
      const failure = (fault: FileFault) => new AppError(CODES[fault]);
      const options = { signal, most: this.settings.mediaMaxBytes, failure };
      file = await openFile(this.agents, await this.placeOf(provider, reference), options);
      const pieces = file.bytes;
      const head = await headOf(pieces);
      const type = await typeOf(head, reference.fileName ?? '');
      const bytes = Readable.from(rest(head, pieces), { objectMode: false }).once('close', () => this.close(file));
      return { mimeType: type.mimetype, name: fileName(reference.fileName ?? 'file', type), bytes };
    } catch (error) {
      this.close(file);
      throw error instanceof AppError ? error : new AppError('media_unavailable', { cause: error });
    }
  }

  private close(file: OpenFile | undefined): void {
    this.open -= 1;
    file?.close();
  }

  private provider(name: string): MessageProvider | undefined {
    return this.providers.find((each) => each.name === name);
  }

  /** By its id at the provider; without one by the address that came along, which may be anybody's word. */
  private async placeOf(name: string, reference: MediaReference): Promise<FilePlace> {
    const provider = this.provider(name);
    if (reference.id !== null && provider?.mediaPlace) {
      const place = await provider.mediaPlace(reference.id, AbortSignal.timeout(ASK_PATIENCE));
      if (place === 'gone') throw new AppError('media_not_found');
      if (place === 'unavailable') throw new AppError('media_unavailable');
      return place;
    }
    if (reference.url === null) throw new AppError('media_unavailable');
    return { url: reference.url };
  }
}

async function* rest(head: Buffer, pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* pieces;
}

/** A text is looked at in its beginning alone: it is saved under a name that nothing runs. */
async function typeOf(head: Buffer, name: string): Promise<MediaType> {
  const type = await mediaTypeOf('document', head);
  if (!type || (type === TEXT && !new PlainText().add(head))) throw new AppError('media_type_not_allowed');
  return type === TEXT ? textTypeOf(name) : type;
}
