import { isIn, isURL, matches, maxLength, minLength } from 'class-validator';

/** What the text of a variable must be, and what it then means. */
export class Rule<T> {
  /**
   * @param sentence goes on behind the variable's name: `must be a whole number from 4 to 8`
   * @param read makes the value of a text; undefined when the text breaks the rule
   * @param bounds what the documentation says of them: `4 to 8`
   * @param isPlain whether no text that fits can be a secret: a number, a switch, a word of a list
   */
  constructor(
    readonly sentence: string,
    readonly read: (text: string) => T | undefined,
    readonly bounds?: string,
    readonly isPlain = false,
  ) {}

  /** The same rule, for a text that means something else. */
  as<U>(meaning: (value: T) => U): Rule<U> {
    const read = (text: string) => {
      const value = this.read(text);
      return value === undefined ? undefined : meaning(value);
    };
    return new Rule(this.sentence, read, this.bounds, this.isPlain);
  }
}

function textWhere(sentence: string, isRight: (text: string) => boolean, bounds?: string): Rule<string> {
  return new Rule(sentence, (text) => (isRight(text) ? text : undefined), bounds);
}

/** A whole number in decimal digits, within bounds that are both included. */
export function whole(min: number, max: number): Rule<number> {
  const read = (text: string) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
  return new Rule(`must be a whole number from ${min} to ${max}`, read, `${min} to ${max}`, true);
}

/** One word out of a list. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Rule<Word> {
  const isWord = (text: string): text is Word => isIn(text, words);
  const read = (text: string) => (isWord(text) ? text : undefined);
  return new Rule(`must be one of ${words.join(', ')}`, read, undefined, true);
}

/** A switch: `on` or `off`. */
export function onOff(): Rule<boolean> {
  return oneOf('on', 'off').as((word) => word === 'on');
}

/** A text of bounded length that matches a pattern; the sentence says the pattern in words. */
export function text(max: number, pattern?: RegExp, sentence?: string): Rule<string> {
  const bounds = `at most ${max} characters`;
  // Nobody comes near a longer bound.
  const documented = sentence === undefined && max <= 1_000 ? bounds : undefined;
  const isRight = (value: string) => maxLength(value, max) && (pattern === undefined || matches(value, pattern));
  return textWhere(sentence ?? `must be a text of ${bounds}`, isRight, documented);
}

/** A token or secret of another service: it travels in headers, so it is visible ASCII. */
export function secret(): Rule<string> {
  return text(4096, /^[\x21-\x7e]+$/, 'must be visible ASCII without spaces');
}

/** A secret that stands in the path of an address, so that nothing in it may need escaping. */
export function partOfAddress(): Rule<string> {
  return text(255, /^[A-Za-z0-9._~-]+$/, 'must be letters, digits and -._~: it is part of an address');
}

/** A secret that keys are made of: too long to be found by trying. */
export function keyMaterial(): Rule<string> {
  return textWhere(
    'must be at least 32 bytes; make one with: openssl rand -base64 48',
    (value) => minLength(value, 32),
    'at least 32 bytes',
  );
}

/** An http(s) address. */
export function httpUrl(): Rule<string> {
  const options = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };
  return textWhere('must be an http or https address', (value) => isURL(value, options));
}

/** The same without slashes at its end, to put paths behind it. */
export function baseUrl(): Rule<string> {
  return httpUrl().as((address) => address.replace(/\/+$/, ''));
}

/** Parts of a text that commas separate; empty ones do not count. */
export function list(value: string): readonly string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
