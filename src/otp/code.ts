import { randomInt } from 'node:crypto';
import { type AuthSecret } from '../config/auth-secret.js';

/** A uniform code of `length` digits from a CSPRNG, leading zeros kept. */
export function newCode(length: number): string {
  return String(randomInt(10 ** length)).padStart(length, '0');
}

/** A code in its place: what its hash is bound to. */
export interface PlacedCode {
  readonly purpose: string;
  /** E.164. */
  readonly phone: string;
  readonly otpSessionId: string;
  readonly code: string;
}

/** What is stored of a code: HMAC-SHA-256 under a key outside the database, bound to its purpose, phone and session. */
export function codeHash(secret: AuthSecret, placed: PlacedCode): Buffer {
  return secret.mac('otp-code', macInput(placed));
}

/** What may be stored of a code that is presented: while AUTH_SECRET is replaced, under either secret. */
export function acceptedCodeHashes(secret: AuthSecret, placed: PlacedCode): Buffer[] {
  return secret.acceptedMacs('otp-code', macInput(placed));
}

function macInput({ purpose, phone, otpSessionId, code }: PlacedCode): string {
  return `${purpose}\n${phone}\n${otpSessionId}\n${code}`;
}
