import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { AppError } from '../../platform/errors/app-error.js';
import { OutgoingAgents, outgoingUrl } from '../../platform/egress/outgoing-agent.js';
import { OutgoingRefused } from '../../platform/egress/public-addresses.js';
import { PROVIDERS } from './ladder.js';
import {
  LOOKED_AT,
  PlainText,
  TEXT,
  fileName,
  mediaTypeOf,
  textTypeOf,
  type MediaType,
} from '../providers/media-types.js';
import { type MediaPlace, type MediaReference, type MessageProvider } from '../providers/message-provider.js';

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

const MOST_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
const GONE = [404, 410];

/** Fetches what came in from where its provider has it, and hands it on without keeping anything. */
@Injectable()
export class IncomingMedia implements BeforeApplicationShutdown {
  private open = 0;
  private readonly ending = new AbortController();

  constructor(
    private readonly settings: Settings,
    private readonly agents: OutgoingAgents,
    @Inject(PROVIDERS) private readonly providers: readonly MessageProvider[],
  ) {}

  /** A file that is being read must not hold the process. */
  beforeApplicationShutdown(): void {
    this.ending.abort();
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
    let response: IncomingMessage | undefined;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE), this.ending.signal]);
      response = await this.follow(await this.placeOf(provider, reference), signal);
      const pieces = this.bounded(response);
      const head = await headOf(pieces);
      const type = await typeOf(head, reference.fileName ?? '');
      const bytes = Readable.from(rest(head, pieces), { objectMode: false }).once('close', () => this.close(response));
      return { mimeType: type.mimetype, name: fileName(reference.fileName ?? 'file', type), bytes };
    } catch (error) {
      this.close(response);
      throw error instanceof AppError ? error : new AppError('media_unavailable', { cause: error });
    }
  }

  private close(response: IncomingMessage | undefined): void {
    this.open -= 1;
    response?.destroy();
  }

  /** By its id at the provider; without one by the address that came along, which may be anybody's word. */
  private async placeOf(name: string, reference: MediaReference): Promise<MediaPlace> {
    const provider = this.providers.find((each) => each.name === name);
    if (reference.id !== null && provider?.mediaPlace) {
      const place = await provider.mediaPlace(reference.id, AbortSignal.timeout(ASK_PATIENCE));
      if (place === 'gone') throw new AppError('media_not_found');
      if (place === 'unavailable') throw new AppError('media_unavailable');
      return place;
    }
    if (reference.url === null) throw new AppError('media_unavailable');
    return { url: reference.url, headers: {}, own: false };
  }

  /** Where it leads elsewhere, the provider's credentials do not go along, and only public addresses are asked. */
  private async follow(place: MediaPlace, signal: AbortSignal): Promise<IncomingMessage> {
    let { own, headers } = place;
    let url = own ? URL.parse(place.url) : outgoingUrl(place.url);
    for (let redirects = 0; url && redirects <= MOST_REDIRECTS; redirects++) {
      const response: IncomingMessage = await this.ask(url, { own, headers }, signal);
      const { statusCode = 0, headers: told } = response;
      if (statusCode === 200) return this.checked(response);
      response.destroy();
      if (GONE.includes(statusCode)) throw new AppError('media_not_found');
      if (!REDIRECTS.includes(statusCode) || told.location === undefined) throw new AppError('media_unavailable');
      [own, headers] = [false, {}];
      url = outgoingUrl(told.location, url);
    }
    throw new AppError(url ? 'media_unavailable' : 'media_not_found');
  }

  private ask(url: URL, { own, headers }: Omit<MediaPlace, 'url'>, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Masuk', ...headers };
      // A connection of its own each time, where the operator's settings name the host.
      const agent = own ? (false as const) : this.agents.for(url);
      request(url, { agent, headers: sent, signal })
        .on('response', resolve)
        .on('error', (error) => {
          const inside = error instanceof OutgoingRefused && error.reason === 'address';
          reject(new AppError(inside ? 'media_not_found' : 'media_unavailable'));
        })
        .end();
    });
  }

  private checked(response: IncomingMessage): IncomingMessage {
    const { 'content-encoding': encoding = 'identity', 'content-length': length } = response.headers;
    const tooLarge = length !== undefined && Number(length) > this.settings.mediaMaxBytes;
    if (encoding === 'identity' && !tooLarge) return response;
    response.destroy();
    throw new AppError(tooLarge ? 'media_too_large' : 'media_unavailable');
  }

  private async *bounded(response: IncomingMessage): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const piece of response) {
      size += (piece as Buffer).length;
      if (size > this.settings.mediaMaxBytes) throw new AppError('media_too_large');
      yield piece as Buffer;
    }
  }
}

async function headOf(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
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
