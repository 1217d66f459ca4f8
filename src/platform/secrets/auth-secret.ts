import { createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seal, unseal } from './sealing.js';
import { type DatabaseSettings } from '../config/groups/database.js';
import { type SecretSettings } from '../config/groups/secrets.js';

/** What each derived key is for. A label is never used for two things and never renamed: stored data depend on it. */
export type KeyLabel =
  | 'check-value'
  | 'otp-code'
  | 'otp-proof'
  | 'message-content'
  | 'gateway-session'
  | 'gateway-message'
  | 'gateway-contact'
  | 'verification-code'
  | 'webhook-secret'
  | 'webhook-body'
  | 'signing-key'
  | 'device-token'
  | 'registration-token'
  | 'login-identifier'
  | 'idempotent-request'
  | 'idempotent-answer'
  | 'dummy-password'
  | 'conversation'
  | 'conversation-repeat'
  | 'audit-phone'
  | 'oidc-artifact'
  | 'oidc-user-code'
  | 'oidc-cookie'
  | 'walk-place'
  | 'totp-secret'
  | 'import-origin'
  | 'import-row';

/**
 * `AUTH_SECRET` behind its uses: every key is derived from it by HKDF-SHA-256 (RFC 5869) under a label of its own, so
 * that one key's disclosure tells nothing of another.
 */
export class AuthSecret {
  private readonly keys = new Map<KeyLabel, KeyObject>();

  /** @param previous the secret that this one replaces: what it sealed still opens, what it signed still counts */
  constructor(
    private readonly secret: string,
    readonly previous?: AuthSecret,
  ) {}

  /** The 32-byte key of a label. */
  key(label: KeyLabel): Buffer {
    return this.keyObject(label).export();
  }

  /** HMAC-SHA-256 (32 bytes) under the label's key. */
  mac(label: KeyLabel, data: string | Buffer): Buffer {
    return createHmac('sha256', this.keyObject(label)).update(data).digest();
  }

  /** The MACs that stored or presented data may carry: under this secret and, while it is being replaced, the previous one. */
  acceptedMacs(label: KeyLabel, data: string | Buffer): Buffer[] {
    return [this.mac(label, data), ...(this.previous ? [this.previous.mac(label, data)] : [])];
  }

  /** Seals content for the row, or other thing, named by `context`. */
  seal(label: KeyLabel, content: Buffer | string, context: string): Buffer {
    return seal(this.keyObject(label), content, context);
  }

  /**
   * Opens what this or the previous secret sealed.
   *
   * @throws when the content, its context or the secret is another
   */
  open(label: KeyLabel, sealed: Buffer, context: string): Buffer {
    try {
      return unseal(this.keyObject(label), sealed, context);
    } catch (error) {
      if (!this.previous) throw error;
      return this.previous.open(label, sealed, context);
    }
  }

  /** As Node wants it: given a Buffer it makes a KeyObject at each call, which takes five times as long as the MAC. */
  private keyObject(label: KeyLabel): KeyObject {
    let key = this.keys.get(label);
    if (!key) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', this.secret, 'masuk', label, 32)));
      this.keys.set(label, key);
    }
    return key;
  }
}

/**
 * The secret of this instance: `AUTH_SECRET`, or outside production one made on the first start and kept, readable by
 * its owner only, under the data folder.
 */
export function loadAuthSecret(
  settings: Pick<SecretSettings, 'authSecret' | 'authSecretPrevious'> & Pick<DatabaseSettings, 'dataDir'>,
): AuthSecret {
  if (settings.authSecret) {
    const previous = settings.authSecretPrevious;
    return new AuthSecret(settings.authSecret, previous ? new AuthSecret(previous) : undefined);
  }
  const file = join(settings.dataDir, 'auth-secret');
  mkdirSync(settings.dataDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 });
  try {
    // A hard link fails where the name exists: of two first starts one wins, and both read the winner's secret.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return new AuthSecret(readFileSync(file, 'utf8').trim());
}
