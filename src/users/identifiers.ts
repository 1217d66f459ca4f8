/**
 * The one spelling of an e-mail address or username: people type them with capitals, spaces around them and characters
 * of other widths, and mean the same account.
 */
export function canonicalName(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase();
}
