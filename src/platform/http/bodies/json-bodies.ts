import { type FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.js';
import { unsupportedMediaType } from './body-types.js';
import { isRaw, takesRaw } from './raw-bodies.js';

/**
 * Bodies over this are refused before they are parsed (docs/contract/README.md#common-rules), but read, up to what the server
 * reads at all: a sender that is cut off in the middle often never sees why.
 */
export const BODY_LIMIT = 100 * 1024;

const JSON_TYPE = 'application/json';

/** No body of ours nests more than three deep; what recurses over a body must not run out of stack. */
const DEEPEST = 20;

/**
 * Reads `application/json`, and only that: a body that is nested deeply is refused before it is parsed, one that
 * names a prototype by the parser itself.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    const text = body.toString();
    if (takesRaw(request, JSON_TYPE)) done(null, body);
    else if (isRaw(request)) done(unsupportedMediaType(request));
    // A chunked body without any chunk.
    else if (text === '') done(null, undefined);
    else if (Buffer.byteLength(text) > BODY_LIMIT) done(new AppError('body_too_large'));
    else if (isDeep(text)) done(new AppError('invalid_json'));
    else
      void parse(request, text, (error, value) => {
        // `null` would pass for a body that was left out, which some routes allow.
        if (!error && (typeof value !== 'object' || value === null)) done(new AppError('validation_failed'));
        else done(error, value);
      });
  });
}

/** Brackets inside texts count too: that errs on the strict side for bodies that no route of ours wants. */
function isDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === OPEN_BRACKET || character === OPEN_BRACE) depth += 1;
    else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
