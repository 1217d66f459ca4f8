import { type Language } from '../../platform/config/settings.js';
import { harmlessName } from './templates.js';

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
  const name = harmlessName(company);
  const lines =
    language === 'id'
      ? [
          'Halo! 👋',
          '',
          `Kode verifikasi Anda untuk ${name}:`,
          '',
          `*${code}*`,
          '',
          `Kode ini berlaku selama ${minutes} menit.`,
          'Jangan bagikan kode ini kepada siapapun.',
          '',
          `Terima kasih,`,
          name,
        ]
      : [
          'Hello! 👋',
          '',
          `Your verification code for ${name}:`,
          '',
          `*${code}*`,
          '',
          `This code is valid for ${minutes} minutes.`,
          'Do not share it with anyone.',
          '',
          'Thank you,',
          name,
        ];
  return lines.join('\n');
}
