import { createHash, randomInt } from 'node:crypto';
import { parse } from 'uuid';
import { type AuthSecret } from '../../platform/secrets/auth-secret.js';

/** A uniform code of `length` digits from a CSPRNG, leading zeros kept. */
export function newCode(length: number): string {
  return String(randomInt(10 ** length)).padStart(length, '0');
}

/** A typed or new code in its place: what its MAC is bound to. */
export interface PlacedCode {
  readonly purpose: string;
  /** E.164. */
  readonly phone: string;
  /** Client id of the application that its message names; null: the service itself. */
  readonly application: string | null;
  readonly code: string;
}

/**
 * What is stored of a code: SHA-256 over the challenge's id (16 bytes) and the MAC of the code, so that it is bound to its
 * challenge, purpose, number and application.
 */
export function storedHash(secret: AuthSecret, challenge: string, placed: PlacedCode): Buffer {
  return createHash('sha256')
    .update(parse(challenge))
    .update(secret.mac('otp-proof', macInput(placed)))
    .digest();
}

/**
 * MACs of a typed code: HMAC-SHA-256 under a key outside the database. The database, which alone knows the challenge that
 * is meant, compares them with what it stored. While AUTH_SECRET is replaced there is one under either secret.
 */
export function guessMacsOf(secret: AuthSecret, placed: PlacedCode): Buffer[] {
  return secret.acceptedMacs('otp-proof', macInput(placed));
}

/** What the release before may have stored of a code: an HMAC that is bound to the challenge, too. */
export function legacyHashes(
  secret: AuthSecret,
  challenge: string,
  { purpose, phone, code }: Omit<PlacedCode, 'application'>,
): Buffer[] {
  return secret.acceptedMacs('otp-code', `${purpose}\n${phone}\n${challenge}\n${code}`);
}

/** The same of a code for another application; see `VerificationCodes`. */
export function legacyVerificationHashes(secret: AuthSecret, challenge: string, phone: string, code: string): Buffer[] {
  return secret.acceptedMacs('verification-code', `${challenge}\n${phone}\n${code}`);
}

function macInput({ purpose, phone, application, code }: PlacedCode): string {
  return `${purpose}\n${phone}\n${application ?? ''}\n${code}`;
}
