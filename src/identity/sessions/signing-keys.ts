import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { type SigningAlgorithm } from '../../platform/config/groups/signing-algorithms.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import {
  SigningKeyRepository,
  type KeyChanger,
  type NewSigningKey,
  type StoredSigningKey,
} from './signing-key.repository.js';

const generate = promisify(generateKeyPair);

/** A public key as RFC 7517 has it, with what a consumer needs to pick and use it. */
export interface PublicJwk extends Record<string, unknown> {
  kid: string;
  alg: string;
  use: 'sig';
}

/** A key as admins see it: nothing that signs. */
export interface ShownSigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: StoredSigningKey['state'];
  readonly createdAt: Date;
  /** When it began, or will begin, to sign. */
  readonly signsFrom: Date | null;
  /** When it ceased, or will cease, to sign; null: not known yet. */
  readonly signsUntil: Date | null;
  /** When it leaves the key set; null: not known yet. */
  readonly removedAt: Date | null;
}

interface VerificationKey {
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
}

/** How long consumers may cache the key set, in seconds; part of the answer's Cache-Control. */
export const JWKS_MAX_AGE = 300;

/** A key is announced this long before it signs, in seconds: caches expire, and clocks and polls have their slack. */
const ANNOUNCED_FOR = JWKS_MAX_AGE * 2;

/** Instances look for announced and promoted keys this often, in ms. */
const LOOK_EVERY = 30_000;

/**
 * Longest life of what the OpenID Provider signs, in seconds: a retired key is published as long as that, at least.
 */
export const LONGEST_SIGNED = 3_600;

/** A signing key is replaced after this, in days (NIST SP 800-57 part 1, 5.3.6: a private signature key has a bounded period). */
const ROTATE_AFTER_DAYS = 90;

/** An unknown `kid` may be another instance's new key, but asking for it must not be a way to keep the database busy. */
const RELOAD_AT_MOST_EVERY = 1_000;

/** Kid of the shared secret with HS256: there is one key, which no key set publishes. */
const SHARED_SECRET_KID = 'hs256';

/** The keys that sign and verify access tokens: kept in the database, private parts sealed under `AUTH_SECRET`. */
@Injectable()
export class SigningKeys implements OnModuleInit, OnApplicationShutdown {
  private verification = new Map<string, VerificationKey>();
  private published: PublicJwk[] = [];
  private active: { kid: string; key: KeyObject } | undefined;
  private reloadedAt = 0;
  private reload: Promise<StoredSigningKey | undefined> | undefined;
  private looking: Recurring | undefined;

