import { matching } from '../login/unicode.js';

const LETTER = matching('\\p{L}', /[^\s\d!-/:-@[-`{-~]/gu);

/**
 * What is shown for a person without a picture.
 *
 * @returns at most two letters, those that the first and the last word begin with; signs and digits do not count
 */
export function initialsOf(name: string): string {
  const firsts = name.split(/\s+/).flatMap((word) => word.match(LETTER)?.[0] ?? []);
  const last = firsts.length > 1 ? firsts[firsts.length - 1] : '';
  return `${firsts[0] ?? ''}${last}`.toUpperCase();
}
