/** Why a password of another system was not taken over. */
export type HashProblem = 'hash_unknown' | 'hash_malformed' | 'hash_too_weak' | 'hash_too_costly';

/** A hash as it is stored here, or why it cannot be. */
export type ReadHash = { readonly hash: string } | { readonly problem: HashProblem };

/** Rounds of bcrypt as a power of two. Each refused password does the work of the dearest hash that is stored. */
const MOST_BCRYPT_COST = 12;

/** Rounds of PBKDF2, over all blocks of its output. */
const MOST_ROUNDS = 600_000;
/** NIST SP 800-132 section 5.2. */
const LEAST_ROUNDS = 1_000;

/** Work of argon2id, as memory (KiB) by passes: twice that of our own hashes, and its memory at most. */
const MOST_ARGON_WORK = 2 * 19_456 * 2;
const MOST_ARGON_MEMORY = 65_536;

const BCRYPT = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;
const ARGON2ID =
  /^\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
const DJANGO = /^pbkdf2_sha256\$([0-9]{1,8})\$([^$]{1,64})\$([A-Za-z0-9+/]{43}=)$/;
/** How this service stores PBKDF2: as PHC strings, base64 without padding. */
const PBKDF2 = /^\$pbkdf2-(sha256|sha512)\$i=([0-9]{1,8})\$([A-Za-z0-9+/]{1,172})\$([A-Za-z0-9+/]{22,172})$/;

/** Bytes that a digest yields at a time. */
const BLOCK = { sha256: 32, sha512: 64 } as const;

/** A PBKDF2 hash, taken apart. */
export interface Pbkdf2 {
  readonly digest: keyof typeof BLOCK;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly derived: Buffer;
}

/**
 * Reads the hash of another system: a text (bcrypt, argon2id, PBKDF2 as a PHC string or as Django writes it), or the
 * credentials of a Keycloak export. What would take too long to verify, or cannot be verified, is refused.
 */
export function readForeignHash(given: unknown): ReadHash {
  if (typeof given === 'string') {
    const text = given.trim();
    if (text.startsWith('[') || text.startsWith('{')) return ofKeycloak(parsed(text));
    return ofText(text);
  }
  return ofKeycloak(given);
}

/** A stored PBKDF2 hash in its parts; null for what is none. */
export function readPbkdf2(stored: string): Pbkdf2 | null {
  const [, digest, iterations = '', salt = '', derived = ''] = PBKDF2.exec(stored) ?? [];
  if (digest !== 'sha256' && digest !== 'sha512') return null;
  return {
    digest,
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    derived: Buffer.from(derived, 'base64'),
  };
}

function ofText(text: string): ReadHash {
  const [, cost] = BCRYPT.exec(text) ?? [];
  if (cost !== undefined) return ofBcrypt(text, Number(cost));
  const [, memory, passes, lanes] = ARGON2ID.exec(text) ?? [];
  if (memory !== undefined) return ofArgon2(text, Number(memory), Number(passes), Number(lanes));
  const [, rounds, salt = '', derived = ''] = DJANGO.exec(text) ?? [];
  if (rounds !== undefined)
    return ofPbkdf2({
      digest: 'sha256',
      iterations: Number(rounds),
      salt: Buffer.from(salt),
      derived: Buffer.from(derived, 'base64'),
    });
  const stored = readPbkdf2(text);
  if (stored) return ofPbkdf2(stored);
  return { problem: /^\$(?:2[aby]?|argon2id|pbkdf2-sha(?:256|512))\$/.test(text) ? 'hash_malformed' : 'hash_unknown' };
}

function ofBcrypt(hash: string, cost: number): ReadHash {
  if (cost < 4 || cost > 31) return { problem: 'hash_malformed' };
  return cost > MOST_BCRYPT_COST ? { problem: 'hash_too_costly' } : { hash };
}

function ofArgon2(hash: string, memory: number, passes: number, lanes: number): ReadHash {
  if (passes < 1 || lanes < 1 || memory < 8 * lanes) return { problem: 'hash_malformed' };
  const isCostly = memory > MOST_ARGON_MEMORY || memory * passes > MOST_ARGON_WORK || lanes > 4;
  return isCostly ? { problem: 'hash_too_costly' } : { hash };
}

function ofPbkdf2({ digest, iterations, salt, derived }: Pbkdf2): ReadHash {
  if (salt.length < 1 || salt.length > 128 || derived.length < 16 || derived.length > 128)
    return { problem: 'hash_malformed' };
  if (iterations < LEAST_ROUNDS) return { problem: 'hash_too_weak' };
  if (iterations * Math.ceil(derived.length / BLOCK[digest]) > MOST_ROUNDS) return { problem: 'hash_too_costly' };
  return { hash: `$pbkdf2-${digest}$i=${iterations}$${bare(salt)}$${bare(derived)}` };
}

/** The parts of a Keycloak credential that say how a password was hashed; both are texts that hold JSON. */
interface KeycloakCredential {
  readonly type?: unknown;
  readonly secretData?: unknown;
  readonly credentialData?: unknown;
}

function ofKeycloak(given: unknown): ReadHash {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const credential = list.filter(isRecord).find(({ type }) => type === 'password') as KeycloakCredential | undefined;
  const [secret, how] = [credential?.secretData, credential?.credentialData].map((part) =>
    typeof part === 'string' ? parsed(part) : part,
  );
  if (!isRecord(secret) || !isRecord(how)) return { problem: 'hash_unknown' };
  const { value, salt } = secret;
  const { algorithm, hashIterations } = how;
  if (typeof value !== 'string' || typeof salt !== 'string' || typeof hashIterations !== 'number')
    return { problem: 'hash_malformed' };
  if (algorithm === 'argon2') return ofKeycloakArgon2(how, hashIterations, { value, salt });
  const [, digest] = /^pbkdf2-(sha256|sha512)$/.exec(String(algorithm)) ?? [];
  if (digest !== 'sha256' && digest !== 'sha512') return { problem: 'hash_unknown' };
  if (!Number.isSafeInteger(hashIterations)) return { problem: 'hash_malformed' };
  return ofPbkdf2({
    digest,
    iterations: hashIterations,
    salt: Buffer.from(salt, 'base64'),
    derived: Buffer.from(value, 'base64'),
  });
}

function ofKeycloakArgon2(
  how: Record<string, unknown>,
  passes: number,
  { value, salt }: { value: string; salt: string },
): ReadHash {
  const parameters = isRecord(how['additionalParameters']) ? how['additionalParameters'] : {};
  const first = (name: string) => {
    const given = parameters[name];
    return String(Array.isArray(given) ? given[0] : given);
  };
  if (first('type') !== 'id' || first('version') !== '1.3') return { problem: 'hash_unknown' };
  const [saltText, hashText] = [salt, value].map((text) => bare(Buffer.from(text, 'base64')));
  return ofText(
    `$argon2id$v=19$m=${first('memory')},t=${passes},p=${first('parallelism')}$${saltText ?? ''}$${hashText ?? ''}`,
  );
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
