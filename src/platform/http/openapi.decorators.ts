import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { TEXTS } from '../texts/texts.js';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.js';
import { FailureDto } from './failure.dto.js';

/** Failures that every route can answer with. */
const ALWAYS: ErrorCode[] = ['internal_error', 'database_unavailable'];

/** Failures of a body, before the route's own. */
const OF_BODIES: ErrorCode[] = ['invalid_json', 'validation_failed', 'body_too_large', 'unsupported_media_type'];

/** Puts the failures of a route that takes a body into the API's description, one entry a status, naming the codes. */
export function FailsWithBody(...codes: ErrorCode[]) {
  return Fails(...OF_BODIES, ...codes);
}

/** As `Fails`, for a route without a body. */
export function Fails(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...codes, ...ALWAYS])) {
    const status = CATALOGUE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, named]) =>
      ApiResponse({
        status,
        type: FailureDto,
        description: named.map((code) => `\`${code}\`: ${TEXTS.en.errors[code]}.`).join(' '),
      }),
    ),
  );
}
