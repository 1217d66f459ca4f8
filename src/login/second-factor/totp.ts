import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** As authenticator apps take it when nobody says otherwise (RFC 6238): HMAC-SHA-1, six digits, thirty seconds. */
const RULES = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** RFC 4226 section 4: a secret of 160 bits is recommended. */
const SECRET_BYTES = 20;

/** Steps before and after the present one that count, for clocks that differ (RFC 6238 section 5.2). */
const WINDOW = 1;

export const TOTP_DIGITS = RULES.digits;

export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** What an authenticator app is given: the secret to type, and the address in the QR code. */
export function totpKey(secret: Buffer, issuer: string, label: string): { secret: string; uri: string } {
  const key = secretOf(secret);
  return { secret: key.base32, uri: new TOTP({ ...RULES, secret: key, issuer, label }).toString() };
}

/**
 * The time step that a one-time password belongs to, or null. Whether it was used before is the caller's to ask.
 *
 * @param at seconds since 1970
 */
export function stepOf(secret: Buffer, code: string, at: number): number | null {
  const timestamp = at * 1000;
  const delta = TOTP.validate({ ...RULES, token: code, secret: secretOf(secret), timestamp, window: WINDOW });
  return delta === null ? null : TOTP.counter({ period: RULES.period, timestamp }) + delta;
}

const secretOf = (secret: Buffer): Secret => new Secret({ buffer: new Uint8Array(secret).buffer });
