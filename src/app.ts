import fastifyCookie from '@fastify/cookie';
import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type Foundation } from './app.module.js';
import { type Settings } from './platform/config/settings.js';
import { newId } from './platform/database/new-id.js';
import { AppError } from './platform/errors/app-error.js';
import { ExceptionToAnswerFilter } from './platform/errors/exception.filter.js';
import { answerUnparsed } from './platform/errors/unparsed-requests.js';
import { settleAddressReservations } from './platform/http/address-limit.guard.js';
import { REPLAYED_HEADER, keepAnswers } from './platform/idempotency/idempotency.guard.js';
import { TrustedProxies, readClientAddresses } from './platform/http/client-address.js';
import { allowOrigins } from './platform/http/server/cors.js';
import { GracefulShutdown } from './platform/http/server/graceful-shutdown.js';
import { acceptJsonOnly } from './platform/http/bodies/json-bodies.js';
import { ignoreTypeOfNothing, refusePackedBodies } from './platform/http/bodies/body-headers.js';
import { requireOneHost } from './platform/http/server/host-header.js';
import { NestLog, unknownRoute } from './platform/log/logger.js';
import { sendSecurityHeaders } from './platform/http/server/security-headers.js';
import { limitSlowBodies } from './platform/http/bodies/slow-bodies.js';
import { withoutSlashAtEnd } from './platform/http/server/trailing-slash.js';
import { refuseUnusualRequests } from './platform/http/server/unusual-requests.js';
import { acceptUploads, takesUpload } from './platform/http/bodies/uploads.js';
import { acceptForms } from './platform/http/bodies/form-bodies.js';
import { OidcRoutes } from './login/oidc/oidc-routes.js';
import { mountApiDocs } from './platform/http/server/api-docs.js';
import { answerLanguage } from './platform/texts/language.js';

/** Bodies over this are not even read: the connection ends with the answer. What is refused below it is read to its end. */
const READ_LIMIT = 1024 * 1024;

/** A client that sends its request more slowly than this is cut off; ms. */
const REQUEST_TIMEOUT = 30_000;
/** A file of 50 MB at 3.5 Mbit/s; ms. */
const UPLOAD_TIMEOUT = 120_000;
const HEADERS_TIMEOUT = 15_000;

/** JSON answers need nothing; pages bring a policy of their own. */
const API_POLICY = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
};

/** The service, ready to listen; used by `main`, by the tests and by the OpenAPI export. */
export async function createApp(given: Foundation): Promise<NestFastifyApplication> {
  const { settings, logger } = given;
  const proxies = new TrustedProxies(settings.trustedProxies);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Its first part is the time, by which the audit log finds a request without an index over the ids.
    genReqId: () => newId(),
    // For the host and the scheme that a proxy names; whose request it is, `readClientAddresses` finds out.
    trustProxy: (address) => proxies.has(address),
    rewriteUrl: withoutSlashAtEnd,
    bodyLimit: READ_LIMIT,
    requestTimeout: UPLOAD_TIMEOUT,
    // A missing host is refused in our shape, see `requireOneHost`.
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: 2_000, requireHostHeader: false },
    // As long as the longest secret in an address of a webhook.
    routerOptions: { maxParamLength: 255 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      new ExceptionToAnswerFilter(settings).answer(error, request, reply);
    },
    clientErrorHandler: answerUnparsed(answerLanguage(settings.messageLanguage, undefined)),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.on(given), adapter, {
    bodyParser: false,
    logger: new NestLog(logger),
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  readClientAddresses(fastify, proxies, settings);
  requireOneHost(fastify);
  await addHttpManners(app, settings);
  mountApiDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}

async function addHttpManners(app: NestFastifyApplication, settings: Settings): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const filter = new ExceptionToAnswerFilter(settings);
  const bareLanguage = answerLanguage(settings.messageLanguage, undefined);
  limitSlowBodies(fastify, REQUEST_TIMEOUT, takesUpload, bareLanguage);
  acceptJsonOnly(fastify);
  ignoreTypeOfNothing(fastify);
  acceptForms(fastify);
  settleAddressReservations(fastify);
  keepAnswers(fastify);
  app.get(GracefulShutdown).closeConnectionsOf(fastify);
  await sendSecurityHeaders(fastify, {
    contentSecurityPolicy: API_POLICY,
    frameguard: { action: 'deny' },
    strictTransportSecurity: settings.publicUrl.startsWith('https:')
      ? { maxAge: 31_536_000, includeSubDomains: settings.hstsSubdomains }
      : false,
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    // No cache may keep tokens and personal data (RFC 6749, 5.1); answers that are for everybody say so themselves.
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    // OPTIONS is served for preflights only; the CORS plugin would answer others in words of its own.
    const preflight =
      request.headers.origin !== undefined && request.headers['access-control-request-method'] !== undefined;
    if (request.method === 'OPTIONS' && !preflight) filter.answer(new AppError('method_not_allowed'), request, reply);
    else done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? unknownRoute(request.url);
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        address: request.ip,
      },
      'request',
    );
    done();
  });
  app.get(OidcRoutes).answerPreflights(fastify);
  // Its clock tells a client how long a code still lives.
  const exposed = ['retry-after', 'x-request-id', 'date', 'etag', 'ratelimit', 'ratelimit-policy', REPLAYED_HEADER];
  allowOrigins(app, settings.allowedOrigins, exposed);
  // Behind it, so that pages can read what these refuse.
  await acceptUploads(app, settings.mediaMaxBytes);
  refusePackedBodies(fastify);
  refuseUnusualRequests(fastify, bareLanguage);
  await app.register(fastifyCookie);
}
