import { type Language } from '../../platform/config/languages.js';
import { harmlessName } from './templates.js';
import { TEXTS } from '../../platform/texts/texts.js';

/** What a code that another application asked for says. */
export interface VerificationContent {
  readonly code: string;
  readonly minutes: number;
  /** Whom the message names; see `isHarmlessCompany`. */
  readonly company: string;
  readonly language: Language;
}

/**
 * Whether a message may name this: one line of at most 60 characters, without an address, markup, or digits that would
 * read as a code. The sentence around it is ours, so that nobody can make a message of their own out of a name.
 */
export function isHarmlessCompany(company: string): boolean {
  const written = company.normalize('NFKC').trim().replace(/ +/g, ' ');
  return written !== '' && harmlessName(company).replaceAll('. ', '.') === written.replaceAll('. ', '.');
}

/** The message, in WhatsApp's markup: the code as `*code*` on a line of its own. */
export function verificationText({ code, minutes, company, language }: VerificationContent): string {
  return TEXTS[language].messages.verification(harmlessName(company), code, minutes).join('\n');
}
