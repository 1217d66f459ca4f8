import { describe, expect, it } from '@jest/globals';
import { answerLanguage } from './language.js';

describe('answerLanguage', () => {
  it.each([
    [undefined, 'id'],
    ['*', 'id'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['id,en;q=0.9', 'id'],
    ['fr,en;q=0.5,id;q=0.4', 'en'],
    ['en;q=0,id;q=0.1', 'id'],
    ['fr,de', 'id'],
    ['en;q=x,id;q=0.5', 'en'],
    [';;;,,q=1', 'id'],
  ])('negotiates %p to %s', (header, language) => {
    expect(answerLanguage('negotiate', header)).toBe(language);
  });

  it('does not look at the header when the language is set', () => {
    expect(answerLanguage('id', 'en')).toBe('id');
    expect(answerLanguage('en', 'id')).toBe('en');
  });
});
