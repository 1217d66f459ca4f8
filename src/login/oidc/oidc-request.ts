import { IncomingMessage } from 'node:http';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { rawBody } from '../../platform/http/bodies/raw-bodies.js';
import { addressKey } from '../../platform/http/client-address.js';

/** The path of the provider in the service. */
export const MOUNTED_AT = '/oidc';

/**
 * A request as the library gets it: a copy, with the body that has been read already, and with the address that
 * applications know us by instead of what its client says in `Host` or a forwarded header.
 */
export class OidcRequest extends IncomingMessage {
  /** For the library: its path without the prefix is in `url`. */
  originalUrl = '';
  context: { readonly id: string; readonly address: string };
  /** The protocol's word for how it failed. */
  failure: string | undefined;
  /** A person typed a device's code that there is not. */
  isWrongGuess = false;

  constructor(request: FastifyRequest, publicUrl: string) {
    const { raw } = request;
    super(raw.socket);
    const { host, protocol } = new URL(publicUrl);
    this.method = raw.method ?? 'GET';
    this.originalUrl = raw.url ?? '';
    this.url = this.originalUrl.slice(MOUNTED_AT.length) || '/';
    this.httpVersion = raw.httpVersion;
    this.headers = {
      ...raw.headers,
      host,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1),
      'x-forwarded-for': request.ip,
    };
    this.context = { id: request.id, address: addressKey(request.ip) };
    this.push(rawBody(request));
    this.push(null);
    this.complete = true;
  }
}

/**
 * Hands the answer over to the library, with the headers that every answer of ours has. Which origins may read an answer
 * the library decides by the application that asks.
 */
export function handOver(reply: FastifyReply): FastifyReply['raw'] {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined && !name.startsWith('access-control-') && name !== 'vary') reply.raw.setHeader(name, value);
  reply.hijack();
  return reply.raw;
}
