import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { AppError } from '../../platform/errors/app-error.js';
import { OutgoingAgents, outgoingUrl } from '../../platform/egress/outgoing-agent.js';
import { OutgoingRefused } from '../../platform/egress/public-addresses.js';

/** From the first byte of the request to the last one of the file, redirects included, in ms; not longer than a send. */
const PATIENCE = 25_000;

const MOST_REDIRECTS = 3;

const REDIRECTS = [301, 302, 303, 307, 308];

/** Of the connection and its answer; the file is not read yet. */
interface Opened {
  readonly response: IncomingMessage;
  readonly url: URL;
}

/** Fetches files from addresses that callers give, from public hosts alone. */
@Injectable()
export class MediaFetcher {
  constructor(
    private readonly settings: Settings,
    private readonly agents: OutgoingAgents,
  ) {}

  /**
   * Opens a file for reading; each redirect is checked like the first address.
   *
   * @param until ends it earlier
   * @returns its name by its address, and its bytes, which are to be read at once and end with `media_url_failed`
   * @throws AppError `media_url_refused`, `media_url_failed`, `media_too_large`
   */
  async open(address: string, until?: AbortSignal): Promise<{ name: string; bytes: AsyncIterable<Buffer> }> {
    const patience = AbortSignal.timeout(Math.min(PATIENCE, this.settings.gatewaySendTimeout * 1000));
    const signal = until ? AbortSignal.any([patience, until]) : patience;
    const { response, url } = await this.follow(address, signal);
    return { name: nameOf(url), bytes: bytesOf(response) };
  }

  private async follow(address: string, signal: AbortSignal): Promise<Opened> {
    let url = outgoingUrl(address);
    for (let redirects = 0; url && redirects <= MOST_REDIRECTS; redirects++) {
      const response: IncomingMessage = await this.ask(url, signal);
      const { statusCode = 0, headers } = response;
      if (statusCode === 200) return { response: this.checked(response), url };
      response.destroy();
      if (!REDIRECTS.includes(statusCode) || headers.location === undefined) throw new AppError('media_url_failed');
      url = outgoingUrl(headers.location, url);
    }
    throw new AppError(url ? 'media_url_failed' : 'media_url_refused');
  }

  private ask(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
      // Encodings are refused: a few kilobytes of gzip are gigabytes of zeros.
      const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Masuk' };
      request(url, { agent: this.agents.for(url), headers, signal })
        .on('response', resolve)
        .on('error', (error) => {
          const inside = error instanceof OutgoingRefused && error.reason === 'address';
          reject(new AppError(inside ? 'media_url_refused' : 'media_url_failed'));
        })
        .end();
    });
  }

  private checked(response: IncomingMessage): IncomingMessage {
    const { 'content-encoding': encoding = 'identity', 'content-length': length } = response.headers;
    const tooLarge = length !== undefined && Number(length) > this.settings.mediaMaxBytes;
    if (encoding === 'identity' && !tooLarge) return response;
    response.destroy();
    throw new AppError(tooLarge ? 'media_too_large' : 'media_url_failed');
  }
}

async function* bytesOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const piece of response) yield piece as Buffer;
  } catch {
    throw new AppError('media_url_failed');
  } finally {
    response.destroy();
  }
}

/** The last part of a path, as a name for the file. */
function nameOf({ pathname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
