import { RouteConfig } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';

interface RawRoute {
  readonly rawBody?: readonly RawType[];
}

/** The types of body that a route may take as it came. */
export type RawType = 'application/json' | 'application/x-www-form-urlencoded';

/**
 * Hands a route the bytes of its body instead of what they say, up to what the server reads at all: a signature is over
 * the bytes, and a body is not parsed before its sender is known.
 *
 * @param types that it takes; 415 for others
 */
export const RawBody = (...types: RawType[]) => RouteConfig({ rawBody: types } satisfies RawRoute);

/** Whether a request's route takes its body as it came, in whatever type. */
export function isRaw(request: FastifyRequest): boolean {
  return (request.routeOptions.config as RawRoute).rawBody !== undefined;
}

/** Whether it takes this type so. */
export function takesRaw(request: FastifyRequest, type: RawType): boolean {
  return (request.routeOptions.config as RawRoute).rawBody?.includes(type) ?? false;
}

/** The bytes of a request to such a route; none when it came without a body. */
export function rawBody({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
