import { hash, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { AuthSecret } from '../../../platform/secrets/auth-secret.js';
import { AppError } from '../../../platform/errors/app-error.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. argon2id is the library's default. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes at once: they run in libuv's four threads, which signing and look-ups by name need too. */
const AT_ONCE = 2;

/** Callers that may wait for a turn; more would wait longer than a person does. */
const WAITING = 50;

/** `$2a`, `$2b` and PHP's `$2y`: hashes that a replaced system has left. */
const BCRYPT = /^\$2[aby]\$/;

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
  private bcryptDummy: string | null = null;

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
   * Tells of the bcrypt hashes that are still stored. While there are some, a refusal does the work of both kinds, or
   * its time would tell which accounts have never logged in here.
   *
   * @param cost the highest of them, null when there are none
   */
  expectBcrypt(cost: number | null): void {
    this.bcryptDummy = cost === null ? null : `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
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
      if (!matched && this.bcryptDummy !== null) await fits(BCRYPT.test(target) ? dummy : this.bcryptDummy, password);
      return { matched, stronger: matched && needsRehash(target) ? await hashed(password) : null };
    });
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

async function fits(storedHash: string, password: string): Promise<boolean> {
  const composed = password.normalize('NFC');
  if (!BCRYPT.test(storedHash)) return verify(storedHash, composed);
  // As the replaced system did: the bytes as typed, of which bcrypt reads the first 72. It may have been fed by a
  // keyboard that composed differently, hence the second try.
  if (await verifyBcrypt(password, storedHash)) return true;
  return composed !== password && (await verifyBcrypt(composed, storedHash));
}
