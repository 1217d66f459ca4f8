import { type FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.js';
import { TEXTS } from '../../texts/texts.js';

/** What a route says of the bodies that it takes; see `RawBody` and `TakesUpload`. */
interface BodyRoute {
  readonly rawBody?: readonly string[];
  readonly takesUpload?: boolean;
}

/** The standards' routes that take forms (RFC 7662 section 2.1, RFC 7009 section 2.1); everywhere else JSON alone comes in. */
const FORM_ROUTES = new Set(['/api/auth/introspect', '/api/auth/revoke']);

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Whether a request's route is one of the standards' that take forms. */
export function takesForm(request: FastifyRequest): boolean {
  return FORM_ROUTES.has(request.routeOptions.url ?? '');
}

/** A body of a type that its route does not take; `details` say which it takes. */
export function unsupportedMediaType(request: FastifyRequest): AppError {
  const taken = typesOf(request);
  return new AppError('unsupported_media_type', { details: (language) => TEXTS[language].problems.body.takes(taken) });
}

function typesOf(request: FastifyRequest): readonly string[] {
  const { rawBody, takesUpload } = request.routeOptions.config as BodyRoute;
  if (rawBody) return rawBody;
  if (takesUpload) return [JSON_TYPE, 'multipart/form-data'];
  return takesForm(request) ? [FORM_TYPE, JSON_TYPE] : [JSON_TYPE];
}
