import { languageOf, type Language } from '../../texts/language.js';
import { en } from './en/en.js';
import { id } from './id/id.js';

export { languageOf, type Language };

/** The shape of every language is that of Indonesian; the compiler names what another one lacks. */
export type ConsoleTexts = typeof id;

const TEXTS: Record<Language, ConsoleTexts> = { id, en };

export const consoleTexts = (language: Language): ConsoleTexts => TEXTS[language];
