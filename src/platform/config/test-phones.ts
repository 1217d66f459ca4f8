/** What happens to a code for a test number; nothing is ever sent to one. */
export type TestOutcome =
  /** Goes the usual way and counts as taken; outside production the code is in the developer inbox. */
  | { readonly kind: 'delivered' }
  /** As `delivered`, and the code is always this one. */
  | { readonly kind: 'fixed-code'; readonly code: string }
  /** As `delivered`, after most of the time that a send may take. */
  | { readonly kind: 'slow' }
  | { readonly kind: 'not-on-whatsapp' }
  | { readonly kind: 'provider-down' }
  /** No code and no guess: as a number whose guesses are used up. */
  | { readonly kind: 'locked' };

/** Numbers for testers, and until when they are special; after that they are numbers like all others. */
export interface TestPhones {
  readonly until: Date;
  /** By number, E.164. */
  readonly outcomes: ReadonlyMap<string, TestOutcome>;
}

/** `+6281200000001=delivered`, with a code `+6281200000002=code:123456`; the list ends with `until=2026-12-31`. */
export const TEST_PHONES =
  /^(?:\+[1-9]\d{6,14}=(?:delivered|slow|not-on-whatsapp|provider-down|locked|code:\d{4,8}),)+until=\d{4}-\d{2}-\d{2}$/;

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The end of a day in UTC; an invalid date for a day that does not exist. */
export function endOfDay(date: string): Date {
  return new Date(DATE.test(date) ? `${date}T23:59:59.999Z` : NaN);
}

/** Reads what matched the pattern. */
export function readTestPhones(text: string): TestPhones {
  const entries = text.split(',').map((entry) => entry.split('=') as [string, string]);
  const [, date] = entries.pop() ?? ['', ''];
  return {
    until: endOfDay(date),
    outcomes: new Map(entries.map(([phone, outcome]) => [phone, readOutcome(outcome)])),
  };
}

function readOutcome(outcome: string): TestOutcome {
  if (outcome.startsWith('code:')) return { kind: 'fixed-code', code: outcome.slice('code:'.length) };
  return { kind: outcome as Exclude<TestOutcome['kind'], 'fixed-code'> };
}
