import { parse } from 'node:querystring';
import { type FastifyInstance } from 'fastify';

/** The standards' routes that take forms (RFC 7662 section 2.1, RFC 7009 section 2.1); everywhere else JSON alone comes in. */
const FORM_ROUTES = new Set(['/api/auth/introspect', '/api/auth/revoke']);

/** More fields than any of these forms has. */
const MOST_FIELDS = 20;

/** Reads `application/x-www-form-urlencoded` on the routes whose standard wants it; 415 on all others. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    if (FORM_ROUTES.has(request.routeOptions.url ?? '')) {
      // A field that stands twice becomes an array, which no route takes for a text.
      done(null, { ...parse(body.toString(), '&', '=', { maxKeys: MOST_FIELDS }) });
    } else {
      done(Object.assign(new Error('unsupported media type'), { statusCode: 415 }));
    }
  });
}
