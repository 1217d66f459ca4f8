import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type Messaging } from './messaging.service.js';
import { type ProviderHealth } from '../ladder/provider-health.js';
import { type Receipt } from '../providers/message-provider.js';
import { type ReceiptsRepository, type ReceiptSummary } from './receipts.repository.js';
import { Receipts } from './receipts.js';

/** Receipts whose messages are known once `accepted` says so. */
function bench(outcome: { takesBack?: boolean } = {}) {
  const noted: string[] = [];
  const did: string[] = [];
  let accepted = false;
  const takeBack = (how: string) => (summary: ReceiptSummary) => {
    if (!accepted || !outcome.takesBack) return Promise.resolve(false);
    did.push(`${how} ${summary.providerMessageId}`);
    return Promise.resolve(true);
  };
  const messaging = {
    sendElsewhere: takeBack('sent elsewhere'),
    leaveElsewhere: takeBack('left'),
    // The last acceptances are written when nothing is sent any more.
    settled: () => Promise.resolve(void (accepted = true)),
  } as unknown as Messaging;
  const repository = {
    note: ({ providerMessageId }: ReceiptSummary) => {
      if (accepted && providerMessageId === 'broken') return Promise.reject(new Error('no database'));
      if (accepted && providerMessageId !== 'foreign') noted.push(providerMessageId);
      return Promise.resolve(accepted && providerMessageId !== 'foreign');
    },
  } as unknown as ReceiptsRepository;
  const health = { noteError: () => undefined } as unknown as ProviderHealth;
  return { receipts: new Receipts(messaging, repository, health, pino({ level: 'silent' })), noted, did };
}

const receipt = (providerMessageId: string, status: Receipt['status'] = 'delivered'): Receipt => ({
  provider: 'whapi',
  providerMessageId,
  status,
  at: null,
});

describe('an instance that stops', () => {
  it('looks a last time for the messages of receipts that overtook their acceptance', async () => {
    const { receipts, noted } = bench();
    await receipts.note([receipt('one'), receipt('foreign'), receipt('broken'), receipt('two')]);
    expect(noted).toEqual([]);
    await receipts.onApplicationShutdown();
    expect(noted).toEqual(['one', 'two']);
  });

  it('leaves a message that failed to whoever recovers next, and sends nothing itself', async () => {
    const { receipts, noted, did } = bench({ takesBack: true });
    await receipts.note([receipt('one', 'failed')]);
    await receipts.onApplicationShutdown();
    expect([did, noted]).toEqual([['left one'], []]);
  });

  it('writes a failure down when the message goes nowhere else', async () => {
    const { receipts, noted } = bench();
    await receipts.note([receipt('one', 'failed')]);
    await receipts.onApplicationShutdown();
    expect(noted).toEqual(['one']);
  });

  it('leaves no timer behind', async () => {
    const { receipts, noted } = bench();
    await receipts.note([receipt('one')]);
    await receipts.onApplicationShutdown();
    await receipts.onApplicationShutdown();
    expect(noted).toEqual(['one']);
  });
});
