import { type IncomingHttpHeaders } from 'node:http';
import { type FastifyInstance } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { isRaw } from './raw-bodies.js';

const PACKED = {
  id: 'Content-Encoding tidak didukung, kirim isi tanpa kompresi',
  en: 'The Content-Encoding is not supported, send the body uncompressed',
};

/** Whether a body follows these headers; a length of nothing is none (RFC 9112 section 6). */
function announceBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * A content type without a body says nothing, as in the services that are replaced here: wrappers of browsers, PHP and
 * Postman name one with every call. Routes that take their body as it comes see every header as it came.
 */
export function ignoreTypeOfNothing(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw;
    if (headers['content-type'] !== undefined && !announceBody(headers) && !isRaw(request))
      delete headers['content-type'];
    done();
  });
}

/** Refuses compressed bodies before they are read, and says what is taken instead (RFC 9110 section 15.5.16). */
export function refusePackedBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    const { headers } = request.raw;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (/^\s*(?:identity)?\s*$/i.test(encoding) || !announceBody(headers)) {
      done();
      return;
    }
    void reply.header('accept-encoding', 'identity');
    done(new AppError('unsupported_media_type', { details: (language) => PACKED[language] }));
  });
}
