import { type Language } from '../config/languages.js';
import { ENGLISH } from './en/english.js';
import { INDONESIAN } from './id/indonesian.js';
import { type Texts } from './sentences.js';

export { type Texts };

/** What the service says to people, by language; the pages in `web/` have their own. */
export const TEXTS: Record<Language, Texts> = { id: INDONESIAN, en: ENGLISH };
