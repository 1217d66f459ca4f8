import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { rightsOf } from '../../config/origins.js';

/** Seconds that a browser may remember a preflight. */
const PREFLIGHT_KEPT = 600;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Headers that no script can set, so that no browser asks for them (Fetch, "forbidden request-header"). */
const FORBIDDEN =
  /^(?:sec-.*|proxy-.*|cookie2?|origin|host|referer|content-length|connection|upgrade|via|te|trailer|date)$/i;

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Lets pages of these origins call (Fetch, "CORS protocol"), with whatever headers they ask for: tracing and proxies of a
 * front end add theirs, and a browser drops the whole call over one that is missing. Other origins are told nothing.
 *
 * @param allowed the origins of `FRONTEND_URL`; null for those of this machine
 * @param exposedHeaders what scripts may read besides the usual ones
 */
export function allowOrigins(
  app: NestFastifyApplication,
  allowed: readonly string[] | null,
  exposedHeaders: string[],
): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    // The plugin would answer 404, or list methods to everybody.
    if (request.method !== 'OPTIONS' || rightsOf(request.headers.origin, allowed).calls) done();
    else void reply.code(204).header('vary', 'origin').send();
  });
  app.enableCors({
    hook: 'preParsing',
    delegator: (request, decide) => {
      const { origin } = request.headers;
      const { calls, credentials } = rightsOf(origin, allowed);
      decide(
        null,
        calls && origin !== undefined
          ? {
              ...{ origin, credentials, exposedHeaders, methods: METHODS, maxAge: PREFLIGHT_KEPT },
              allowedHeaders: askedHeaders(request),
            }
          : { origin: false },
      );
    },
  });
}

function askedHeaders({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  const asked = (headers['access-control-request-headers'] ?? '').split(',');
  return asked.map((name) => name.trim()).filter((name) => HEADER_NAME.test(name) && !FORBIDDEN.test(name));
}
