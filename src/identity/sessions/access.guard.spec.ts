import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type AccessTokenStrategy } from './access-token.strategy.js';
import { AccessGuard } from './access.guard.js';
import { type BrowserSessions } from './browser-sessions.js';

const guard = new AccessGuard(new Reflector(), {} as BrowserSessions, {} as AccessTokenStrategy);

function outcome(error: unknown, info: unknown, authorization?: string): unknown {
  const context = { switchToHttp: () => ({ getRequest: () => ({ headers: { authorization } }) }) };
  try {
    return guard.handleRequest(error, false, info, context as unknown as ExecutionContext);
  } catch (thrown) {
    return thrown;
  }
}

describe('AccessGuard', () => {
  it('says what is wrong with a token, or that there is none', () => {
    expect(outcome(null, new Error('jwt expired'), 'Bearer x')).toMatchObject({ code: 'invalid_token' });
    expect(outcome(null, undefined, 'Bearer x')).toMatchObject({ code: 'invalid_token' });
    expect(outcome(null, new Error('No auth token'))).toMatchObject({ code: 'unauthenticated' });
  });

  it('blames no token for a fault of ours', () => {
    const [fault, lost] = [new Error('deadlock'), Object.assign(new Error('lost'), { code: 'ECONNRESET' })];
    expect(outcome(fault, undefined, 'Bearer x')).toBe(fault);
    expect(outcome(lost, undefined, 'Bearer x')).toBe(lost);
    expect(outcome(null, lost, 'Bearer x')).toBe(lost);
  });
});
