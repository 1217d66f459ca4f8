import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from '../../platform/secrets/sealing.js';

/** SHA-256 of a token: what is stored of it. 256 random bits need no slower hash. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A refresh token: 256 random bits as 43 characters of base64url, and its stored hash. */
export function newRefreshToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: tokenHash(token) };
}

/**
 * Seals a successor for whoever presents its predecessor again: the key comes out of the predecessor itself, of which
 * the database holds the hash only, so the database alone reveals nothing.
 */
export function sealSuccessor(predecessor: string, successor: string): Buffer {
  return seal(successorKey(predecessor), successor, 'refresh-successor');
}

/** @throws when the predecessor is another one */
export function openSuccessor(predecessor: string, sealed: Buffer): string {
  return unseal(successorKey(predecessor), sealed, 'refresh-successor').toString();
}

function successorKey(predecessor: string): Buffer {
  return Buffer.from(hkdfSync('sha256', predecessor, 'masuk', 'refresh-successor', 32));
}
