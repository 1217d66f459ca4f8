import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.js';
import { FailureDto } from './failure.dto.js';

/** Failures that every route with a body can answer with. */
const ALWAYS: ErrorCode[] = ['internal_error', 'database_unavailable'];

/** Puts the failures of a route into the API's description, one entry a status, naming the codes. */
export function Fails(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...ALWAYS]) {
    const { status } = CATALOGUE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, named]) =>
      ApiResponse({
        status,
        type: FailureDto,
        description: named.map((code) => `\`${code}\`: ${CATALOGUE[code].text.en}.`).join(' '),
      }),
    ),
  );
}
