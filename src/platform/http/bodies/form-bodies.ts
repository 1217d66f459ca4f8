import { parse } from 'node:querystring';
import { type FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.js';
import { BODY_LIMIT } from './json-bodies.js';
import { takesForm, unsupportedMediaType } from './body-types.js';
import { takesRaw } from './raw-bodies.js';

/** More fields than any of these forms has. */
const MOST_FIELDS = 20;

const FORM = 'application/x-www-form-urlencoded';

/** Reads forms on the routes whose standard wants them; 415 on all others. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(FORM, { parseAs: 'buffer' }, (request, body, done) => {
    const text = body.toString();
    if (takesRaw(request, FORM)) {
      done(null, body);
    } else if (text === '') {
      done(null, undefined);
    } else if (!takesForm(request)) {
      done(unsupportedMediaType(request));
    } else if (Buffer.byteLength(text) > BODY_LIMIT) {
      done(new AppError('body_too_large'));
    } else {
      // A field that occurs twice becomes an array, which no route takes for a text.
      done(null, { ...parse(text, '&', '=', { maxKeys: MOST_FIELDS }) });
    }
  });
}
