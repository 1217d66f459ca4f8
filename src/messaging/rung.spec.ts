import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type MessageProvider, type SendOutcome } from './providers/message-provider.js';
import { Rung } from './rung.js';

const ACCEPTED: SendOutcome = { kind: 'accepted', providerMessageId: '1' };
const DOWN: SendOutcome = { kind: 'rejected', reason: 'provider-unavailable' };
const SILENT: SendOutcome = { kind: 'unknown', cause: 'timeout' };
const NOT_ON_WHATSAPP: SendOutcome = { kind: 'rejected', reason: 'recipient-not-on-whatsapp' };

let rung: Rung;
const ask = (outcome: SendOutcome) => rung.ask(() => Promise.resolve(outcome));
const fail = async (times: number, outcome: SendOutcome = DOWN) => {
  for (let time = 0; time < times; time++) await ask(outcome);
};

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  rung = new Rung({ name: 'whacenter' } as MessageProvider);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a rung', () => {
  it.each([
    ['refusals', DOWN],
    ['silences', SILENT],
  ])('loses its place after five %s in a row, and not after four', async (_what, outcome) => {
    await fail(4, outcome);
    expect([rung.keepsItsPlace, rung.breakerState]).toEqual([true, 'closed']);
    await fail(1, outcome);
    expect([rung.keepsItsPlace, rung.breakerState]).toEqual([false, 'open']);
  });

  it('keeps it when it has no way to recipients', async () => {
    await fail(20, { kind: 'rejected', reason: 'recipient-unreachable' });
    expect(rung.breakerState).toBe('closed');
  });

  it('keeps it when only recipients were at fault, or a message went through in between', async () => {
    await fail(20, NOT_ON_WHATSAPP);
    await fail(4);
    await ask(ACCEPTED);
    await fail(4);
    expect(rung.keepsItsPlace).toBe(true);
  });

  it('is asked all the same while it is open, as the last hope of a message', async () => {
    await fail(5);
    expect(await ask(ACCEPTED)).toBe(ACCEPTED);
    expect(rung.breakerState).toBe('open');
  });

  it('is probed by one message after ten seconds, and has its place again if that goes through', async () => {
    await fail(5);
    jest.setSystemTime(9_999);
    expect(rung.keepsItsPlace).toBe(false);
    jest.setSystemTime(10_000);
    expect(rung.keepsItsPlace).toBe(true);
    let answer: (outcome: SendOutcome) => void = () => undefined;
    const probe = rung.ask(() => new Promise((resolve) => (answer = resolve)));
    expect([rung.keepsItsPlace, rung.breakerState]).toEqual([false, 'half-open']);
    // Others do not wait for the probe.
    expect(await ask(DOWN)).toBe(DOWN);
    answer(ACCEPTED);
    expect(await probe).toBe(ACCEPTED);
    expect([rung.keepsItsPlace, rung.breakerState]).toEqual([true, 'closed']);
  });

  it('stays last for another ten seconds when the probe fails', async () => {
    await fail(5);
    jest.setSystemTime(10_000);
    await ask(DOWN);
    expect(rung.keepsItsPlace).toBe(false);
    jest.setSystemTime(19_999);
    expect(rung.keepsItsPlace).toBe(false);
    jest.setSystemTime(20_000);
    expect(rung.keepsItsPlace).toBe(true);
  });

  it('rests as long as its provider says, but for a minute at most', async () => {
    const limited = (retryAfterSeconds: number): SendOutcome => ({
      ...{ kind: 'rejected', reason: 'rate-limited-account' },
      retryAfterSeconds,
    });
    await ask(limited(7));
    expect(rung.rest).toBe(7_000);
    jest.setSystemTime(7_000);
    expect(rung.rest).toBe(0);
    await ask(limited(86_400));
    expect(rung.rest).toBe(60_000);
  });

  it('rests when its provider says that it is not there for a while', async () => {
    await ask({ ...DOWN, retryAfterSeconds: 7 });
    expect(rung.rest).toBe(7_000);
  });
});
