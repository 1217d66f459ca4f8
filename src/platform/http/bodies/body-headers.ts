import { type IncomingHttpHeaders } from 'node:http';
import { type FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.js';
import { TEXTS } from '../../texts/texts.js';
import { unsupportedMediaType } from './body-types.js';
import { isRaw } from './raw-bodies.js';

/** Whether a body follows these headers; with a length of 0 none does (RFC 9112 section 6). */
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
    if (!announceBody(headers) && !isRaw(request)) {
      delete headers['content-type'];
      // `00` means the same as `0`.
      delete headers['content-length'];
    }
    done();
  });
  // A chunked body without any chunk: proxies make one from an HTTP/2 request without a body.
  fastify.addContentTypeParser('*', (request, payload, done) => {
    const begun = () => settle(unsupportedMediaType(request));
    const over = () => settle(null);
    const settle = (error: Error | null) => {
      payload.off('data', begun).off('end', over).off('error', settle);
      done(error, undefined);
    };
    payload.on('data', begun).on('end', over).on('error', settle);
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
    done(new AppError('unsupported_media_type', { details: (language) => TEXTS[language].problems.body.packed }));
  });
}
