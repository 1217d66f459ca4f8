import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { outgoingUrl, type OutgoingAgents } from './outgoing-agent.js';
import { OutgoingRefused } from './public-addresses.js';

/** Where a file lies. */
export interface FilePlace {
  /** May be anybody's word, unless it is `own`. */
  readonly url: string;
  /** Credentials, where its host wants them; where it leads elsewhere they do not go along. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the operator's settings name the host; every other one has to be public. */
  readonly own?: boolean;
}

/** Why a file was not opened, or broke off. `refused`: its address, or one that it redirects to, is not allowed. */
export type FileFault = 'refused' | 'gone' | 'too-large' | 'failed';

/** How a file is opened. */
export interface OpenOptions {
  /** Ends it, from the question to the last byte. */
  readonly signal: AbortSignal;
  /** Bytes that are read at most. */
  readonly most: number;
  /** What is thrown. */
  readonly failure: (fault: FileFault) => Error;
}

/** A file that is open for reading. */
export interface OpenFile {
  /** Where it was found in the end. */
  readonly url: URL;
  /** To be read at once, or closed. */
  readonly bytes: AsyncGenerator<Buffer, void>;
  close(): void;
}

const MOST_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
const GONE = [404, 410];

/** Opens a file at somebody else's server; each redirect is checked like the first address. */
export async function openFile(
  agents: Pick<OutgoingAgents, 'for'>,
  { url: address, headers = {}, own = false }: FilePlace,
  options: OpenOptions,
): Promise<OpenFile> {
  const { failure } = options;
  let url = own ? URL.parse(address) : outgoingUrl(address);
  for (let redirects = 0; url && redirects <= MOST_REDIRECTS; redirects++) {
    const isFirst = redirects === 0;
    // A connection of its own, where the operator's settings name the host.
    const agent = isFirst && own ? (false as const) : agents.for(url);
    const response = await ask(url, { agent, headers: isFirst ? headers : {} }, options);
    const { statusCode = 0, headers: answered } = response;
    if (statusCode === 200) return opened(url, response, options);
    response.destroy();
    if (GONE.includes(statusCode)) throw failure('gone');
    if (!REDIRECTS.includes(statusCode) || answered.location === undefined) throw failure('failed');
    url = outgoingUrl(answered.location, url);
  }
  throw failure(url ? 'failed' : 'refused');
}

function ask(
  url: URL,
  { agent, headers }: { agent: ReturnType<OutgoingAgents['for']> | false; headers: Readonly<Record<string, string>> },
  { signal, failure }: OpenOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    // Encodings are refused: a few kilobytes of gzip are gigabytes of zeros.
    const sent = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Masuk', ...headers };
    request(url, { agent, headers: sent, signal })
      .on('response', resolve)
      .on('error', (error) => {
        const isInside = error instanceof OutgoingRefused && error.reason === 'address';
        reject(failure(isInside ? 'refused' : 'failed'));
      })
      .end();
  });
}

function opened(url: URL, response: IncomingMessage, options: OpenOptions): OpenFile {
  const { 'content-encoding': encoding = 'identity', 'content-length': length } = response.headers;
  const isTooLarge = length !== undefined && Number(length) > options.most;
  if (encoding !== 'identity' || isTooLarge) {
    response.destroy();
    throw options.failure(isTooLarge ? 'too-large' : 'failed');
  }
  return { url, bytes: bytesOf(response, options), close: () => void response.destroy() };
}

async function* bytesOf(response: IncomingMessage, { most, failure }: OpenOptions): AsyncGenerator<Buffer, void> {
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > most) break;
      yield piece;
    }
  } catch {
    throw failure('failed');
  } finally {
    response.destroy();
  }
  if (size > most) throw failure('too-large');
}