  constructor(
    private readonly settings: TokenSettings,
    private readonly secret: AuthSecret,
    private readonly repository: SigningKeyRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onModuleInit(): Promise<void> {
    const algorithm = this.settings.jwtAlgorithm;
    if (algorithm === 'HS256') {
      const key = createSecretKey(Buffer.from(this.settings.jwtSecret ?? ''));
      this.active = { kid: SHARED_SECRET_KID, key };
      this.verification.set(SHARED_SECRET_KID, { algorithm: 'HS256', key });
      return;
    }
    if (!(await this.load())) {
      await this.repository.insertFirstActive(await this.generateKey(algorithm));
      await this.load();
    }
    const onError = (err: unknown) => {
      this.logger.error({ err }, 'signing keys were not maintained');
    };
    this.looking = every(LOOK_EVERY, () => this.keepUp(algorithm), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking?.stop();
  }

  /** The key that signs now. */
  signing(): { kid: string; key: KeyObject } {
    if (!this.active) throw new Error('there is no active signing key');
    return this.active;
  }

  /** The key of a token's `kid`, or null: the caller refuses the token. Only keys of the configured algorithm are given. */
  async verifying(kid: unknown): Promise<KeyObject | null> {
    if (typeof kid !== 'string' || kid.length > 64) return null;
    let found = this.verification.get(kid);
    if (!found && this.looking) {
      // Whoever comes during a look waits for it: of many tokens with a new key the first must not be the only one read.
      await (performance.now() - this.reloadedAt > RELOAD_AT_MOST_EVERY ? this.load() : this.reload);
      found = this.verification.get(kid);
    }
    return found?.algorithm === this.settings.jwtAlgorithm ? found.key : null;
  }

  /** The JSON Web Key Set (RFC 7517) of all keys that valid tokens may be signed with; empty with HS256. */
  jwks(): { keys: PublicJwk[] } {
    return { keys: this.published };
  }

  /** All keys of the algorithm in use, oldest first; none with HS256, whose secret is a setting. */
  async all(): Promise<ShownSigningKey[]> {
    const { jwtAlgorithm } = this.settings;
    if (jwtAlgorithm === 'HS256') return [];
    const stored = await this.repository.findAll(jwtAlgorithm);
    const next = stored.find(({ state }) => state === 'NEXT')?.activatesAt ?? null;
    return stored.map(({ kid, algorithm, state, createdAt, activatesAt, activatedAt, retiredAt }) => {
      const due = activatedAt && after(activatedAt, ROTATE_AFTER_DAYS * 86_400 + ANNOUNCED_FOR);
      const signsUntil = state === 'ACTIVE' ? (next ?? due) : retiredAt;
      const removedAt = retiredAt && after(retiredAt, this.keptFor);
      return { kid, algorithm, state, createdAt, signsFrom: activatedAt ?? activatesAt, signsUntil, removedAt };
    });
  }

  /**
   * Announces a new key, which takes over by itself when every cache of the key set knows it.
   *
   * @param by for the audit log
   * @returns when it will sign; null when a rotation is under way already
   */
  async rotate(by: KeyChanger): Promise<Date | null> {
    const algorithm = this.settings.jwtAlgorithm;
    if (algorithm === 'HS256') throw new Error('With HS256 there is no key to rotate: change JWT_SECRET.');
    const activatesAt = await this.repository.insertNext(await this.generateKey(algorithm), ANNOUNCED_FOR, by);
    await this.load();
    return activatesAt;
  }

  /**
   * Drops every key and makes one that signs at once, for a database that was restored: one that had got out, and was
   * taken away after the backup, is there again. Nothing that was signed before is taken any more.
   *
   * @returns how many were dropped; null with HS256, which has none
   */
  async replaceAll(by: KeyChanger): Promise<number | null> {
    const algorithm = this.settings.jwtAlgorithm;
    if (algorithm === 'HS256') return null;
    const dropped = await this.repository.replaceAll(await this.generateKey(algorithm), by);
    await this.load();
    return dropped;
  }

  /** Seconds for which a retired key must verify, until the last token of it is dead; a minute more for clocks. */
  private get keptFor(): number {
    return Math.max(this.settings.jwtExpiresIn, LONGEST_SIGNED) + 60;
  }

  private async keepUp(algorithm: 'ES256' | 'RS256'): Promise<void> {
    if (await this.repository.promoteDue(algorithm)) this.logger.info('a new signing key took over');
    await this.repository.forgetRetired(this.keptFor);
    await this.load();
    if (this.published.length === 1 && (await this.repository.activeIsOlderThan(ROTATE_AFTER_DAYS, algorithm)))
      await this.rotate('service');
  }

  /** @returns the active key, if there is one */
  private load(): Promise<StoredSigningKey | undefined> {
    this.reloadedAt = performance.now();
    this.reload = this.readAll();
    return this.reload;
  }

  private async readAll(): Promise<StoredSigningKey | undefined> {
    const stored = await this.repository.findAll(this.settings.jwtAlgorithm);
    this.published = stored.map(({ publicJwk }) => publicJwk as PublicJwk);
    this.verification = new Map(
      stored.map(({ kid, algorithm, publicJwk }) => [
        kid,
        { algorithm: algorithm as SigningAlgorithm, key: createPublicKey({ key: publicJwk, format: 'jwk' }) },
      ]),
    );
    const active = stored.find(({ state }) => state === 'ACTIVE');
    if (active && active.kid !== this.active?.kid) {
      const key = createPrivateKey({ key: this.unwrap(active), format: 'der', type: 'pkcs8' });
      this.active = { kid: active.kid, key };
    }
    await this.reseal(stored);
    return active;
  }

  private unwrap(stored: StoredSigningKey): Buffer {
    return this.secret.open('signing-key', stored.sealedPrivate, stored.kid);
  }

  /** While AUTH_SECRET is replaced: keys sealed under the previous one are sealed anew, so that it can be taken away. */
  private async reseal(stored: StoredSigningKey[]): Promise<void> {
    const { previous } = this.secret;
    if (!previous) return;
    for (const key of stored.filter(({ sealedPrivate, kid }) => opens(previous, sealedPrivate, kid))) {
      const resealed = this.secret.seal('signing-key', this.unwrap(key), key.kid);
      await this.repository.reseal(key.kid, key.sealedPrivate, resealed);
    }
  }

  private async generateKey(algorithm: 'ES256' | 'RS256'): Promise<NewSigningKey> {
    const pair = await (algorithm === 'ES256'
      ? generate('ec', { namedCurve: 'P-256' })
      : generate('rsa', { modulusLength: 3072 }));
    const kid = uuidv7();
    const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
    const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    return { kid, algorithm, publicJwk, sealedPrivate: this.secret.seal('signing-key', der, kid) };
  }
}

const after = (instant: Date, seconds: number): Date => new Date(instant.getTime() + seconds * 1_000);

function opens(secret: AuthSecret, sealed: Buffer, kid: string): boolean {
  try {
    secret.open('signing-key', sealed, kid);
    return true;
  } catch {
    return false;
  }
}
