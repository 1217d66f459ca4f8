import fastifyMultipart from '@fastify/multipart';
import { RouteConfig, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.js';
import { unsupportedMediaType } from './body-types.js';

interface UploadRoute {
  readonly takesUpload?: boolean;
}

/** What surrounds a file in an upload: its fields and headers, in bytes. */
const AROUND = 512 * 1024;

/** How long a sender that does not stop is read after its answer, in ms: one that is cut off at once never sees why. */
const GRACE = 2_000;

/** More than these forms have. */
const LIMITS = { files: 1, fields: 10, parts: 11, fieldSize: 100 * 1024, fieldNameSize: 100, headerPairs: 20 };

/** A route that takes a file, as multipart/form-data, beside JSON. Everywhere else that type is 415. */
export const TakesUpload = () => RouteConfig({ takesUpload: true } satisfies UploadRoute);

/**
 * Lets routes read uploads as streams, after their guards have let the caller in.
 *
 * @param most bytes of a file: what announces more is refused before it is read
 */
export async function acceptUploads(app: NestFastifyApplication, most: number): Promise<void> {
  await app.register(fastifyMultipart, { limits: { ...LIMITS, fileSize: most + 1 }, throwFileSizeLimit: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    if (!/^multipart\//i.test(request.headers['content-type'] ?? '')) done();
    else if (!takesUpload(request)) done(unsupportedMediaType(request));
    else if (Number(request.headers['content-length'] ?? 0) > most + AROUND) done(new AppError('media_too_large'));
    else done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    if (takesUpload(request) && !request.raw.complete) {
      request.raw.unpipe().resume();
      setTimeout(() => request.raw.complete || request.raw.destroy(), GRACE).unref();
    }
    done();
  });
}

/** Whether a request's route takes uploads. */
export function takesUpload(request: FastifyRequest): boolean {
  return (request.routeOptions.config as UploadRoute | undefined)?.takesUpload === true;
}
