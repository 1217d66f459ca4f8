import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a presented secret is the expected one, in a time that tells nothing of either.
 *
 * @param given as it came, for example a header of a request; anything but a text is not the secret
 */
export function sameSecret(given: unknown, expected: string): boolean {
  if (typeof given !== 'string' || expected === '') return false;
  // Hashed first, so that both sides have the same length, whatever was presented.
  return timingSafeEqual(digest(given), digest(expected));
}

/** Whether a signature is the HMAC of the data under the key; case and length of the text must fit, too. */
export function sameMac(
  given: unknown,
  {
    algorithm,
    key,
    data,
    encoding,
  }: { algorithm: 'sha1' | 'sha256'; key: string; data: string | Buffer; encoding: 'hex' | 'base64' },
): boolean {
  if (key === '') return false;
  return sameSecret(given, createHmac(algorithm, key).update(data).digest(encoding));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The sentence about a webhook's secret that could be guessed; false where it is long enough, or nothing is at stake. */
export function isTooShort(variable: string, secret: string | undefined, production: boolean): string | false {
  if (!production || secret === undefined || secret.length >= 16) return false;
  return `${variable} must have at least 16 characters in production`;
}
