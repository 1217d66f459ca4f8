import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { codeMessage } from '../../../test/support/outgoing.js';
import { settingsOf } from '../../platform/config/read-settings.js';
import { Ladder } from './ladder.js';
import type { ProviderHealth } from './provider-health.js';
import type { DeviceState, MessageProvider, SendOutcome } from '../providers/message-provider.js';

const OPTIONS = { requestId: null };

/** A rung that answers as it is told, and counts how often it was asked. */
function rung(name: string, outcome: SendOutcome, state: DeviceState['state'] = 'connected', stateAge = 1_000) {
  const asked = { sends: 0, states: 0, outcome };
  const provider: MessageProvider = {
    name,
    onWhatsApp: true,
    sendsReceipts: false,
    mediaKinds: [],
    stateAge,
    send: () => {
      asked.sends += 1;
      return Promise.resolve(asked.outcome);
    },
    deviceState: () => {
      asked.states += 1;
      return Promise.resolve({ state });
    },
  };
  return { provider, asked };
}

function ladderOf(...rungs: { provider: MessageProvider }[]): Ladder {
  const settings = settingsOf({ SEND_TIMEOUT: '1', PROVIDER_TIMEOUT: '1' });
  return new Ladder(
    settings,
    rungs.map(({ provider }) => provider),
    { noteError: () => undefined } as unknown as ProviderHealth,
    pino({ level: 'silent' }),
  );
}

const disconnected: SendOutcome = {
  kind: 'rejected',
  reason: 'provider-disconnected',
  providerText: 'device not connected or not found',
};
const declined: SendOutcome = { kind: 'rejected', reason: 'recipient-unreachable' };
const accepted: SendOutcome = { kind: 'accepted', providerMessageId: '7' };

describe('a rung that cannot serve a recipient', () => {
  it('is passed at once, and asked once', async () => {
    const [first, second, third] = [rung('a', declined), rung('b', accepted), rung('c', accepted)];
    expect(await ladderOf(first, second, third).send(codeMessage(), OPTIONS)).toMatchObject({
      kind: 'accepted',
      provider: 'b',
      providerMessageId: '7',
      refusedBy: ['a'],
    });
    expect([first.asked.sends, second.asked.sends, third.asked.sends]).toEqual([1, 1, 0]);
  });

  it('does not hide why the others refused', async () => {
    const expected = { kind: 'failed', reason: 'provider-disconnected', words: 'device not connected or not found' };
    expect(await ladderOf(rung('a', disconnected), rung('b', declined)).send(codeMessage(), OPTIONS)).toMatchObject(
      expected,
    );
    expect(await ladderOf(rung('a', declined), rung('b', disconnected)).send(codeMessage(), OPTIONS)).toMatchObject(
      expected,
    );
  });

  it('is the reason when no other was there', async () => {
    const failed = { kind: 'failed', reason: 'recipient-unreachable', words: undefined };
    expect(await ladderOf(rung('a', declined)).send(codeMessage(), OPTIONS)).toMatchObject(failed);
  });

  it('does not hide that another may have sent', async () => {
    const unknown = rung('a', { kind: 'unknown', cause: 'held' });
    expect(await ladderOf(unknown, rung('b', declined)).send(codeMessage(), OPTIONS)).toMatchObject({
      kind: 'unknown',
    });
  });
});

describe('a message that is worth little more time', () => {
  it('is not tried again when that is over', async () => {
    const busy: SendOutcome = { kind: 'rejected', reason: 'provider-unavailable' };
    const [patient, hasty] = [rung('a', busy), rung('b', busy)];
    await ladderOf(patient).send(codeMessage(), OPTIONS);
    expect(await ladderOf(hasty).send(codeMessage(), { ...OPTIONS, within: 200 })).toMatchObject({ kind: 'failed' });
    expect(patient.asked.sends).toBeGreaterThan(1);
    expect(hasty.asked.sends).toBe(1);
  });
});

