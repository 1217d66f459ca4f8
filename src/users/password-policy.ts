import { Inject, Injectable } from '@nestjs/common';
import { Settings, type Language } from '../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { type Text } from '../errors/catalogue.js';
import { nationalPhone, phoneDigits } from '../phone/phone.js';
import { COMMON_PASSWORDS } from './common-passwords.js';

/** What a password must not contain: its owner's own data. */
export interface PasswordOwner {
  readonly fullName?: string | null;
  readonly email?: string | null;
  readonly username?: string | null;
  /** E.164. */
  readonly phone?: string | null;
}

/** Why a password is refused; front ends switch on it. */
type PasswordRule = 'too_short' | 'too_long' | 'common' | 'personal' | 'monotone';

/** More bytes are not hashed, whatever the characters are. */
const MOST_BYTES = 1024;

/** Shorter names occur inside of words by chance. */
const SHORTEST_NAME = 4;

/** What is put around a common word and does not make it another password. */
const SHORT_DECORATION = 4;

/** Rows of keys and of characters, each also backwards; digits go round. */
const ROWS = [
  '123456789012345678901234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1q2w3e4r5t6y7u8i9o0p',
];
const BOTH_WAYS = ROWS.flatMap((row) => [row, [...row].reverse().join('')]);

const LOOKS_LIKE: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** The profile's rules for new passwords (NIST SP 800-63B-4 section 3.1.1.2): length and guessability, no composition. */
@Injectable()
export class PasswordPolicy {
  constructor(
    @Inject(Settings)
    private readonly settings: Pick<Settings, 'passwordMinLength' | 'passwordMaxLength' | 'passwordBlocklist'>,
  ) {}

  /** @throws AppError `password_refused`, naming every rule that is broken */
  check(password: string, owner: PasswordOwner): void {
    const broken = this.brokenRules(password, owner);
    if (broken.length === 0) return;
    throw new AppError('password_refused', {
      details: (language) => broken.map((rule) => ({ rule, problem: this.sentence(rule, language) })),
    });
  }

  private brokenRules(password: string, owner: PasswordOwner): PasswordRule[] {
    const characters = [...password.normalize('NFC')].length;
    const broken: PasswordRule[] = [];
    if (characters < this.settings.passwordMinLength) broken.push('too_short');
    // The rest would be work on a text of any length.
    if (characters > this.settings.passwordMaxLength || Buffer.byteLength(password) > MOST_BYTES) return ['too_long'];
    if (!this.settings.passwordBlocklist) return broken;
    const folded = fold(password);
    if (isCommon(folded)) broken.push('common');
    if (isMonotone(folded)) broken.push('monotone');
    if (namesOf(owner).some((name) => folded.includes(name))) broken.push('personal');
    return broken;
  }

  private sentence(rule: PasswordRule, language: Language): string {
    const { passwordMinLength: min, passwordMaxLength: max } = this.settings;
    const sentences: Record<PasswordRule, Text> = {
      too_short: {
        id: `Kata sandi harus paling sedikit ${min} karakter.`,
        en: `The password must have at least ${min} characters.`,
      },
      too_long: {
        id: `Kata sandi boleh paling banyak ${max} karakter.`,
        en: `The password must have at most ${max} characters.`,
      },
      common: {
        id: 'Kata sandi ini terlalu umum dan mudah ditebak.',
        en: 'This password is too common and easily guessed.',
      },
      personal: {
        id: 'Kata sandi tidak boleh memuat nama, email, username atau nomor telepon Anda.',
        en: 'The password must not contain your name, e-mail, username or phone number.',
      },
      monotone: {
        id: 'Kata sandi tidak boleh hanya pengulangan atau deretan karakter.',
        en: 'The password must not be a mere repetition or row of characters.',
      },
    };
    return sentences[rule][language];
  }
}

/** Spelling that a guesser does not care about: case, width, spaces. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{DI}]+/gu, '');
}

function isCommon(folded: string): boolean {
  if (isListed(folded)) return true;
  const word = /\p{L}(?:.*\p{L})?/u.exec(folded)?.[0] ?? '';
  if (word.length < SHORTEST_NAME || !isListed(word)) return false;
  // Signs in between are decoration too: `Word-1234`, `Word2024!!`.
  const around = folded.split(word).map((part) => part.replace(/[^\p{L}\p{N}]/gu, ''));
  return around.every((part) => part.length <= SHORT_DECORATION || COMMON_PASSWORDS.has(part) || isMonotone(part));
}

function isListed(text: string): boolean {
  return (
    COMMON_PASSWORDS.has(text) || COMMON_PASSWORDS.has(text.replace(/[013457@$!]/g, (sign) => LOOKS_LIKE[sign] ?? sign))
  );
}

/** `aaaa…`, `abcabc…`, `12345…`, `qwert…`. */
function isMonotone(folded: string): boolean {
  const characters = [...folded];
  if (characters.length < 3) return false;
  for (let period = 1; period <= characters.length / 2; period++) {
    if (characters.every((character, at) => character === characters[at % period])) return true;
  }
  return BOTH_WAYS.some((row) => row.includes(folded));
}

/** The owner's own words in the folded form, the phone as it is dialled and without its beginning. */
function namesOf({ fullName, email, username, phone }: PasswordOwner): string[] {
  const words = [...(fullName?.split(/[^\p{L}\p{N}]+/u) ?? []), fullName, email, email?.split('@')[0], username];
  const numbers = phone ? [phoneDigits(phone), nationalPhone(phone), nationalPhone(phone).replace(/^(0|\+)/, '')] : [];
  return [...words, ...numbers].map((name) => fold(name ?? '')).filter((name) => name.length >= SHORTEST_NAME);
}
