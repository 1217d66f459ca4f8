/**
 * A class of characters. Firefox before 78 knows no `\p`, and refuses a whole script that has it in a literal.
 *
 * @param escape the class, `\p{…}`
 * @param otherwise what stands for it there; global, with the flag `u`
 */
export function matching(escape: string, otherwise: RegExp): RegExp {
  try {
    return new RegExp(escape, 'gu');
  } catch {
    return otherwise;
  }
}
