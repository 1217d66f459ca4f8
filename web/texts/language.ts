import { en } from './en.js';
import { id, type Texts } from './id.js';

const TEXTS = { id, en } satisfies Record<string, Texts>;

export type Language = keyof typeof TEXTS;

export const textsIn = (language: Language): Texts => TEXTS[language];

/** The language that a tag such as `en-GB` asks for; Indonesian for every other. */
export function languageOf(tag: string | null | undefined): Language {
  const primary = /^[a-z]+\b/i.exec(tag ?? '')?.[0].toLowerCase() ?? '';
  return isLanguage(primary) ? primary : 'id';
}

function isLanguage(primary: string): primary is Language {
  return Object.keys(TEXTS).includes(primary);
}
