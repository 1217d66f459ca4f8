import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { codeMessage } from '../../test/support/outgoing.js';
import { settingsFrom } from '../config/read-settings.js';
import { Ladder } from './ladder.js';
import type { ProviderHealth } from './provider-health.js';
import type { DeviceState, MessageProvider, SendOutcome } from './providers/message-provider.js';

const WALK = { requestId: null };

/** A rung that answers as it is told, and counts how often it was asked. */
function rung(name: string, outcome: SendOutcome, state: DeviceState['state'] = 'connected', stateAge = 1_000) {
  const asked = { sends: 0, states: 0 };
  const provider: MessageProvider = {
    name,
    onWhatsApp: true,
    sendsReceipts: false,
    mediaKinds: [],
    stateAge,
    send: () => {
      asked.sends += 1;
      return Promise.resolve(outcome);
    },
    deviceState: () => {
      asked.states += 1;
      return Promise.resolve({ state });
    },
  };
  return { provider, asked };
}

function ladderOf(...rungs: { provider: MessageProvider }[]): Ladder {
  const settings = settingsFrom({ SEND_TIMEOUT: '1', PROVIDER_TIMEOUT: '1' });
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
    expect(await ladderOf(first, second, third).send(codeMessage(), WALK)).toMatchObject({
      kind: 'accepted',
      provider: 'b',
      providerMessageId: '7',
      refusedBy: ['a'],
    });
    expect([first.asked.sends, second.asked.sends, third.asked.sends]).toEqual([1, 1, 0]);
  });

  it('does not hide why the others refused', async () => {
    const expected = { kind: 'failed', reason: 'provider-disconnected', words: 'device not connected or not found' };
    expect(await ladderOf(rung('a', disconnected), rung('b', declined)).send(codeMessage(), WALK)).toMatchObject(
      expected,
    );
    expect(await ladderOf(rung('a', declined), rung('b', disconnected)).send(codeMessage(), WALK)).toMatchObject(
      expected,
    );
  });

  it('is the reason when no other was there', async () => {
    const failed = { kind: 'failed', reason: 'recipient-unreachable', words: undefined };
    expect(await ladderOf(rung('a', declined)).send(codeMessage(), WALK)).toMatchObject(failed);
  });

  it('does not hide that another may have sent', async () => {
    const unknown = rung('a', { kind: 'unknown', cause: 'held' });
    expect(await ladderOf(unknown, rung('b', declined)).send(codeMessage(), WALK)).toMatchObject({ kind: 'unknown' });
  });
});

describe('a message that is worth little more time', () => {
  it('is not tried again when that is over', async () => {
    const busy: SendOutcome = { kind: 'rejected', reason: 'provider-unavailable' };
    const [patient, hasty] = [rung('a', busy), rung('b', busy)];
    await ladderOf(patient).send(codeMessage(), WALK);
    expect(await ladderOf(hasty).send(codeMessage(), { ...WALK, within: 200 })).toMatchObject({ kind: 'failed' });
    expect(patient.asked.sends).toBeGreaterThan(1);
    expect(hasty.asked.sends).toBe(1);
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
    jest.setSystemTime(remembered - 1);
    await ladder.deviceState(one.provider);
    expect(one.asked.states).toBe(1);
    jest.setSystemTime(remembered);
    expect(await ladder.deviceState(one.provider)).toEqual({ state });
    expect(one.asked.states).toBe(2);
  });

  it('makes the ladder ready when it is connected, and in no other case', async () => {
    for (const state of ['disconnected', 'waiting-for-scan', 'unreachable'] as const) {
      expect(await ladderOf(rung('a', accepted, state)).anyReady()).toBe(false);
      expect(await ladderOf(rung('a', accepted, state), rung('b', accepted)).anyReady()).toBe(true);
    }
  });
});
