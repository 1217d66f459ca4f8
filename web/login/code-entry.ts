import { type Problem } from './problem.js';
import { codeIn } from './typed.js';

/** How well the service's clock is known, in ms: its `Date` header has whole seconds. */
const CLOCK_GRAIN = 500;

/** A code on its way. Instants are ISO 8601; null where the answer that told them was lost. */
export interface SentCode {
  /** The number as it was typed. */
  readonly to: string;
  readonly sessionId: string | null;
  readonly expiresAt: string | null;
  readonly resendAt: string | null;
  /** The way that the message took, as the service names it; null where it does not say. */
  readonly channel: string | null;
}

/** A code that may have come although its answer did not. */
export function unknownCode(to: string): SentCode {
  return { to, sessionId: null, expiresAt: null, resendAt: null, channel: null };
}

/** The field for a code, and what is known of the code that it waits for. The code itself is nowhere but here. */
export class CodeEntry {
  typed = '';
  sent: SentCode | null = null;
  attemptsLeft: number | null = null;
  /** It was right once, and is so no more: expired, used or replaced. */
  private isGone = false;
  /** Until when no new code may be asked for, ms by the service's clock; over what `resendAt` says. */
  private resendFrom = 0;
  private submitted = '';
  /** Keeps every code of the number away: it was guessed at too often. */
  private lock: Problem | null = null;
  /** The most guesses that a code here has allowed. */
  private most = 0;
  private readonly refused = new Set<string>();

  /** Another code is on its way, or the same one again. */
  expect(sent: SentCode): void {
    const before = this.sent;
    this.sent = sent;
    if (before && sent.expiresAt !== null && isSame(before, sent) && !this.isDead) return;
    this.clear();
    this.isGone = false;
    this.attemptsLeft = null;
    this.resendFrom = 0;
    this.lock = null;
    this.refused.clear();
  }

  /** @returns whether the code is complete and was not submitted by itself before */
  type(text: string, length: number): boolean {
    this.typed = codeIn(text, length);
    if (this.typed.length < length || this.typed === this.submitted || this.refused.has(this.typed)) return false;
    this.submitted = this.typed;
    return true;
  }

  clear(): void {
    this.typed = '';
    this.submitted = '';
  }

  /** Nothing is waited for any more. */
  forget(): void {
    this.clear();
    this.sent = null;
  }

  /** The service has refused it: the same digits are not worth another guess. */
  refuse(code: string, attemptsLeft: number | null): void {
    this.refused.add(code);
    this.most = Math.max(this.most, this.refused.size);
    this.attemptsLeft = attemptsLeft;
  }

  /**
   * Whether the last guess has locked the number: it was refused as the last one, earlier than another code's. The service says so only
   * at the next guess.
   */
  get isLockLikely(): boolean {
    return this.attemptsLeft === 0 && this.refused.size < this.most;
  }

  /** Neither a guess nor a new code before the problem's end. */
  lockBy(problem: Problem): void {
    this.lock = problem;
  }

  /** Why nothing but time helps; null where something else does. */
  lockAt(now: number): Problem | null {
    return (this.lock?.until ?? 0) > now ? this.lock : null;
  }

  /** Why it is not worth sending, as the code of a problem; null when it is. */
  wrongWith(length: number): string | null {
    if (this.typed.length < length) return 'code_incomplete';
    return this.wasRefused() ? 'code_tried' : null;
  }

  wasRefused(): boolean {
    return this.refused.has(this.typed);
  }

  waitWithResend(until: number | null): void {
    this.resendFrom = until ?? 0;
  }

  /** The service has taken it before, and now refuses it. */
  end(): void {
    this.isGone = true;
  }

  /** It is used up, by guesses or otherwise. */
  get isDead(): boolean {
    return this.isGone || this.attemptsLeft === 0;
  }

  /** Why only a new code helps, as the code of a problem; null while this one may help. */
  whyOver(now: number): 'code_gone' | 'code_dead' | 'code_expired' | null {
    if (this.isGone) return 'code_gone';
    if (this.isDead) return 'code_dead';
    return this.isExpired(now) ? 'code_expired' : null;
  }

  isExpired(now: number): boolean {
    const end = instant(this.sent?.expiresAt);
    return end !== null && now >= end;
  }

  /** Only a new code helps. */
  isOver(now: number): boolean {
    return this.whyOver(now) !== null;
  }

  /** Seconds that the code still lives; null when that is not known. */
  secondsLeft(now: number): number | null {
    const end = instant(this.sent?.expiresAt);
    return end === null ? null : Math.max(0, (end - now) / 1000);
  }

  /** Seconds until a new code may be asked for; a dead one is replaced at once. */
  secondsToResend(now: number): number {
    const cooled = this.isDead ? 0 : (instant(this.sent?.resendAt) ?? 0);
    return Math.max(0, (Math.max(cooled, this.resendFrom) + CLOCK_GRAIN - now) / 1000);
  }
}

function isSame(one: SentCode, other: SentCode): boolean {
  return one.to === other.to && one.sessionId === other.sessionId && one.expiresAt === other.expiresAt;
}

function instant(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
