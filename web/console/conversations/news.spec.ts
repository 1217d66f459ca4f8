import { expect, it } from '@jest/globals';
import { consoleTexts } from '../texts/texts.js';
import { newsOf } from './news.js';
import type { Message } from './talk.js';

let made = 0;
const message = (more: Partial<Message>): Message => ({
  id: `m${++made}`,
  direction: 'in',
  kind: 'text',
  text: 'Halo',
  media: null,
  provider: 'whapi',
  answeredBy: null,
  sentBy: null,
  sentByName: null,
  delivery: null,
  reason: null,
  at: '2026-11-30T08:00:00.000Z',
  sentAt: null,
  ...more,
});
const news = (before: Message[], now: Message[]) => newsOf(before, now, 'Ani', consoleTexts('en'));

it('tells what a person wrote, oldest first, and nothing of what is older', () => {
  const known = message({});
  const [second, third] = [message({ text: 'Dua' }), message({ text: null, kind: 'image' })];
  expect(news([known], [third, second, known])).toEqual(['New message from Ani: Dua', 'New message from Ani: Photo']);
  expect(news([known], [known])).toEqual([]);
  expect(news([known], [known, message({ at: '2026-11-29T08:00:00.000Z' })])).toEqual([]);
  expect(news([], [known])).toEqual(['New message from Ani: Halo']);
});

it('tells of an answer only that it was not sent, and once', () => {
  const answer = message({ direction: 'out', answeredBy: 'staff', delivery: 'pending' });
  const failed = { ...answer, delivery: 'failed', reason: 'recipient-not-on-whatsapp' };
  expect(news([answer], [{ ...answer, delivery: 'delivered' }])).toEqual([]);
  expect(news([answer], [failed])).toEqual(['The answer was not sent: the number is not on WhatsApp']);
  expect(news([failed], [failed])).toEqual([]);
  expect(news([answer], [{ ...answer, delivery: 'expired' }])).toEqual(['The answer was not sent: Not sent in time']);
  expect(news([answer], [message({ direction: 'out', delivery: 'pending' }), answer])).toEqual([]);
});