describe('a rung whose breaker is open', () => {
  const down: SendOutcome = { kind: 'rejected', reason: 'provider-unavailable' };

  afterEach(() => void jest.useRealTimers());

  /** A ladder whose rungs have failed so often that their breakers are open; the calls until then are forgotten. */
  async function brokenLadder(...rungs: ReturnType<typeof rung>[]): Promise<Ladder> {
    jest.useFakeTimers({ now: 0 });
    const ladder = ladderOf(...rungs);
    const sends = Array.from({ length: 20 }, () => ladder.send(codeMessage(), { ...OPTIONS, within: 200 }));
    await jest.advanceTimersByTimeAsync(200);
    await Promise.all(sends);
    for (const { asked } of rungs) asked.sends = 0;
    return ladder;
  }

  it('is not asked; alone on the ladder it fails the message at once, and says when to come back', async () => {
    const only = rung('a', { ...down, providerText: 'Server Error' });
    const ladder = await brokenLadder(only);
    expect(await ladder.send(codeMessage(), OPTIONS)).toEqual({
      ...{ kind: 'failed', reason: 'provider-unavailable', words: 'Server Error' },
      ...{ retryAfter: 1, heldBack: true, refusedBy: ['a'] },
    });
    expect(only.asked.sends).toBe(0);
  });

  it('is probed by one message of many, with one call', async () => {
    const only = rung('a', { kind: 'unknown', cause: 'timeout' });
    const ladder = await brokenLadder(only);
    jest.advanceTimersByTime(1_000);
    const deliveries = await Promise.all([1, 2, 3, 4, 5].map(() => ladder.send(codeMessage(), OPTIONS)));
    expect(only.asked.sends).toBe(1);
    expect(deliveries.map(({ kind }) => kind)).toEqual(['unknown', 'failed', 'failed', 'failed', 'failed']);
    expect(deliveries[1]).toMatchObject({ reason: 'provider-unavailable', retryAfter: 1, heldBack: true });
  });

  it('is passed over while another one can send, and is not called a rung that refused', async () => {
    const [first, second] = [rung('a', down), rung('b', down)];
    const ladder = await brokenLadder(first, second);
    second.asked.outcome = accepted;
    jest.advanceTimersByTime(1_000);
    const [probes] = await Promise.all([1, 2].map(() => ladder.send(codeMessage(), OPTIONS)));
    expect(probes).toMatchObject({ kind: 'accepted', provider: 'b', refusedBy: ['a'] });
    first.asked.sends = 0;
    expect(await ladder.send(codeMessage(), OPTIONS)).toMatchObject({ kind: 'accepted', provider: 'b', refusedBy: [] });
    expect(first.asked.sends).toBe(0);
  });

  it('ends the tries of a message that was under way', async () => {
    const only = rung('a', down);
    const ladder = await brokenLadder(only);
    jest.advanceTimersByTime(1_000);
    const started = performance.now();
    expect(await ladder.send(codeMessage(), OPTIONS)).toMatchObject({ kind: 'failed', heldBack: false });
    expect([only.asked.sends, performance.now() - started]).toEqual([1, 0]);
  });

  it('is what failed a message that has no other way', async () => {
    const [first, second] = [rung('a', disconnected), rung('b', declined)];
    const ladder = await brokenLadder(first, second);
    expect(await ladder.send(codeMessage(), OPTIONS)).toMatchObject({
      ...{ kind: 'failed', reason: 'provider-disconnected', words: 'device not connected or not found' },
      ...{ heldBack: true, refusedBy: ['b', 'a'] },
    });
    expect([first.asked.sends, second.asked.sends]).toEqual([0, 1]);
  });
});

describe('the state of a device', () => {
  afterEach(() => void jest.useRealTimers());

  it.each<[DeviceState['state'], number, number]>([
    ['connected', 1_000, 1_000],
    ['connected', 60_000, 60_000],
    ['disconnected', 1_000, 1_000],
    ['disconnected', 60_000, 5_000],
    ['waiting-for-scan', 60_000, 5_000],
    ['unreachable', 60_000, 5_000],
  ])('%s is remembered as the provider says (%i ms), trouble for 5 s at most', async (state, stateAge, remembered) => {
    jest.useFakeTimers({ now: 0 });
    const one = rung('a', accepted, state, stateAge);
    const ladder = ladderOf(one);
    await Promise.all([ladder.deviceState(one.provider), ladder.deviceState(one.provider)]);
    jest.advanceTimersByTime(remembered - 1);
    await ladder.deviceState(one.provider);
    expect(one.asked.states).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await ladder.deviceState(one.provider)).toEqual({ state });
    expect(one.asked.states).toBe(2);
  });

  it('is not remembered for longer when the clock is set back by an hour', async () => {
    jest.useFakeTimers({ now: 0 });
    const one = rung('a', accepted, 'disconnected');
    const ladder = ladderOf(one);
    await ladder.deviceState(one.provider);
    jest.setSystemTime(-3_600_000);
    jest.advanceTimersByTime(1_000);
    await ladder.deviceState(one.provider);
    expect(one.asked.states).toBe(2);
  });

  it('makes the ladder ready when it is connected, and in no other case', async () => {
    for (const state of ['disconnected', 'waiting-for-scan', 'unreachable'] as const) {
      expect(await ladderOf(rung('a', accepted, state)).anyReady()).toBe(false);
      expect(await ladderOf(rung('a', accepted, state), rung('b', accepted)).anyReady()).toBe(true);
    }
  });
});
