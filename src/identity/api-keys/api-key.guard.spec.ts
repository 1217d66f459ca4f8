import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fastifyCookie from '@fastify/cookie';
import { Controller, Get, Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError } from '../../platform/errors/app-error.js';
import { ExceptionToAnswerFilter } from '../../platform/errors/exception.filter.js';

import {
  Authenticated,
  KeylessFromLoopback,
  Public,
  Scopes,
  ScopesOrTicket,
  type CallerRequest,
} from '../../platform/http/access.decorators.js';
import { ApiKeyGuard, CallingKey, WhoCalls, type Calling } from './api-key.guard.js';
import { ApiKeys, type UsedApiKey } from './api-keys.service.js';

const KEY = { id: '1', name: 'Antrean', scopes: ['messages', 'otp'] } as const satisfies UsedApiKey;

const asked: string[] = [];

const keys = {
  use: async (presented: string) => {
    asked.push(presented);
    if (presented === 'known') return KEY;
    if (presented === 'busy') throw new AppError('rate_limited', { retryAfter: 41.2 });
    throw new AppError('invalid_api_key');
  },
};

const settings = { gatewayKeylessLoopback: true };

@Controller()
class Routes {
  @Get('one')
  @Scopes('otp')
  one(@CallingKey() key?: UsedApiKey) {
    return { key: key ?? null };
  }

  @Get('either')
  @Scopes('webhooks', 'messages')
  either(@CallingKey() key?: UsedApiKey) {
    return { key: key ?? null };
  }

  @Get('other')
  @Scopes('otp:read')
  other() {
    return {};
  }

  @Get('mine/:id')
  @ScopesOrTicket('otp')
  @KeylessFromLoopback()
  mine(@WhoCalls() calling: Calling) {
    return calling;
  }

  @Get('open')
  @Public()
  open(@CallingKey() key?: UsedApiKey) {
    return { key: key ?? null };
  }

  @Get('people')
  @Authenticated()
  people(@CallingKey() key?: UsedApiKey) {
    return { key: key ?? null };
  }
}

/** Stands for the guard that reads tokens. */
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const login = { loggedInAt: new Date(), provedAt: new Date(), proofAge: 0 };
    const factors = { provedSecondFactor: false, isAskedForSecondFactor: false, roleRefusal: null };
    if (request.headers.authorization)
      request.caller = { userId: 'a', sessionId: 'b', role: 'ADMIN', accountRole: 'ADMIN', ...login, ...factors };
    return true;
  }
}

@Module({
  controllers: [Routes],
  providers: [
    { provide: ApiKeys, useValue: keys },
    { provide: GatewaySettings, useValue: settings },
    { provide: APP_GUARD, useClass: TokenGuard },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: APP_FILTER, useValue: new ExceptionToAnswerFilter({ messageLanguage: 'en' }) },
  ],
})
class ProbeModule {}

describe('ApiKeyGuard', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(ProbeModule, new FastifyAdapter(), { logger: false });
    await app.register(fastifyCookie);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterAll(() => app.close());

  beforeEach(() => void asked.splice(0));

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });

  it('hands the key on to the route', async () => {
    expect((await get('/one', { 'x-api-key': 'known' })).json()).toEqual({ key: KEY });
    expect((await get('/either', { 'X-API-KEY': 'known' })).json()).toEqual({ key: KEY });
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['/one', {}, 401, 'unauthenticated'],
    ['/one', { 'x-api-key': '' }, 401, 'invalid_api_key'],
    ['/one', { 'x-api-key': 'unknown' }, 401, 'invalid_api_key'],
    ['/other', { 'x-api-key': 'known' }, 403, 'forbidden'],
    ['/one', { 'x-api-key': 'busy' }, 429, 'rate_limited'],
  ])('refuses %s with %j by %i %s', async (url, headers, status, code) => {
    const answer = await get(url, headers);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    if (status === 429) expect(answer.headers['retry-after']).toBe('42');
  });

  it('asks an admin for no key, and charges none', async () => {
    expect((await get('/one', { authorization: 'Bearer x', 'x-api-key': 'known' })).json()).toEqual({ key: null });
    expect(asked).toEqual([]);
  });

  it('asks this machine for no key where the route says so, and only while it may', async () => {
    expect((await get('/mine/1')).json()).toEqual({ apiKeyId: null, userId: null, sessionId: null });
    expect((await get('/one')).statusCode).toBe(401);
    settings.gatewayKeylessLoopback = false;
    expect((await get('/mine/1')).statusCode).toBe(401);
    settings.gatewayKeylessLoopback = true;
  });

  it('says who calls, and takes a ticket for nobody', async () => {
    expect((await get('/mine/1', { 'x-api-key': 'known' })).json()).toEqual({
      apiKeyId: '1',
      userId: null,
      sessionId: null,
    });
    expect((await get('/mine/1', { authorization: 'Bearer x' })).json()).toEqual({
      apiKeyId: null,
      userId: 'a',
      sessionId: 'b',
    });
    // The guard lets a ticket through; a handler that asks who calls without having looked at it gets no answer.
    expect((await get('/mine/1?ticket=x')).statusCode).toBe(401);
    expect((await get('/one?ticket=x')).statusCode).toBe(401);
  });

  it('does not look at keys where none opens the route', async () => {
    expect((await get('/open', { 'x-api-key': 'unknown' })).json()).toEqual({ key: null });
    expect((await get('/people', { 'x-api-key': 'known' })).json()).toEqual({ key: null });
    expect(asked).toEqual([]);
  });
});
