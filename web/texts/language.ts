import { en } from './en.js';
import { id, type Texts } from './id.js';

export type Language = 'id' | 'en';

const TEXTS: Record<Language, Texts> = { id, en };

export const textsIn = (language: Language): Texts => TEXTS[language];

/** The language that a tag such as `en-GB` asks for; Indonesian for every other. */
export function languageOf(tag: string | null | undefined): Language {
  return /^en\b/i.test(tag ?? '') ? 'en' : 'id';
}
