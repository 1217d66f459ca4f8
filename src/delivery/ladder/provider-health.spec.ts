import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { ProviderHealth } from './provider-health.js';
import type { ProviderHealthRepository } from './provider-health.repository.js';

let written: string[];
let health: ProviderHealth;

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  written = [];
  const repository = {
    noteError: (provider: string, reason: string, words: string | null) => {
      written.push(`${provider} ${reason} ${words ?? ''}`.trim());
      return Promise.resolve();
    },
  } as ProviderHealthRepository;
  health = new ProviderHealth(repository, pino({ level: 'silent' }));
});
afterEach(() => void jest.useRealTimers());

describe('the last error of a provider', () => {
  it('is written at once, and of those that follow the last one, five seconds later', () => {
    health.noteError('whapi', 'provider-unavailable', undefined);
    health.noteError('whapi', 'rate-limited-account', 'slow down');
    health.noteError('whapi', 'provider-disconnected', 'not linked');
    health.noteError('sms', 'provider-auth', undefined);
    expect(written).toEqual(['whapi provider-unavailable', 'sms provider-auth']);
    jest.advanceTimersByTime(5_000);
    expect(written.slice(2)).toEqual(['whapi provider-disconnected not linked']);
    jest.advanceTimersByTime(60_000);
    expect(written).toHaveLength(3);
    health.noteError('whapi', 'unclassified', undefined);
    expect(written.slice(3)).toEqual(['whapi unclassified']);
  });

  it('is written before the service stops', async () => {
    health.noteError('whapi', 'provider-unavailable', undefined);
    health.noteError('whapi', 'provider-disconnected', undefined);
    await health.onApplicationShutdown();
    expect(written).toEqual(['whapi provider-unavailable', 'whapi provider-disconnected']);
    jest.advanceTimersByTime(60_000);
    expect(written).toHaveLength(2);
  });
});
