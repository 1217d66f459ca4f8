import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings, type SigningAlgorithm } from '../config/settings.js';
import { SigningKeyRepository } from './signing-key.repository.js';

const generate = promisify(generateKeyPair);

/** A public key as RFC 7517 has it, with what a consumer needs to pick and use it. */
export interface PublicJwk extends Record<string, unknown> {
  kid: string;
  alg: string;
  use: 'sig';
}

interface VerificationKey {
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
}

/** An unknown `kid` may be another instance's new key, but asking for it must not be a way to keep the database busy. */
const RELOAD_AT_MOST_EVERY = 1_000;

/** Kid of the shared secret with HS256: there is one key, which no key set publishes. */
const SHARED_SECRET_KID = 'hs256';

/** The keys that sign and verify access tokens: kept in the database, private parts sealed under `AUTH_SECRET`. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private verification = new Map<string, VerificationKey>();
  private published: PublicJwk[] = [];
  private active: { kid: string; key: KeyObject } | undefined;
  private reloadedAt = 0;

  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: SigningKeyRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.settings.jwtAlgorithm === 'HS256') {
      const key = createSecretKey(Buffer.from(this.settings.jwtSecret ?? ''));
      this.active = { kid: SHARED_SECRET_KID, key };
      this.verification.set(SHARED_SECRET_KID, { algorithm: 'HS256', key });
      return;
    }
    await this.load();
    if (this.active) return;
    await this.repository.insertFirstActive(await this.generateKey(this.settings.jwtAlgorithm));
    await this.load();
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
    if (!found && this.settings.jwtAlgorithm !== 'HS256' && Date.now() - this.reloadedAt > RELOAD_AT_MOST_EVERY) {
      await this.load();
      found = this.verification.get(kid);
    }
    return found?.algorithm === this.settings.jwtAlgorithm ? found.key : null;
  }

  /** The JSON Web Key Set (RFC 7517) of all keys that living tokens may carry; empty with HS256. */
  jwks(): { keys: PublicJwk[] } {
    return { keys: this.published };
  }

  private async load(): Promise<void> {
    this.reloadedAt = Date.now();
    const stored = (await this.repository.findAll()).filter(
      ({ algorithm }) => algorithm === this.settings.jwtAlgorithm,
    );
    this.published = stored.map(({ publicJwk }) => publicJwk as PublicJwk);
    this.verification = new Map(
      stored.map(({ kid, algorithm, publicJwk }) => [
        kid,
        { algorithm: algorithm as SigningAlgorithm, key: createPublicKey({ key: publicJwk, format: 'jwk' }) },
      ]),
    );
    const active = stored.find(({ state }) => state === 'ACTIVE');
    if (!active) return;
    const der = this.secret.open('signing-key', active.sealedPrivate, active.kid);
    this.active = { kid: active.kid, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  }

  private async generateKey(algorithm: 'ES256' | 'RS256') {
    const pair = await (algorithm === 'ES256'
      ? generate('ec', { namedCurve: 'P-256' })
      : generate('rsa', { modulusLength: 2048 }));
    const kid = uuidv7();
    const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
    const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    return { kid, algorithm, publicJwk, sealedPrivate: this.secret.seal('signing-key', der, kid) };
  }
}
