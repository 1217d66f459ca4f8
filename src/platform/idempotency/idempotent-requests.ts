import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { v4 as uuidv4 } from 'uuid';
import { AuthSecret } from '../secrets/auth-secret.js';
import { AppError } from '../errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../log/logger.js';
import { Jobs } from '../jobs/jobs.service.js';
import { IdempotencyRepository, type Claim } from './idempotency.repository.js';

/** An answer as it was given, and is given again. */
export interface GivenAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A request with a key. */
export interface KeyedRequest {
  /** Who asks: nobody else gets the answer. */
  readonly scope: string;
  /** As the client made it up. */
  readonly key: string;
  /** What is asked for: where, and the body. */
  readonly content: string;
  /** How long the request may take to send what it sends, in seconds. */
  readonly timeLimit: number;
}

/**
 * What a request may take beside its send, in seconds: its statements before and after it, each of which ends after five
 * seconds at most.
 */
const STATEMENTS = 10;

/** Refusals of the moment: the same request may do better later, and must not get the old answer then. */
const PASSING = new Set([401, 403, 408, 429]);

/** Answers of ours have a few hundred bytes; what is longer is not kept. */
const LONGEST_ANSWER = 64 * 1024;

/**
 * Requests that must act once however often they are sent (draft-ietf-httpapi-idempotency-key-header-07): the first one
 * with a key works, and its answer is kept for a day, sealed, for those that repeat it.
 */
@Injectable()
export class IdempotentRequests implements OnModuleInit {
  constructor(
    private readonly repository: IdempotencyRepository,
    private readonly secret: AuthSecret,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('old-idempotency-keys', '*/10 * * * *', () => this.repository.forgetOld());
  }

  /**
   * Begins a request, or finds the answer that it got before.
   *
   * @throws AppError `idempotency_conflict` while the first one is under way, `idempotency_key_reused` when it was
   *   another request; the driver's error: without the database nothing is sent
   */
  async begin(request: KeyedRequest): Promise<GivenAnswer | Claim> {
    const keyHash = createHash('sha256')
      .update(JSON.stringify([request.scope, request.key]))
      .digest();
    const claim = { keyHash, claimId: uuidv4() };
    const [fingerprint, previous] = this.secret.acceptedMacs('idempotent-request', request.content);
    if (!fingerprint) throw new Error('there is no secret');
    for (let attempt = 1; attempt <= 3; attempt++) {
      const row = await this.repository.claim(claim, fingerprint, request.timeLimit + STATEMENTS);
      if (!row) continue;
      if (row.claimed) return claim;
      const same = [fingerprint, previous].some((mac) => mac && timingSafeEqual(mac, row.fingerprint));
      if (!same) throw new AppError('idempotency_key_reused');
      if (!row.sealed_answer) break;
      return this.open(row.sealed_answer, keyHash);
    }
    throw new AppError('idempotency_conflict');
  }

  /**
   * Keeps the answer of a request that has begun. One that says "not now", or may not be kept, frees the key instead.
   * Never fails: the answer goes out, and a key that could not be written is free again when its claim ends.
   */
  async finish(claim: Claim, answer: GivenAnswer | null): Promise<void> {
    try {
      const kept = answer && answer.status < 500 && !PASSING.has(answer.status) && answer.body.length <= LONGEST_ANSWER;
      if (!kept) await this.repository.release(claim);
      else await this.repository.keep(claim, this.seal(answer, claim.keyHash));
    } catch (err) {
      this.logger.warn({ err }, 'the answer to an idempotent request was not stored');
    }
  }

  private seal(answer: GivenAnswer, keyHash: Buffer): Buffer {
    return this.secret.seal('idempotent-answer', JSON.stringify(answer), keyHash.toString('hex'));
  }

  private open(sealed: Buffer, keyHash: Buffer): GivenAnswer {
    return JSON.parse(this.secret.open('idempotent-answer', sealed, keyHash.toString('hex')).toString()) as GivenAnswer;
  }
}
