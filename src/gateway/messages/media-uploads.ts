import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { GatewayMediaRepository } from '../media/gateway-media.repository.js';
import { type LinkedAccount } from '../link/linked-account.js';
import { type MediaMessage, type UploadedFile } from './message-kinds.js';
import { type MediaKind } from '../../delivery/providers/media-types.js';

/** Where each kind is kept at WhatsApp. */
const PATHS: Record<MediaKind, string> = {
  image: '/mms/image',
  video: '/mms/video',
  audio: '/mms/audio',
  document: '/mms/document',
};

/** What WhatsApp's servers ask for, as its web page sends it. */
const HEADERS = { 'content-type': 'application/octet-stream', origin: 'https://web.whatsapp.com' };

/** The answer is a line of JSON, in bytes. */
const LONGEST_ANSWER = 64 * 1024;

/** Brings files to WhatsApp's servers, piece by piece out of the database. */
@Injectable()
export class MediaUploads {
  constructor(private readonly media: GatewayMediaRepository) {}

  /**
   * @param id of the message
   * @throws when no server of WhatsApp's takes it; it can be tried again
   */
  async upload(session: LinkedAccount, id: string, message: MediaMessage, signal: AbortSignal): Promise<UploadedFile> {
    let failure: unknown = new Error('WhatsApp named no server for media');
    // The ticket of the first try may be too old.
    for (const anew of [false, true]) {
      const { hosts, auth } = await session.mediaServers(anew);
      for (const host of hosts) {
        signal.throwIfAborted();
        try {
          return await this.send(addressOf(host, auth, message), id, message, signal);
        } catch (error) {
          failure = error;
        }
      }
    }
    throw failure;
  }

  private async send(url: URL, id: string, { content }: MediaMessage, signal: AbortSignal): Promise<UploadedFile> {
    const headers = { ...HEADERS, 'content-length': content.encryptedSize };
    const sending = request(url, { method: 'POST', headers, signal, agent: false });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sending.on('response', resolve).on('error', reject);
    });
    answered.catch(() => undefined);
    await pipeline(Readable.from(this.pieces(id, content.encryptedSha256), { objectMode: false }), sending, { signal });
    const response = await answered;
    return readAnswer(response.statusCode ?? 0, await text(bounded(response)));
  }

  /** The file as it is kept; an error at its end when it is not what was written. */
  private async *pieces(id: string, sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let piece = await this.media.chunk(id, 0);
    for (let position = 1; piece; position++) {
      hash.update(piece);
      const next = await this.media.chunk(id, position);
      if (!next && hash.digest('base64') !== sha256) throw new Error('a file in the queue is not what was written');
      yield piece;
      piece = next;
    }
  }
}

function addressOf(host: string, auth: string, { kind, content }: MediaMessage): URL {
  const token = Buffer.from(content.encryptedSha256, 'base64').toString('base64url');
  const url = new URL(`https://${host}${PATHS[kind]}/${token}`);
  url.searchParams.set('auth', auth);
  url.searchParams.set('token', token);
  return url;
}

async function* bounded(response: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const piece of response) {
    length += piece.length;
    if (length > LONGEST_ANSWER) throw new Error('the answer of a media server has no end');
    yield piece;
  }
}

function readAnswer(status: number, body: string): UploadedFile {
  // The words may hold the ticket: only the number is told.
  const refused = new Error(`a media server answered ${status}`);
  if (status !== 200) throw refused;
  const answer = JSON.parse(body) as { url?: unknown; direct_path?: unknown };
  if (typeof answer.url !== 'string' || typeof answer.direct_path !== 'string') throw refused;
  return { url: answer.url, directPath: answer.direct_path };
}
