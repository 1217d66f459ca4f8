import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '../../platform/errors/app-error.js';
import { databaseFailure } from '../../platform/errors/database-errors.js';
import {
  ACCESS,
  NEEDS_FRESH_LOGIN,
  requireFresh,
  type Access,
  type CallerRequest,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { sessionCookie } from '../../platform/http/browser-cookies.js';
import { shownTicket } from '../../platform/http/tickets.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { BrowserSessions } from './browser-sessions.js';

/** Closes every route to everybody, but for what its access decorator lets in. Global; see `app.module.ts`. */
@Injectable()
export class AccessGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    private readonly browsers: BrowserSessions,
    strategy: AccessTokenStrategy,
  ) {
    super(new OwnStrategy(strategy));
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!access) throw new AppError('forbidden');
    const request = context.switchToHttp().getRequest<CallerRequest>();
    request.access = access;
    const { authorization } = request.headers;
    const shown = Boolean(authorization) || sessionCookie(request) !== null;
    if (access.kind === 'public') {
      if (access.ownPagesOnly && !this.browsers.isOwnPage(request)) throw new AppError('foreign_origin');
      if (!shown) return true;
      await this.identify(context, request).catch((error: unknown) => {
        // On an open route a bad token counts as no token; an internal error says nothing about the token.
        if (access.tokenMatters && !(error instanceof AppError)) throw error;
      });
      return true;
    }
    if (access.kind === 'scopes' && access.ticket && shownTicket(request)) return true;
    // An API key is the next guard's business, unless a token or our own page's cookie is shown instead.
    const keyShown = request.headers['x-api-key'] !== undefined;
    if (access.kind === 'scopes' && !authorization && (keyShown || !shown)) return true;
    await this.identify(context, request);
    const needsFresh = this.reflector.getAllAndOverride<boolean | undefined>(NEEDS_FRESH_LOGIN, [
      context.getHandler(),
      context.getClass(),
    ]);
    const { caller } = request;
    if (!caller) throw new AppError('unauthenticated');
    requireRole(access, caller);
    if (needsFresh) requireFresh(caller);
    return true;
  }

  /** By the token where one is shown, else by the cookie of our own pages, which counts on those only. */
  private async identify(context: ExecutionContext, request: CallerRequest): Promise<void> {
    const cookie = sessionCookie(request);
    if (cookie === null) {
      await super.canActivate(context);
      return;
    }
    if (!this.browsers.isOwnPage(request)) throw new AppError('foreign_origin');
    const caller = await this.browsers.caller(cookie);
    if (!caller) throw new AppError('unauthenticated');
    request.caller = caller;
  }

  override handleRequest<Caller = CurrentCaller>(
    error: unknown,
    caller: Caller | false,
    info: unknown,
    context: ExecutionContext,
  ): Caller {
    if (caller) return caller;
    // What is wrong with a token comes as `info`; an error is ours, and so is a look for its key that failed. Telling a
    // client that its good token is bad would log it out.
    if (error instanceof Error) throw error;
    if (info instanceof Error && databaseFailure(info)) throw info;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    throw new AppError(request.headers.authorization ? 'invalid_token' : 'unauthenticated');
  }
}

/** @throws AppError `forbidden`; or why the role is withheld, where the account has one that would do */
function requireRole(access: Exclude<Access, { kind: 'public' }>, caller: CurrentCaller): void {
  if (access.kind === 'roles' && access.roles === 'any') return;
  const roles = access.kind === 'roles' ? access.roles : ['ADMIN', ...(access.readers ?? [])];
  const beforeSecondFactor = access.kind === 'roles' && access.beforeSecondFactor === true;
  if (roles.includes(beforeSecondFactor ? caller.accountRole : caller.role)) return;
  throw new AppError(
    caller.roleRefusal !== null && roles.includes(caller.accountRole) ? caller.roleRefusal : 'forbidden',
  );
}

/**
 * Has the guard use a strategy of this service, where a name would lead to whichever of the process was made last. Passport writes
 * the callbacks of a request on what it is given: each request gets an object of its own, as it does by a name.
 */
class OwnStrategy {
  readonly property = 'caller';
  readonly #strategy: AccessTokenStrategy;

  constructor(strategy: AccessTokenStrategy) {
    this.#strategy = strategy;
  }

  /** The library's type knows names only. */
  get defaultStrategy(): string {
    return Object.create(this.#strategy) as string;
  }
}
