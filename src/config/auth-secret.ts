import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Settings } from './settings.js';

/** What each derived key is for. A label is never used for two things and never renamed: stored data depend on it. */
export type KeyLabel =
  | 'check-value'
  | 'otp-code'
  | 'message-content'
  | 'signing-key'
  | 'device-token'
  | 'login-identifier'
  | 'dummy-password';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * `AUTH_SECRET` behind its uses: every key is derived from it by HKDF-SHA-256 (RFC 5869) under a label of its own, so
 * that one key's disclosure tells nothing of another.
 */
export class AuthSecret {
  private readonly keys = new Map<KeyLabel, KeyObject>();

  constructor(private readonly secret: string) {}

  /** The 32-byte key of a label. */
  key(label: KeyLabel): Buffer {
    return this.keyObject(label).export();
  }

  /** HMAC-SHA-256 (32 bytes) under the label's key. */
  mac(label: KeyLabel, data: string | Buffer): Buffer {
    return createHmac('sha256', this.keyObject(label)).update(data).digest();
  }

  /**
   * Seals with AES-256-GCM (NIST SP 800-38D), a fresh random nonce in front.
   *
   * @param context what the content belongs to (a row's id); opening under another context fails
   */
  seal(label: KeyLabel, content: Buffer | string, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keyObject(label), nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([
      cipher.update(typeof content === 'string' ? Buffer.from(content) : content),
      cipher.final(),
    ]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /**
   * Opens what `seal` made.
   *
   * @throws when the content, its context or the secret is another
   */
  open(label: KeyLabel, sealed: Buffer, context: string): Buffer {
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    if (tag.length < TAG_BYTES) throw new Error('sealed content is too short');
    const decipher = createDecipheriv('aes-256-gcm', this.keyObject(label), sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
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
export function loadAuthSecret(settings: Pick<Settings, 'authSecret' | 'dataDir'>): AuthSecret {
  if (settings.authSecret) return new AuthSecret(settings.authSecret);
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
