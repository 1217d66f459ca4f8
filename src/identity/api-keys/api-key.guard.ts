import { Injectable, createParamDecorator, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { AppError } from '../../platform/errors/app-error.js';
import { ACCESS, KEYLESS, type Access, type CallerRequest } from '../../platform/http/access.decorators.js';
import { isFromThisMachine } from '../../platform/http/local-calls.js';
import { shownTicket } from '../../platform/http/tickets.js';
import { ApiKeys, type UsedApiKey } from './api-keys.service.js';

interface KeyRequest extends CallerRequest {
  apiKey?: UsedApiKey;
  /** Let in without a key, because it comes from this machine. */
  keyless?: boolean;
}

/** Who calls a `@Scopes(…)` route: another service by its key, a person, or, with neither, a program on this machine. */
export interface Calling {
  readonly apiKeyId: string | null;
  readonly userId: string | null;
  /** The login session of that person. */
  readonly sessionId: string | null;
}

/**
 * Lets other services into the routes that say `@Scopes(…)`. Global, behind the guard that reads tokens: who came in
 * as an ADMIN needs no key. A call beyond the key's scopes is charged to it like any other.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
    private readonly settings: GatewaySettings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind !== 'scopes') return true;
    const request = context.switchToHttp().getRequest<KeyRequest>();
    if (request.caller) return true;
    if (access.ticket && shownTicket(request)) return true;
    const presented = request.headers['x-api-key'];
    if (presented === undefined) {
      request.keyless = this.needsNoKey(context, request);
      if (request.keyless) return true;
      throw new AppError('unauthenticated');
    }
    // Node joins a header that comes twice with a comma, which no key holds.
    const key = await this.keys.use(String(presented));
    if (!access.scopes.some((scope) => key.scopes.includes(scope)))
      throw new AppError('forbidden', { concerns: { subjectId: key.id } });
    request.apiKey = key;
    return true;
  }

  private needsNoKey(context: ExecutionContext, request: KeyRequest): boolean {
    const keyless = this.reflector.getAllAndOverride<boolean | undefined>(KEYLESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    return keyless === true && this.settings.gatewayKeylessLoopback && isFromThisMachine(request);
  }
}

/** The API key that a call to a `@Scopes(…)` route came with; undefined when an ADMIN or this machine calls. */
export const CallingKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  requestKey(context.switchToHttp().getRequest<KeyRequest>()),
);

/** As `CallingKey`, where the request itself is at hand. */
export function requestKey(request: CallerRequest): UsedApiKey | undefined {
  return (request as KeyRequest).apiKey;
}

/** Who calls a `@Scopes(…)` route. @throws AppError `unauthenticated` where only a ticket was shown */
export function whoCalls({ apiKey, caller, keyless }: KeyRequest): Calling {
  if (!apiKey && !caller && keyless !== true) throw new AppError('unauthenticated');
  return { apiKeyId: apiKey?.id ?? null, userId: caller?.userId ?? null, sessionId: caller?.sessionId ?? null };
}

export const WhoCalls = createParamDecorator((_: unknown, context: ExecutionContext) =>
  whoCalls(context.switchToHttp().getRequest<KeyRequest>()),
);
