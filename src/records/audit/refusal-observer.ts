import { Injectable } from '@nestjs/common';
import { type AppError } from '../../platform/errors/app-error.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { type Access, type CallerRequest } from '../../platform/http/access.decorators.js';
import { addressKey } from '../../platform/http/client-address.js';
import { Audit } from './audit.service.js';

/** Refusals that are security events wherever they happen, by the event they are. */
const EVENTS: Partial<Record<ErrorCode, string>> = {
  otp_rate_limited: 'limits.reached',
  otp_locked: 'limits.reached',
  login_locked: 'limits.reached',
  rate_limited: 'limits.reached',
  invalid_api_key: 'api_key.refused',
  invalid_refresh_token: 'session.refresh',
  invalid_webhook_secret: 'webhook.refused',
  invalid_ticket: 'access.refused',
  forbidden: 'access.refused',
  foreign_origin: 'access.refused',
  fresh_login_required: 'access.refused',
  second_factor_required: 'access.refused',
  second_factor_enrolment_required: 'access.refused',
  second_factor_locked: 'limits.reached',
  registration_closed: 'access.refused',
  phone_not_registered: 'otp.requested',
};

/** Codes that are an event only where the flow says whom it was about. */
const EVENTS_ABOUT_SOMEBODY: Partial<Record<ErrorCode, string>> = {
  user_not_found: 'otp.requested',
  phone_taken: 'otp.requested',
};

/** Limits whose refusal does not say whom it is about: that of the client's address does not know. */
const LIMITS = 'limits.reached';

/** Where a body says whose account it is about. */
const NAMING_FIELDS = ['phone', 'noHp', 'identifier'];

/** A call without a good token is everyday's business, but not on routes that only some may use. */
const UNIDENTIFIED: readonly ErrorCode[] = ['unauthenticated', 'invalid_token'];

/** Looks at every failure that becomes an answer, and has those recorded that tell of somebody trying. */
@Injectable()
export class RefusalObserver {
  constructor(private readonly audit: Audit) {}

  observe(refusal: AppError, request: CallerRequest): void {
    const type = eventOf(refusal, request.access);
    if (type === undefined) return;
    const pattern = request.routeOptions.url;
    this.audit.noteRefusal(type, refusal, {
      id: request.id,
      address: addressKey(request.ip),
      userId: request.caller?.userId ?? null,
      named: type === LIMITS && refusal.concerns === undefined ? namedIn(request.body) : undefined,
      route: pattern === undefined ? undefined : `${request.method} ${pattern}`,
    });
  }
}

function eventOf({ code, concerns }: AppError, access: Access | undefined): string | undefined {
  if (UNIDENTIFIED.includes(code)) return isForSome(access) ? 'access.refused' : undefined;
  return EVENTS[code] ?? (concerns ? EVENTS_ABOUT_SOMEBODY[code] : undefined);
}

function isForSome(access: Access | undefined): boolean {
  return access?.kind === 'scopes' || (access?.kind === 'roles' && access.roles !== 'any');
}

function namedIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = body as Record<string, unknown>;
  const named = NAMING_FIELDS.map((name) => fields[name]).find((value) => typeof value === 'string');
  return typeof named === 'string' && named !== '' ? named : undefined;
}
