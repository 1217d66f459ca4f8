import { Injectable } from '@nestjs/common';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LeasedLimits } from '../../platform/limits/leased-limits.js';
import { addressKey } from '../../platform/http/client-address.js';
import { rawBody } from '../../platform/http/bodies/raw-bodies.js';
import { type ReservingRequest } from '../../platform/http/request-context.js';
import { handOver, MOUNTED_AT, OidcRequest } from './oidc-request.js';
import { OidcProviders } from './oidc-providers.js';

/** Ways of failing that tell of somebody trying secrets. */
const GUESSED = 'invalid_client';

/** Requests that have a row written before anybody is known, an address and minute: a hospital has one address. */
const STARTS = { name: 'oidc_starts', cap: 600, seconds: 60 };

/** The provider, as the service's routes reach it. */
@Injectable()
export class OidcRoutes {
  constructor(
    private readonly settings: ServerSettings,
    private readonly providers: OidcProviders,
    private readonly leased: LeasedLimits,
  ) {}

  /** Has the library answer. @throws AppError `not_found` where there is no provider */
  async serve(request: FastifyRequest, reply: FastifyReply): Promise<OidcRequest> {
    // An absolute address in the request line would be cut in the wrong place.
    if (!request.raw.url?.startsWith(`${MOUNTED_AT}/`)) throw new AppError('not_found');
    const provider = await this.providers.current();
    const incoming = new OidcRequest(request, this.settings.publicUrl);
    const answered = provider.callback();
    await answered(incoming, handOver(reply));
    return incoming;
  }

  /** The same where a stranger's request is remembered: an address may not fill the table. */
  async serveStart(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.allowStart(request);
    await this.serve(request, reply);
  }

  /** @throws AppError `rate_limited` */
  async allowStart(request: FastifyRequest): Promise<void> {
    const refusedFor = await this.leased.reserve(STARTS, addressKey(request.ip));
    if (refusedFor !== null) throw new AppError('rate_limited', { retryAfter: refusedFor });
  }

  /**
   * The same where something can be guessed: a secret, or the code that a device shows. The route has reserved a failure
   * of its address (`@AddressLimit`), which is given back unless it was one.
   */
  async serveGuess(request: ReservingRequest, reply: FastifyReply): Promise<void> {
    const { failure, isWrongGuess } = await this.serve(request, reply);
    if (failure === GUESSED || isWrongGuess) request.addressReservations?.confirm('failures');
    // The answer was the library's, so that no hook settles them.
    request.addressReservations?.settle();
  }

  /**
   * The same for a request that is pushed beforehand: anybody can name an application that has no secret. One that shows
   * its secret is known, and asks for all its people from one address.
   */
  async servePushed(request: ReservingRequest, reply: FastifyReply): Promise<void> {
    if (!showsSecret(request)) await this.allowStart(request);
    await this.serveGuess(request, reply);
  }

  /** Preflights for the provider's routes: whose pages may call it is not what `FRONTEND_URL` says of ours. */
  answerPreflights(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const isOurs = request.method === 'OPTIONS' && request.raw.url?.startsWith(`${MOUNTED_AT}/`);
      if (isOurs && !reply.sent) this.serve(request, reply).catch(done);
      else done();
    });
  }
}

/** Whether the library will ask for a secret, and keep nothing unless it is right. */
function showsSecret(request: FastifyRequest): boolean {
  if (request.headers.authorization !== undefined) return true;
  return new URLSearchParams(rawBody(request).toString()).getAll('client_secret').some((secret) => secret !== '');
}
