import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { hash, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { AuthSecret } from '../../../platform/secrets/auth-secret.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { readPbkdf2 } from './foreign-hashes.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. argon2id is the library's default. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes at once: they run in libuv's four threads, which signing and look-ups by name need too. */
const AT_ONCE = 2;

/** Callers that may wait for a turn; more would wait longer than a person does. */
const WAITING = 50;

/** `$2a`, `$2b` and PHP's `$2y`: hashes that a replaced system has left. */
const BCRYPT = /^\$2[aby]\$/;

/** PBKDF2 as `foreign-hashes.ts` writes it, by its digest. */
const PBKDF2 = /^\$pbkdf2-(?:sha256|sha512)\$/;

const derive = promisify(pbkdf2);

/** What a comparison found out. */
export interface Comparison {
  readonly matched: boolean;
  /** After a match with a hash that is weaker than today's: the same password, hashed as today. */
  readonly stronger: string | null;
}

/** Hashes and checks passwords with argon2id, a bounded number at a time so that logins by code never starve. */
@Injectable()
export class Passwords {
  private readonly turns = pLimit(AT_ONCE);
  private readonly dummyPassword: string;
  private madeDummy: Promise<string> | undefined;
  /** One for each other kind that is stored. */
  private foreignDummies: readonly string[] = [];

  constructor(secret: AuthSecret) {
    this.dummyPassword = secret.key('dummy-password').toString('base64');
  }

  /** A hash that nothing is stored for. Made when the first password comes, as a start has no time for it. */
  private dummy(): Promise<string> {
    this.madeDummy ??= hashed(this.dummyPassword).catch((error: unknown) => {
      this.madeDummy = undefined;
      throw error;
    });
    return this.madeDummy;
  }

  /**
   * Tells of the hashes of other systems that are still stored. While there are some, a refusal does the work of all kinds,
   * or its time would tell which accounts have never logged in here.
   *
   * @param dearest of each kind the one that takes the most work
   */
  expectForeign(dearest: readonly string[]): void {
    this.foreignDummies = dearest.map(dummyLike);
  }

  /** @returns a PHC string; its parameters are in it */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hashed(password));
  }

  /**
   * Compares, and hashes anew what was hashed more weakly. Without a hash (unknown user, or one without a password) the
   * same work is done on a dummy, so that the time tells nothing.
   *
   * @throws AppError `busy` when too many are waiting
   */
  async compare(storedHash: string | null, password: string): Promise<Comparison> {
    // Waited for in either case: the first one who asks must not learn by the time whether there is a hash.
    const dummy = await this.dummy();
    const target = storedHash ?? dummy;
    // One turn for both: a login whose password fitted must not fail because others wait.
    return this.inTurn(async () => {
      const matched = (await fits(target, password)) && storedHash !== null;
      if (!matched) await this.doOtherWork(target, dummy, password);
      return { matched, stronger: matched && needsRehash(target) ? await hashed(password) : null };
    });
  }

  /** The work of the kinds that a hash is not of. */
  private async doOtherWork(compared: string, dummy: string, password: string): Promise<void> {
    const others = [dummy, ...this.foreignDummies].filter((each) => kindOf(each) !== kindOf(compared));
    if (this.foreignDummies.length > 0) for (const each of others) await fits(each, password);
  }

  /** @throws AppError `busy` when too many are waiting */
  refuseWhenFull(): void {
    if (this.turns.pendingCount >= WAITING) throw new AppError('busy', { retryAfter: 5 });
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.turns.activeCount >= AT_ONCE) this.refuseWhenFull();
    return this.turns(work);
  }
}

/** Whether a stored hash is of another kind than argon2id, or made with less work than today's. */
export function needsRehash(storedHash: string): boolean {
  const [, memory, time, lanes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(storedHash) ?? [];
  return (
    Number(memory ?? 0) < PARAMETERS.memoryCost ||
    Number(time ?? 0) < PARAMETERS.timeCost ||
    Number(lanes ?? 0) < PARAMETERS.parallelism
  );
}

function hashed(password: string): Promise<string> {
  return hash(password.normalize('NFC'), PARAMETERS);
}

/** What a hash was made with, as far as it decides how long a comparison takes. */
function kindOf(storedHash: string): string {
  if (BCRYPT.test(storedHash)) return 'bcrypt';
  return PBKDF2.exec(storedHash)?.[0] ?? 'argon2';
}

/** A hash of the same kind and cost that no password fits. */
function dummyLike(storedHash: string): string {
  if (BCRYPT.test(storedHash)) return `$2b$${storedHash.slice(4, 6)}$${'.'.repeat(53)}`;
  const parts = storedHash.split('$');
  return [...parts.slice(0, -1), 'A'.repeat(parts.at(-1)?.length ?? 0)].join('$');
}

async function fits(storedHash: string, password: string): Promise<boolean> {
  const composed = password.normalize('NFC');
  if (PBKDF2.test(storedHash)) return fitsPbkdf2(storedHash, password, composed);
  if (!BCRYPT.test(storedHash)) return verify(storedHash, composed);
  // As the replaced system did: the bytes as typed, of which bcrypt reads the first 72. It may have been fed by a
  // keyboard that composed differently, hence the second try.
  if (await verifyBcrypt(password, storedHash)) return true;
  return composed !== password && (await verifyBcrypt(composed, storedHash));
}

async function fitsPbkdf2(storedHash: string, typed: string, composed: string): Promise<boolean> {
  const read = readPbkdf2(storedHash);
  if (!read) return false;
  const { digest, iterations, salt, derived } = read;
  // As with bcrypt: what was hashed were the bytes as typed, or composed.
  for (const password of typed === composed ? [composed] : [typed, composed])
    if (timingSafeEqual(await derive(password, salt, iterations, derived.length, digest), derived)) return true;
  return false;
}
