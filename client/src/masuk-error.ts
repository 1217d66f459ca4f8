export type Language = 'id' | 'en';

/** Failures that the client finds itself; all others are codes of the service (docs/errors.md). */
const OWN_TEXTS = {
  network_error: {
    id: 'Tidak dapat terhubung ke layanan, periksa koneksi internet',
    en: 'The service cannot be reached, check the connection',
  },
  timeout: { id: 'Layanan terlalu lama menjawab, coba lagi', en: 'The service took too long to answer, try again' },
  unexpected_answer: {
    id: 'Jawaban tidak dapat dibaca, coba lagi nanti',
    en: 'The answer could not be read, try again later',
  },
  unauthenticated: { id: 'Anda harus login terlebih dahulu', en: 'You need to log in first' },
  origin_refused: {
    id: 'Alamat ini tidak boleh menerima token',
    en: 'This address must not be given the token',
  },
} as const;

export type OwnCode = keyof typeof OWN_TEXTS;

interface Failure {
  readonly code: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly message: string;
  readonly details?: unknown;
  readonly retryAfter?: number | null;
  readonly requestId?: string | null;
  readonly cause?: unknown;
}

/** Every failure of a call. Show `message` (it is meant for people), switch on `code` (it is stable). */
export class MasukError extends Error {
  override readonly name = 'MasukError';
  /** `network_error`, `timeout`, `unexpected_answer`, `origin_refused`, or the service's code. */
  readonly code: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** What else is known, by code: fields and their problems, attempts left. */
  readonly details: unknown;
  /** Seconds to wait before another try, when the service said so. */
  readonly retryAfter: number | null;
  /** Names the request in the service's log. */
  readonly requestId: string | null;
  /** What lay under it, for example the platform's own error. */
  override readonly cause: unknown;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.status = failure.status;
    this.details = failure.details;
    this.retryAfter = failure.retryAfter ?? null;
    this.requestId = failure.requestId ?? null;
    this.cause = failure.cause;
  }
}

/** A failure that the client found itself, with its text in the user's language. */
export function ownError(code: OwnCode, language: Language, more: Partial<Failure> = {}): MasukError {
  return new MasukError({ status: 0, message: OWN_TEXTS[code][language], ...more, code });
}
