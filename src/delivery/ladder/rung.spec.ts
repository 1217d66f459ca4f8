import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type MessageProvider, type RejectionReason, type SendOutcome } from '../providers/message-provider.js';
import { Rung } from './rung.js';

const ACCEPTED: SendOutcome = { kind: 'accepted', providerMessageId: '1' };
const DOWN: SendOutcome = { kind: 'rejected', reason: 'provider-unavailable' };
const SILENT: SendOutcome = { kind: 'unknown', cause: 'timeout' };
const UNREADABLE: SendOutcome = { kind: 'rejected', reason: 'unclassified' };
const refusal = (reason: RejectionReason): SendOutcome => ({ kind: 'rejected', reason });

let rung: Rung;
const ask = (outcome: SendOutcome, to = '+6281200000001') => rung.ask(to, () => Promise.resolve(outcome));
const fail = async (times: number, outcome: SendOutcome = DOWN, to?: string) => {
  for (let time = 0; time < times; time++) await ask(outcome, to);
};
const breakIt = () => fail(20);

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  rung = new Rung({ name: 'whacenter' } as MessageProvider);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the breaker of a rung', () => {
  it.each([
    ['refusals', DOWN],
    ['silences', SILENT],
  ])('opens after ten %s in a row that have lasted for two seconds', async (_what, outcome) => {
    await fail(9, outcome);
    jest.advanceTimersByTime(1_999);
    await fail(1, outcome);
    expect([rung.mayBeAsked, rung.breakerState]).toEqual([true, 'closed']);
    jest.advanceTimersByTime(1);
    await fail(1, outcome);
    expect([rung.mayBeAsked, rung.breakerState]).toEqual([false, 'open']);
    expect(rung.openedBy).toBe(outcome);
  });

  it('opens after twenty in a row at once', async () => {
    await fail(19);
    expect(rung.breakerState).toBe('closed');
    await fail(1);
    expect(rung.breakerState).toBe('open');
  });

  it('counts the time of a silence from its question on, but not from before the last success', async () => {
    const answers: ((outcome: SendOutcome) => void)[] = [];
    const begin = () => rung.ask('+6281200000001', () => new Promise((resolve) => answers.push(resolve)));
    const early = begin();
    jest.advanceTimersByTime(2_500);
    await ask(ACCEPTED);
    await fail(9);
    answers[0]?.(SILENT);
    await early;
    expect(rung.breakerState).toBe('closed');
    await ask(ACCEPTED);
    const silences = Array.from({ length: 10 }, begin);
    jest.advanceTimersByTime(2_000);
    for (const answer of answers) answer(SILENT);
    await Promise.all(silences);
    expect(rung.breakerState).toBe('open');
  });

  it.each<RejectionReason>(['recipient-not-on-whatsapp', 'recipient-blocked-by-policy', 'content', 'template'])(
    'stays closed when a provider judges: %s',
    async (reason) => {
      await fail(19);
      await fail(30, refusal(reason));
      await fail(19);
      expect(rung.breakerState).toBe('closed');
    },
  );

  it('is told nothing by a rung without a way to the recipient', async () => {
    await fail(19);
    await fail(30, refusal('recipient-unreachable'));
    expect(rung.breakerState).toBe('closed');
    await fail(1);
    expect(rung.breakerState).toBe('open');
  });

  it('counts refusals that nobody can read once a number, so that a few numbers open nothing', async () => {
    for (let time = 0; time < 100; time++) await ask(UNREADABLE, `+6281200000${time % 3}`);
    jest.advanceTimersByTime(2_000);
    await fail(6, UNREADABLE, '+62812000001');
    expect(rung.breakerState).toBe('closed');
    for (let number = 3; number < 10; number++) await ask(UNREADABLE, `+6281200000${number}`);
    expect(rung.breakerState).toBe('open');
  });

  it('lets one message probe after a second, and closes when that goes through', async () => {
    await breakIt();
    jest.advanceTimersByTime(999);
    expect([rung.mayBeAsked, rung.wait]).toEqual([false, 1]);
    jest.advanceTimersByTime(1);
    expect([rung.mayBeAsked, rung.wait]).toEqual([true, 0]);
    let answer: (outcome: SendOutcome) => void = () => undefined;
    const probe = rung.ask('+6281200000001', () => new Promise((resolve) => (answer = resolve)));
    expect([rung.mayBeAsked, rung.breakerState, rung.wait]).toEqual([false, 'half-open', 1_000]);
    answer(ACCEPTED);
    expect(await probe).toBe(ACCEPTED);
    expect([rung.mayBeAsked, rung.breakerState, rung.openedBy]).toEqual([true, 'closed', undefined]);
    await fail(19);
    expect(rung.breakerState).toBe('closed');
  });

  it('waits longer after each probe that fails, for ten seconds at most', async () => {
    await breakIt();
    const waits: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      waits.push(rung.wait);
      jest.advanceTimersByTime(rung.wait);
      await ask(DOWN);
    }
    expect(waits).toEqual([1_000, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
  });

  it('closes when a message that was under way before it opened goes through', async () => {
    let answer: (outcome: SendOutcome) => void = () => undefined;
    const early = rung.ask('+6281200000001', () => new Promise((resolve) => (answer = resolve)));
    await breakIt();
    answer(ACCEPTED);
    await early;
    expect(rung.breakerState).toBe('closed');
  });
});

describe('the rest of a rung', () => {
  it('is as long as its provider says, but a minute at most', async () => {
    const limited = (retryAfterSeconds: number): SendOutcome => ({
      ...{ kind: 'rejected', reason: 'rate-limited-account' },
      retryAfterSeconds,
    });
    await ask(limited(7));
    expect([rung.rest, rung.wait]).toEqual([7_000, 7_000]);
    jest.advanceTimersByTime(7_000);
    expect(rung.rest).toBe(0);
    await ask(limited(86_400));
    expect(rung.rest).toBe(60_000);
  });

  it('begins when its provider says that it is not there for a while', async () => {
    await ask({ ...DOWN, retryAfterSeconds: 7 });
    expect(rung.rest).toBe(7_000);
  });
});

it('a clock that is set back by an hour changes neither rest nor breaker', async () => {
  await breakIt();
  await ask({ ...DOWN, retryAfterSeconds: 1 });
  jest.setSystemTime(-3_600_000);
  jest.advanceTimersByTime(1_000);
  expect([rung.rest, rung.mayBeAsked]).toEqual([0, true]);
});
