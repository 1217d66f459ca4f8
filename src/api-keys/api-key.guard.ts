import { Injectable, createParamDecorator, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../errors/app-error.js';
import { ACCESS, type Access, type CallerRequest } from '../http/access.decorators.js';
import { ApiKeys, type UsedApiKey } from './api-keys.service.js';

interface KeyRequest extends CallerRequest {
  apiKey?: UsedApiKey;
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
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind !== 'scopes') return true;
    const request = context.switchToHttp().getRequest<KeyRequest>();
    if (request.caller) return true;
    const presented = request.headers['x-api-key'];
    if (presented === undefined) throw new AppError('unauthenticated');
    // Node joins a header that comes twice with a comma, which no key holds.
    const key = await this.keys.use(String(presented));
    if (!access.scopes.some((scope) => key.scopes.includes(scope))) throw new AppError('forbidden');
    request.apiKey = key;
    return true;
  }
}

/** The API key that a call to a `@Scopes(…)` route came with; undefined when an ADMIN calls. */
export const CallingKey = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<KeyRequest>().apiKey,
);
