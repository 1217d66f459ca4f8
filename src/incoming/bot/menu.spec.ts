import { describe, expect, it } from '@jest/globals';
import { asksToOpen, react, type ConversationState } from './menu.js';

const text = (words: string | null) => ({ kind: 'text', text: words, media: null }) as const;
const STATES: ConversationState[] = ['BOT', 'AGENT', 'PAUSE'];

describe('react', () => {
  it.each([
    ['admin', 'AGENT', 'agent'],
    ['agent', 'AGENT', 'agent'],
    ['pause', 'PAUSE', 'pause'],
    ['bot', 'BOT', 'bot'],
  ] as const)('%s leads to %s from every state, and is confirmed', (word, state, answer) => {
    const spellings = [
      word,
      word.toUpperCase(),
      `${word}${' '.repeat(70)}`,
      ` \n${word}\t`,
      `*${word}*`,
      `\u200e${word}\u2069`,
    ];
    for (const before of STATES) {
      for (const spelling of spellings) expect(react(before, text(spelling))).toEqual({ state, answer });
    }
  });

  it.each(['agents', 'my agent', 'bot!', 'pa use', 'b.o.t', '**bot', 'bot*', '"bot"', '/bot', 'admin\nagent'])(
    '%j is not a command',
    (words) => {
      for (const state of STATES)
        expect(react(state, text(words))).toEqual({ state, answer: state === 'BOT' ? 'menu' : null });
    },
  );

  it.each([
    ['1', 'info'],
    ['１', 'info'],
    ['١', 'info'],
    ['۱', 'info'],
    ['1️⃣', 'info'],
    ['①', 'info'],
    ['2', 'help'],
    ['٢', 'help'],
    [' 2\u200b ', 'help'],
    ['2\u20e3', 'help'],
    ['3', 'menu'],
    ['11', 'menu'],
    ['1 2', 'menu'],
    ['1.', 'menu'],
    ['halo', 'menu'],
    ['__proto__', 'menu'],
    ['constructor', 'menu'],
    ['x'.repeat(70_000), 'menu'],
    [`bot${'.'.repeat(70)}`, 'menu'],
  ] as const)('%.12j is answered by the %s, and by nothing where the bot is silent', (words, answer) => {
    expect(react('BOT', text(words))).toEqual({ state: 'BOT', answer });
    expect(react('AGENT', text(words))).toEqual({ state: 'AGENT', answer: null });
    expect(react('PAUSE', text(words))).toEqual({ state: 'PAUSE', answer: null });
  });

  it('answers what speaks for itself without a text, and nothing else', () => {
    const media = { id: 'x', url: null, mimeType: null, fileName: null };
    for (const kind of ['image', 'video', 'audio', 'document', 'sticker', 'location', 'contact'] as const)
      expect(react('BOT', { kind, text: null, media: null })).toEqual({ state: 'BOT', answer: 'menu' });
    for (const kind of ['text', 'reply', 'other'] as const) {
      expect(react('BOT', { kind, text: null, media: null })).toEqual({ state: 'BOT', answer: null });
      expect(react('BOT', { kind, text: ' \u200b', media: null })).toEqual({ state: 'BOT', answer: null });
      expect(react('BOT', { kind, text: null, media })).toEqual({ state: 'BOT', answer: 'menu' });
    }
    expect(react('PAUSE', { kind: 'image', text: 'bot', media })).toEqual({ state: 'BOT', answer: 'bot' });
  });
});

describe('what WhatsApp says by itself', () => {
  it.each(['User A changed from 6281370000001 to 6281399999999', 'agent', 'pause', 'bot', '1', 'buka'])(
    '%j is not a command and gets no answer',
    (words) => {
      const notice = { kind: 'other', text: words, media: null } as const;
      for (const state of ['BOT', 'AGENT', 'PAUSE'] as const)
        expect(react(state, notice)).toEqual({ state, answer: null });
      expect(asksToOpen(notice)).toBe(false);
    },
  );
});

describe('asksToOpen', () => {
  it.each(['buka', 'BUKA', ' unlock\n', '*Buka*', '\u200eunlock\u2069'])('%j asks', (words) => {
    expect(asksToOpen({ kind: 'text', text: words, media: null })).toBe(true);
  });

  it.each(['buka!', 'tolong buka', 'unlock me', 'b.u.k.a', '', `buka${'.'.repeat(70)}`, null])(
    '%j does not',
    (words) => {
      expect(asksToOpen({ kind: 'text', text: words, media: null })).toBe(false);
    },
  );
});
