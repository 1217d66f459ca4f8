import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import type { DeviceState, MessageProvider, SendOutcome } from '../../src/delivery/providers/message-provider.js';
import type { ContractSurprise } from '../../src/delivery/providers/redaction.js';
import type { ApiScript, FakeApi } from './fake-api.js';
import { codeMessage } from './outgoing.js';
import { expectWait, ODD_BODIES, RETRY_AFTER, WIRE_TROUBLES } from './wire-troubles.js';

/** A provider that speaks HTTP, in its spec; all of it is asked for anew in each test. */
export interface Subject {
  readonly name: string;
  provider(): MessageProvider;
  fake(): { readonly wire: FakeApi; close(): Promise<void> };
  /** Starts another fake, where a test has ended the one before. */
  restart(): Promise<void>;
  surprises(): readonly ContractSurprise[];
  /** What nobody may read. */
  secrets(): readonly string[];
}

/** Calls of the provider, each after a script for its fake; whatever comes out, it holds neither a secret nor the code. */
export function callsOf(subject: Subject) {
  const discreet = <T>(outcome: T): T => {
    const said = JSON.stringify([outcome, subject.surprises()]);
    for (const secret of [...subject.secrets(), '012345']) expect(said).not.toContain(secret);
    return outcome;
  };
  const scripted = (script: ApiScript | undefined) => {
    if (script) subject.fake().wire.next(script);
    return subject.provider();
  };
  return {
    send: async (script?: ApiScript, waitMs = 5_000, message = codeMessage()): Promise<SendOutcome> =>
      discreet(await scripted(script).send(message, AbortSignal.timeout(waitMs))),
    deviceState: async (script?: ApiScript, waitMs = 5_000): Promise<DeviceState> =>
      discreet(await scripted(script).deviceState(AbortSignal.timeout(waitMs))),
  };
}

/**
 * What every such provider does when its wire fails.
 *
 * @param limited the answer of a provider that is asked too often
 */
export function itCopesWithItsWire(subject: Subject, limited: ApiScript): void {
  const { send } = callsOf(subject);

  it.each(ODD_BODIES)('cannot know after 200 with %s, and reports it', async (_, body, keys) => {
    expect(await send({ body })).toEqual({ kind: 'unknown', cause: 'bad-body' });
    expect(subject.surprises()).toEqual([{ provider: subject.name, call: 'send', keys, httpStatus: 200 }]);
  });

  it.each(WIRE_TROUBLES)('cannot know after %s', async (_, script, expected) => {
    expect(await send(script, 300)).toEqual(expected);
    expect(subject.fake().wire.calls.length).toBeLessThanOrEqual(1);
  });

  it.each(RETRY_AFTER)('honours Retry-After as %s', async (_, value, seconds) => {
    expectWait(await send({ ...limited, headers: { 'retry-after': value } }), seconds);
  });

  it('knows that a refused connection sent nothing', async () => {
    const gone = subject.provider();
    await subject.fake().close();
    const unsent = { kind: 'rejected', reason: 'provider-unavailable', providerText: 'ECONNREFUSED' };
    expect(await gone.send(codeMessage(), AbortSignal.timeout(5_000))).toEqual(unsent);
    expect(await gone.deviceState(AbortSignal.timeout(5_000))).toEqual({ state: 'unreachable', text: 'ECONNREFUSED' });
    await subject.restart();
  });

  it('shows its secrets to nobody who looks at the provider', async () => {
    const provider = subject.provider();
    await provider.send(codeMessage(), AbortSignal.timeout(5_000));
    for (const secret of subject.secrets()) {
      expect(inspect(provider, { depth: null, showHidden: true })).not.toContain(secret);
      expect(JSON.stringify(provider)).not.toContain(secret);
    }
  });
}
