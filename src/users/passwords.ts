import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { AuthSecret } from '../config/auth-secret.js';
import { AppError } from '../errors/app-error.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. argon2id is the library's default. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes at once: they run in libuv's four threads, which signing and look-ups by name need too. */
const AT_ONCE = 2;

/** Callers that may wait for a turn; more would wait longer than a person does. */
const WAITING = 50;

/** Hashes and checks passwords with argon2id, a bounded number at a time so that logins by code never starve. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly dummy: Promise<string>;

  constructor(secret: AuthSecret) {
    this.dummy = this.hash(secret.key('dummy-password').toString('base64'));
  }

  /** @returns a PHC string; its parameters are in it */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password.normalize('NFC'), PARAMETERS));
  }

  /**
   * Whether the password fits. Without a hash (unknown user, or one without a password) the same work is done on a
   * dummy, so that the time tells nothing.
   *
   * @throws AppError `busy` when too many are waiting
   */
  async matches(storedHash: string | null, password: string): Promise<boolean> {
    const target = storedHash ?? (await this.dummy);
    const matched = await this.inTurn(() => verify(target, password.normalize('NFC')));
    return matched && storedHash !== null;
  }

  /** @throws AppError `busy` when too many are waiting */
  refuseWhenFull(): void {
    if (this.queue.length >= WAITING) throw new AppError('busy', { retryAfter: 5 });
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= AT_ONCE) {
      this.refuseWhenFull();
      await new Promise<void>((resolve) => this.queue.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      // The turn is handed on without being freed in between, so that no newcomer overtakes.
      if (next) next();
      else this.running -= 1;
    }
  }
}
