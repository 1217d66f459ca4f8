import { SetMetadata, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';

export type Role = 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';

/** Whose roles may do more than their own account needs: `STAFF_SECOND_FACTOR` is about them. */
export const STAFF: readonly Role[] = ['ADMIN', 'SUPERVISOR', 'OPERATOR'];

/** The code that says why a session has not the role of its account. */
export type RoleRefusal = 'second_factor_required' | 'second_factor_enrolment_required';

/** Who is calling, as the guard found out from the access token and the live session behind it. */
export interface CurrentCaller {
  readonly userId: string;
  readonly sessionId: string;
  /** What the caller may act as: the account's role, or USER while that is withheld. */
  readonly role: Role;
  readonly accountRole: Role;
  readonly roleRefusal: RoleRefusal | null;
  /** When the session was opened. */
  readonly loggedInAt: Date;
  /** When its owner last proved who they are: at the login, or since. */
  readonly provedAt: Date;
  /** Seconds since then, by the database's clock: some acts want a fresh proof. */
  readonly proofAge: number;
  /** The session has proved a second factor. */
  readonly provedSecondFactor: boolean;
  /** The account has a second factor, and is asked for it. */
  readonly isAskedForSecondFactor: boolean;
  /** Of a browser's login by code: client id of the application that the code was for; null, or absent: the service itself. */
  readonly application?: string | null;
}

/** Who may call a route. Without one of the decorators below a route is closed to everybody. */
export type Access =
  | { readonly kind: 'public'; readonly tokenMatters?: boolean; readonly ownPagesOnly?: boolean }
  /** `beforeSecondFactor`: also in a session that is still to prove a second factor. */
  | { readonly kind: 'roles'; readonly roles: readonly Role[] | 'any'; readonly beforeSecondFactor?: boolean }
  /**
   * An API key with one of the scopes, or an ADMIN's token; with `readers`, also theirs; with `ticket`, also who shows a link
   * that was made for it.
   */
  | {
      readonly kind: 'scopes';
      readonly scopes: readonly Scope[];
      readonly readers?: readonly Role[];
      readonly ticket?: boolean;
    };

/** What an API key may be used for. */
export const SCOPES = ['sessions', 'messages', 'otp', 'otp:read', 'analytics', 'webhooks', 'tokens'] as const;
export type Scope = (typeof SCOPES)[number];

export const ACCESS = Symbol('access');

/** Set where a person's login must be fresh; see `FreshLogin`. */
export const NEEDS_FRESH_LOGIN = Symbol('fresh login');

/** Seconds for which a login, or another proof of who somebody is, counts as fresh. */
export const FRESH_SECONDS = 15 * 60;

/** Set where calls from this very machine need no key; see `KeylessFromLoopback`. */
export const KEYLESS = Symbol('keyless from loopback');

/** Anybody, also without a token; a valid token is still read, for routes that tell an admin more. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/**
 * Anybody, but a token that is shown decides what happens: while it cannot be looked at, the route fails instead of
 * taking its owner for a stranger.
 */
export const TokenOptional = () => SetMetadata(ACCESS, { kind: 'public', tokenMatters: true } satisfies Access);

/** Anybody, but from a page of this service only: what it leaves with the browser must not be planted by another site. */
export const OwnPagesOnly = () => SetMetadata(ACCESS, { kind: 'public', ownPagesOnly: true } satisfies Access);

/** Anybody who is logged in. */
export const Authenticated = () => SetMetadata(ACCESS, { kind: 'roles', roles: 'any' } satisfies Access);

/** Only these roles. */
export const Roles = (...roles: Role[]) => SetMetadata(ACCESS, { kind: 'roles', roles } satisfies Access);

/** Staff, also in a session that is still to prove a second factor: the routes by which it does. */
export const StaffBeforeSecondFactor = () =>
  SetMetadata(ACCESS, { kind: 'roles', roles: STAFF, beforeSecondFactor: true } satisfies Access);

/**
 * Beside one of the others: a person must have proved within the last 15 minutes who they are, or gets 403
 * `fresh_login_required`. API keys have no login, and are not asked.
 */
export const FreshLogin = () => SetMetadata(NEEDS_FRESH_LOGIN, true);

/** Another service with an API key of one of these scopes, or an ADMIN. */
export const Scopes = (...scopes: Scope[]) => SetMetadata(ACCESS, { kind: 'scopes', scopes } satisfies Access);

/** As `Scopes`, and a SUPERVISOR may read it too: what the console shows. Nothing that changes anything, nothing secret. */
export const ScopesOrSupervisor = (...scopes: Scope[]) =>
  SetMetadata(ACCESS, { kind: 'scopes', scopes, readers: ['SUPERVISOR'] } satisfies Access);

/**
 * As `Scopes`, and also with a ticket: then nobody has looked at it when the handler runs. The handler must, before it
 * says anything (`tickets.ts`).
 */
export const ScopesOrTicket = (...scopes: Scope[]) =>
  SetMetadata(ACCESS, { kind: 'scopes', scopes, ticket: true } satisfies Access);

/**
 * Beside `Scopes`: with `GATEWAY_KEYLESS_LOOPBACK` a program on this machine may call without a key. A key or token
 * that is shown all the same counts.
 */
export const KeylessFromLoopback = () => SetMetadata(KEYLESS, true);

/**
 * Whether a person's last proof of who they are is young enough, and was not for an application: the message of such a code
 * does not say that it opens more.
 */
export function isFresh({ proofAge, application = null, provedAt, loggedInAt }: CurrentCaller): boolean {
  const isForApplication = application !== null && provedAt.getTime() === loggedInAt.getTime();
  return proofAge <= FRESH_SECONDS && !isForApplication;
}

/**
 * For what the account's owner alone may do to it: a session that has not proved the second factor is not surely theirs.
 *
 * @throws AppError `second_factor_required` where the account is asked for one that the session has not proved
 */
export function requireOwner({ isAskedForSecondFactor, provedSecondFactor }: CurrentCaller): void {
  if (isAskedForSecondFactor && !provedSecondFactor) throw new AppError('second_factor_required');
}

/** @throws AppError `second_factor_required`, as `requireOwner`; `fresh_login_required` where a person's login is not fresh */
export function requireFresh(caller: CurrentCaller): void {
  requireOwner(caller);
  if (!isFresh(caller)) throw new AppError('fresh_login_required');
}

/** A request once the guard has seen it. */
export interface CallerRequest extends FastifyRequest {
  caller?: CurrentCaller;
  /** The API key that it came with, where it was read. */
  apiKey?: { readonly id: string };
  /** Who may call the route. */
  access?: Access;
}

/** The caller of a route that is not public; on a public one, the caller if there is one. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<CallerRequest>().caller,
);
