import { randomInt } from 'node:crypto';
import { type AuthSecret } from '../config/auth-secret.js';

/** A uniform code of `length` digits from a CSPRNG, leading zeros kept. */
export function newCode(length: number): string {
  return String(randomInt(10 ** length)).padStart(length, '0');
}

/** What is stored of a code: HMAC-SHA-256 under a key outside the database, bound to its purpose, phone and session. */
export function codeHash(
  secret: AuthSecret,
  purpose: string,
  phone: string,
  otpSessionId: string,
  code: string,
): Buffer {
  return secret.mac('otp-code', `${purpose}\n${phone}\n${otpSessionId}\n${code}`);
}
