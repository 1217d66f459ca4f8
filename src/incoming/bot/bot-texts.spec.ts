import { describe, expect, it } from '@jest/globals';
import { botLanguage, botText } from './bot-texts.js';
import { type BotAnswer } from './menu.js';
import { LANGUAGES } from '../../platform/config/languages.js';

const plain = { appName: 'SiKesKoja', botMenuInfo: undefined, botMenuHelp: undefined } as const;
const answers: BotAnswer[] = ['menu', 'info', 'help', 'agent', 'pause', 'bot', 'opened', 'was_open', 'late'];

describe('botText', () => {
  it('shows the menu of the contract, letter for letter', () => {
    expect(botText('menu', { ...plain, messageLanguage: 'id' }).split('\n')).toEqual([
      'Halo 👋',
      'Silakan pilih:',
      '1️⃣ Info',
      '2️⃣ Bantuan',
      '',
      'Ketik *agent* untuk berbicara dengan manusia.',
    ]);
  });

  it('confirms a command in one line', () => {
    for (const answer of ['agent', 'pause', 'bot', 'opened', 'was_open', 'late'] as const) {
      for (const messageLanguage of LANGUAGES)
        expect(botText(answer, { ...plain, messageLanguage })).toMatch(/^[^\n]{20,100}$/);
    }
  });

  it('has different words in each language, and different ones for each answer', () => {
    const all = LANGUAGES.flatMap((messageLanguage) =>
      answers.map((answer) => botText(answer, { ...plain, messageLanguage })),
    );
    expect(new Set(all).size).toBe(LANGUAGES.length * answers.length);
  });

  it('takes the texts of the configuration for the choices', () => {
    const own = { ...plain, messageLanguage: 'en', botMenuInfo: 'I\nJ', botMenuHelp: 'H' } as const;
    expect([botText('info', own), botText('help', own)]).toEqual(['I\nJ', 'H']);
  });

  it('is Indonesian where the language is negotiated', () => {
    expect(
      ['id', 'en', 'negotiate'].map((messageLanguage) => botLanguage({ messageLanguage: messageLanguage as 'id' })),
    ).toEqual(['id', 'en', 'id']);
  });
});
