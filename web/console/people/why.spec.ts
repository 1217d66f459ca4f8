import { describe, expect, it } from '@jest/globals';
import { people } from '../texts/en/people.js';
import { whyNot, type Person } from './why.js';

const PERSON: Person = {
  ...{ id: 'x', email: null, username: null, phone: '081234567890', role: 'USER', isActive: true },
  ...{ profile: { fullName: 'Siti', phone: '081234567890' }, createdAt: '2026-11-01T00:00:00Z', lastLoginAt: null },
  ...{ locks: [], lastSends: [], secondFactor: null },
};
const SENT = {
  ...{ at: new Date().toISOString(), purpose: 'login', state: 'ACCEPTED', provider: 'whapi', notTakenBy: [] },
  ...{ reason: null, deliveredAt: null, readAt: null, usedAt: null },
} as const satisfies Person['lastSends'][number];
const lock = (reason: Person['locks'][number]['reason'], until: string | null = '2026-11-30T03:42:00Z') => ({
  ...{ reason, until, purpose: null, devices: null, identifier: null },
});

const why = (more: Partial<Person>) => whyNot({ ...PERSON, ...more }, people, 'en');

describe('why somebody cannot log in', () => {
  it('is nothing, where nothing is known', () => {
    expect(why({})).toEqual({ sentences: [people.why.fine], tone: 'success' });
  });

  it('begins with what hinders most', () => {
    const { sentences, tone } = why({ locks: [lock('cooldown'), lock('wrong_codes'), lock('closed', null)] });
    expect(sentences[0]).toBe(people.why.closed);
    expect(sentences.at(-1)).toMatch(/^The last code still works/);
    expect(tone).toBe('danger');
  });

  it('says the same of an e-mail and of its account once', () => {
    expect(why({ locks: [lock('wrong_passwords'), lock('wrong_passwords')] }).sentences).toHaveLength(1);
  });

  it('tells why the last code was not sent, and that one without a receipt may not have come', () => {
    const failed = { ...SENT, state: 'FAILED', reason: 'recipient-not-on-whatsapp' } as const;
    expect(why({ lastSends: [failed] }).sentences).toEqual([
      'The last code was not sent: the number is not on WhatsApp.',
    ]);
    expect(why({ lastSends: [SENT] }).sentences).toEqual([people.why.noReceipt]);
    expect(why({ lastSends: [{ ...SENT, usedAt: SENT.at }] }).tone).toBe('success');
    expect(why({ lastSends: [{ ...SENT, at: '2026-01-01T00:00:00Z' }] }).tone).toBe('success');
  });

  it('looks past a notice at the code before it', () => {
    const lastSends = [{ ...SENT, purpose: 'notice.phone_changed' }, { ...SENT, state: 'EXPIRED' } as const];
    expect(why({ lastSends }).sentences).toEqual([people.why.expired]);
  });

  it('is that no code can be sent to an account without a number', () => {
    expect(why({ phone: null }).sentences).toEqual([people.why.noNumber]);
  });
});
