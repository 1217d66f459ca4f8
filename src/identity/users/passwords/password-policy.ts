import { Injectable } from '@nestjs/common';
import { NameSettings } from '../../../platform/config/groups/names.js';
import { PasswordSettings } from '../../../platform/config/groups/passwords.js';
import { type Language } from '../../../platform/config/languages.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { TEXTS } from '../../../platform/texts/texts.js';
import { nationalPhone, phoneDigits } from '../../../platform/phone/phone.js';
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
type PasswordRule =
  'too_short' | 'too_long' | 'blank' | 'unchanged' | 'common' | 'service_name' | 'personal' | 'monotone';

/** More bytes are not hashed, whatever the characters are. */
const MOST_BYTES = 1024;

/** Shorter names occur inside of words by chance. */
const SHORTEST_NAME = 4;

/** What is put around a common word and does not make it another password. */
const SHORT_DECORATION = 4;

/** Words of the service's names that are shorter occur in other words by chance. */
const SHORTEST_SERVICE_WORD = 3;

/** What this program is called, whatever its operator calls the service. */
const PRODUCT = 'Masuk';

/**
 * What is seen as nothing, or as a gap: white space, control and format characters, what Unicode calls ignorable, and the blank
 * of Braille, which it does not.
 */
const UNSEEN = /[\s\p{Z}\p{C}\p{DI}\u2800]+/gu;

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
  /** The words of the service's names (ASVS 6.1.2), longest first. */
  private readonly serviceWords: readonly string[];

  constructor(
    private readonly settings: PasswordSettings,
    { appName, appTeam }: NameSettings,
  ) {
    this.serviceWords = wordsOf([PRODUCT, appName, appTeam]);
  }

  /**
   * @param present the password that it is to replace, where its owner has typed it
   * @throws AppError `password_refused`, naming every rule that is broken
   */
  check(password: string, owner: PasswordOwner, present?: string): void {
    const broken = this.brokenRules(password, owner);
    // Compared in the form that is hashed.
    if (password.normalize('NFC') === present?.normalize('NFC')) broken.push('unchanged');
    if (broken.length === 0) return;
    throw new AppError('password_refused', {
      details: (language) => broken.map((rule) => ({ rule, problem: this.sentence(rule, language) })),
    });
  }

  private brokenRules(password: string, owner: PasswordOwner): PasswordRule[] {
    const composed = password.normalize('NFC');
    const broken: PasswordRule[] = [];
    // The rest would be work on a text of any length.
    if ([...composed].length > this.settings.passwordMaxLength || Buffer.byteLength(password) > MOST_BYTES)
      return ['too_long'];
    // However long a gap is, a guesser sees one.
    if ([...composed.replace(UNSEEN, ' ')].length < this.settings.passwordMinLength) broken.push('too_short');
    const folded = fold(password);
    if (folded === '') return [...broken, 'blank'];
    // Signs between the letters and accents on them make no other word of it; where there are only signs, they are all there is.
    const letters = bare(password);
    const forms = [...new Set([folded, letters, unaccented(letters)])].filter((form) => form !== '');
    const isListOn = this.settings.passwordBlocklist;
    const isServiceName = forms.some((form) => this.isServiceName(form, isListOn));
    if (!isListOn) return isServiceName ? [...broken, 'service_name'] : broken;
    const names = namesOf(owner);
    if (forms.some(isCommon)) broken.push('common');
    if (isServiceName) broken.push('service_name');
    if (forms.some(isMonotone)) broken.push('monotone');
    if (forms.some((form) => names.some((name) => form.includes(name)))) broken.push('personal');
    return broken;
  }

  /**
   * Whether it consists of nothing but words of the service's names, however often and in whatever order.
   *
   * @param mayBeDecorated also with common passwords, repetitions and a few characters beside them
   */
  private isServiceName(form: string, mayBeDecorated: boolean): boolean {
    return [form, plainLetters(form)].some((text) => {
      const rest = this.serviceWords.reduce((left, word) => left.replaceAll(word, ' '), text);
      const parts = rest.split(' ');
      const unknown = mayBeDecorated ? parts.filter((part) => !COMMON_PASSWORDS.has(part) && !isMonotone(part)) : parts;
      return rest !== text && [...unknown.join('')].length <= (mayBeDecorated ? SHORT_DECORATION : 0);
    });
  }

  private sentence(rule: PasswordRule, language: Language): string {
    const { passwordMinLength: min, passwordMaxLength: max } = this.settings;
    const said = TEXTS[language].problems.password;
    const sentences = { ...said, too_short: said.too_short(min), too_long: said.too_long(max) };
    return sentences[rule];
  }
}

/** Spelling that a guesser does not care about: case, width, spaces. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(UNSEEN, '');
}

/** The same without any signs. */
function bare(text: string): string {
  return fold(text).replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
}

/** Letters without accents and other marks: `ü` as `u`. */
function unaccented(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '');
}

/** Digits and signs that replace letters, as those letters. */
function plainLetters(text: string): string {
  return text.replace(/[013457@$!]/g, (sign) => LOOKS_LIKE[sign] ?? sign);
}

/**
 * The words of names, and each name as one word, which matters where it has words that are too short alone. Longest first, so
 * that none is cut by a shorter one.
 */
function wordsOf(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{M}\p{N}]+/u)]);
  const words = parts.map(bare).flatMap((word) => [word, unaccented(word)]);
  return [...new Set(words)]
    .filter((word) => [...word].length >= SHORTEST_SERVICE_WORD)
    .sort((a, b) => b.length - a.length);
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
  return COMMON_PASSWORDS.has(text) || COMMON_PASSWORDS.has(plainLetters(text));
}

/** `aaaa…`, `abcabc…`, `12345…`, `qwert…`, and what is too short to be anything else. */
function isMonotone(folded: string): boolean {
  const characters = [...folded];
  if (characters.length < 3) return true;
  for (let period = 1; period <= characters.length / 2; period++) {
    if (characters.every((character, at) => character === characters[at % period])) return true;
  }
  return BOTH_WAYS.some((row) => row.includes(folded));
}

/** The owner's own words in the folded form, the phone as it is dialled and without its beginning. */
function namesOf({ fullName, email, username, phone }: PasswordOwner): string[] {
  const words = [...(fullName?.split(/[^\p{L}\p{N}]+/u) ?? []), fullName, email, email?.split('@')[0], username];
  const numbers = phone ? [phoneDigits(phone), nationalPhone(phone), nationalPhone(phone).replace(/^(0|\+)/, '')] : [];
  const spelled = [...words, ...numbers].flatMap((name) => [
    fold(name ?? ''),
    bare(name ?? ''),
    unaccented(bare(name ?? '')),
  ]);
  return [...new Set(spelled)].filter((name) => name.length >= SHORTEST_NAME);
}
