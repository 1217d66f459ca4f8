import { describe, expect, it } from '@jest/globals';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { ConsoleProvider } from './console.js';
import type { OutgoingMessage } from '../message-provider.js';

const MESSAGE = codeMessage();

describe('ConsoleProvider', () => {
  it('keeps the message and accepts it', async () => {
    const inbox: OutgoingMessage[] = [];
    const provider = new ConsoleProvider((message) => Promise.resolve(void inbox.push(message)));
    expect(await provider.send(MESSAGE)).toEqual({ kind: 'accepted', providerMessageId: null });
    expect(inbox).toEqual([MESSAGE]);
  });

  it('says that nothing was sent when the inbox cannot keep it', async () => {
    const provider = new ConsoleProvider(() => Promise.reject(new Error('no database')));
    expect(await provider.send(MESSAGE)).toEqual({ kind: 'rejected', reason: 'provider-unavailable' });
  });

  it('is there, but reaches no phone and sends no receipt', async () => {
    const provider = new ConsoleProvider(() => Promise.resolve());
    expect(await provider.deviceState()).toEqual({ state: 'connected' });
    expect(provider).toMatchObject({ name: 'console', onWhatsApp: false, sendsReceipts: false });
  });
});
