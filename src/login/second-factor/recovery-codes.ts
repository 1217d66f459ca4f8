import { createHash, randomInt } from 'node:crypto';

/** Codes that an account gets at once. */
const CODES = 10;

/** Letters and digits that nobody takes for one another. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 24 of 31: 118 bits, more than the 112 from which a fast hash will do (ASVS 6.5.2). */
const LENGTH = 24;
const GROUP = 4;

/** New recovery codes, as they are shown once: `abcd-efgh-…`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, newCode);
}

/** SHA-256 of a code, however it was typed: what is stored. */
export function recoveryCodeHash(typed: string): Buffer {
  return createHash('sha256').update(plain(typed)).digest();
}

/** Whether a text can be a recovery code at all. */
export function isRecoveryCode(typed: string): boolean {
  return plain(typed).length === LENGTH;
}

function newCode(): string {
  const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return code.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? code;
}

/** Without the signs between groups, and in lower case. */
function plain(typed: string): string {
  return typed.toLowerCase().replace(/[\s\-\u2010-\u2015]/g, '');
}
