import { type IncomingMessage } from 'node:http';
import { type FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.js';

/**
 * Refuses requests that name no host, or several: two programs would read them differently (RFC 9112 section 3.2). Node
 * would take the first of several, and refuse none at all in a shape of its own (`requireHostHeader`).
 */
export function requireOneHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    const hosts = countOf(raw, 'host');
    if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) done();
    else done(new AppError('malformed_request'));
  });
}

function countOf({ rawHeaders }: IncomingMessage, wanted: string): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === wanted).length;
}
