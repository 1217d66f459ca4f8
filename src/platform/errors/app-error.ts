import { type Language } from '../config/languages.js';
import { type ErrorCode } from './catalogue.js';

/** Details that hold sentences are made when the language of the answer is known. */
export type Details = Record<string, unknown> | string | ((language: Language) => unknown);

interface AppErrorOptions {
  /** Shown to the caller; holds nothing about other people, no secret, no provider address. */
  readonly details?: Details | undefined;
  /** Seconds for the `Retry-After` header; 429 and 503 always carry one. */
  readonly retryAfter?: number;
  /** For the log only. */
  readonly cause?: unknown;
  /** For the audit log only. */
  readonly concerns?: Concerned;
}

/** Whom and what a refusal is about, as far as it is known. */
export interface Concerned {
  readonly userId?: string | null;
  readonly subjectId?: string | null;
  /** E.164; recorded masked, and as an HMAC. */
  readonly phone?: string;
  /** What the code does not say and the caller is not told; one word of ours. */
  readonly reason?: string;
}

/** A failure with two faces: a catalogue code for the caller, a cause for the log. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly details: Details | undefined;
  readonly retryAfter: number | undefined;
  readonly concerns: Concerned | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
    this.retryAfter = options.retryAfter;
    this.concerns = options.concerns;
  }
}
