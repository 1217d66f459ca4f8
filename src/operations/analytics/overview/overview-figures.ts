import { type CodesRow, type RefusalsRow } from './overview.repository.js';

/** How many codes got how far. Null: not known, since nobody reports it. */
export interface Steps {
  readonly requested: number;
  readonly accepted: number;
  readonly sent: number | null;
  readonly delivered: number | null;
  readonly read: number | null;
  readonly verified: number;
  readonly failed: number;
}

/** Refusals by what they tell of. */
export interface Refused {
  readonly wrongCodes: number;
  readonly wrongPasswords: number;
  readonly lockouts: number;
  readonly limited: number;
  readonly other: number;
  /** Written down together, because there were too many in a minute. */
  readonly unsorted: number;
}

/** Whether receipts come from a provider; `undefined`: it is not in use any more, so only what it has reported is known. */
type Receipts = ReadonlyMap<string, boolean>;

/** The event that stands for refusals beyond those that have a row of their own. */
const MORE = 'refusals.more';

/** What a refusal tells of, by the code of its answer; any other one is somebody who tried what they may not. */
const TELLS_OF: Readonly<Record<string, keyof Refused>> = {
  invalid_otp: 'wrongCodes',
  invalid_second_factor: 'wrongCodes',
  invalid_credentials: 'wrongPasswords',
  current_password_wrong: 'wrongPasswords',
  otp_locked: 'lockouts',
  login_locked: 'lockouts',
  second_factor_locked: 'lockouts',
  otp_rate_limited: 'limited',
  rate_limited: 'limited',
};

const sum = <Row>(rows: readonly Row[], count: (row: Row) => number): number =>
  rows.reduce((total, row) => total + count(row), 0);

const codesIn = (rows: readonly CodesRow[]): number => sum(rows, ({ messages }) => messages);

/** Of all codes. Each step counts those that got at least so far; a provider took one also if it reported a failure later. */
export function stepsOf(rows: readonly CodesRow[], receipts: Receipts): Steps {
  const taken = rows.filter(({ accepted, failed_provider: failed }) => accepted || failed !== null);
  return {
    requested: codesIn(rows),
    ...reached(taken, [...receipts.values()].some(Boolean)),
    failed: codesIn(rows.filter(({ state }) => state === 'FAILED')),
  };
}

/** Of those that a provider was asked to send. It has failed with those that it did not take, and with those it failed later. */
export function stepsOfProvider(rows: readonly CodesRow[], name: string, receipts: Receipts): Steps {
  const taken = rows.filter((row) => (row.provider === name && row.accepted) || row.failed_provider === name);
  const failed = rows.filter(
    (row) => row.refused_by.includes(name) || (row.provider === name && row.state === 'FAILED'),
  );
  return {
    requested: codesIn(rows.filter((row) => isAsked(row, name))),
    ...reached(taken, receipts.get(name) === true),
    failed: codesIn(failed),
  };
}

const isAsked = (row: CodesRow, name: string): boolean => row.provider === name || row.refused_by.includes(name);

/** @param reported whether receipts are to be expected: without them a zero is unknown */
function reached(taken: readonly CodesRow[], reported: boolean) {
  const atLeast = (step: number) => {
    const count = codesIn(taken.filter((row) => row.reached >= step));
    return count === 0 && !reported ? null : count;
  };
  return {
    accepted: codesIn(taken),
    sent: atLeast(1),
    delivered: atLeast(2),
    read: atLeast(3),
    verified: codesIn(taken.filter(({ verified }) => verified)),
  };
}

/** The providers that were asked, by name. */
export function providersIn(rows: readonly CodesRow[]): string[] {
  const names = rows.flatMap(({ provider, refused_by: refused }) =>
    provider === null ? refused : [provider, ...refused],
  );
  return [...new Set(names)].sort();
}

/** Codes that are in a state. */
export const codesThatAre = (rows: readonly CodesRow[], ...states: CodesRow['state'][]): number =>
  codesIn(rows.filter(({ state }) => states.includes(state)));

/** Why codes failed, most frequent first; the last reason that the ladder had. */
export function failuresIn(rows: readonly CodesRow[]): { reason: string | null; codes: number }[] {
  const failed = rows.filter(({ state }) => state === 'FAILED');
  const byReason = Map.groupBy(failed, ({ reason }) => reason);
  return [...byReason]
    .map(([reason, alike]) => ({ reason, codes: codesIn(alike) }))
    .sort((one, other) => other.codes - one.codes);
}

/** How many there were of each kind. */
export function refusedIn(rows: readonly RefusalsRow[]): Refused {
  const counts = { wrongCodes: 0, wrongPasswords: 0, lockouts: 0, limited: 0, other: 0, unsorted: 0 };
  for (const { type, code, refusals } of rows) {
    const kind = type === MORE ? 'unsorted' : ((code === null ? undefined : TELLS_OF[code]) ?? 'other');
    counts[kind] += refusals;
  }
  return counts;
}

/** By event and code, most frequent first. */
export function refusalsByCode(rows: readonly RefusalsRow[]): { event: string; code: string | null; count: number }[] {
  const alike = Map.groupBy(rows, ({ type, code }) => `${type} ${code ?? ''}`);
  return [...alike.values()]
    .map((same) => ({
      event: same[0]?.type ?? '',
      code: same[0]?.code ?? null,
      count: sum(same, ({ refusals }) => refusals),
    }))
    .sort((one, other) => other.count - one.count);
}
