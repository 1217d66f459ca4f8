import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RegionSettings } from '../config/groups/region.js';
import { AppError } from './app-error.js';
import { CATALOGUE, type ErrorCode } from './catalogue.js';
import { databaseFailure } from './database-errors.js';
import { answerLanguage } from '../texts/language.js';
import { TEXTS } from '../texts/texts.js';

/** Statuses that Nest, Fastify or Node answer by themselves, in our own words. */
const BY_STATUS: Partial<Record<number, ErrorCode>> = {
  400: 'validation_failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  409: 'conflict',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'busy',
};

/** The shape of every failure: docs/contract/README.md#common-rules. */
export interface FailureBody {
  success: false;
  message: string;
  code: ErrorCode;
  details?: unknown;
}

/** Told of each failure that becomes an answer; must not throw. */
export type FailureObserver = (failure: AppError, request: FastifyRequest) => void;

/** The one place where a failure becomes an answer; everything unexpected is logged and leaves as `internal_error`. */
@Catch()
export class ExceptionToAnswerFilter implements ExceptionFilter {
  constructor(
    private readonly settings: Pick<RegionSettings, 'messageLanguage'>,
    private readonly observe: FailureObserver = () => undefined,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Writes the failure to the reply; Fastify's own error and not-found hooks come here too. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = asAppError(thrown, request);
    const status = CATALOGUE[error.code];
    // A refusal that was foreseen needs no stack; one that has a cause, or none of our codes, does.
    if (error.cause !== undefined && status >= 500)
      request.log.error({ err: error.cause, code: error.code }, 'request failed');
    else if (status >= 500) request.log.warn({ code: error.code }, 'request refused');
    if (reply.sent || reply.raw.headersSent) return;
    this.observe(error, request);
    const language = answerLanguage(this.settings.messageLanguage, request.headers['accept-language']);
    const details = typeof error.details === 'function' ? error.details(language) : error.details;
    const body: FailureBody = {
      success: false,
      message: TEXTS[language].errors[error.code],
      code: error.code,
      ...(details === undefined ? {} : { details }),
    };
    if (status === 429 || status === 503)
      void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfter ?? 5))));
    void reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(body);
  }
}

/** What was thrown, as one of ours. */
function asAppError(thrown: unknown, request: FastifyRequest): AppError {
  if (thrown instanceof AppError) return thrown;
  // The sender hung up in the middle of its body; nobody waits for an answer, and nothing of ours is broken.
  if (thrown instanceof Error && thrown.message === 'aborted') return new AppError('malformed_request');
  // An address with a broken percent escape names nothing, whatever is in the body.
  if (property(thrown, 'code') === 'FST_ERR_BAD_URL') return new AppError('malformed_request');
  const failure = databaseFailure(thrown);
  if (failure) return new AppError(failure.code, { details: failure.details && { ...failure.details }, cause: thrown });
  const status = thrown instanceof HttpException ? thrown.getStatus() : property(thrown, 'statusCode');
  // Our pipe speaks for bodies that were read; a 400 without one is the parser's.
  if (status === 400 && request.body === undefined && request.headers['content-type'])
    return new AppError('invalid_json');
  const code = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return new AppError(code ?? 'internal_error', { cause: thrown });
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
