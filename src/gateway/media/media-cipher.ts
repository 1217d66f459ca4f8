import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type MediaKind } from '../../delivery/providers/media-types.js';

/** What goes into the derivation of a kind's keys (WhatsApp's encryption of media, as its clients do it). */
const INFO: Record<MediaKind, string> = {
  image: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
};

/** WhatsApp keeps so many bytes of the HMAC. */
const MAC_BYTES = 10;

/** Keys and hashes of an encrypted file: without the key nobody reads it, with them its recipient does. */
export interface EncryptedFile {
  readonly key: Buffer;
  /** SHA-256 of the file as it came, and as it is kept. */
  readonly sha256: Buffer;
  readonly encryptedSha256: Buffer;
  /** Bytes as it came, and as it is kept. */
  readonly size: number;
  readonly encryptedSize: number;
}

/** Encrypts a file as WhatsApp wants it, while it comes in: AES-256-CBC, then HMAC-SHA-256, both under keys of this one file. */
export class MediaCipher {
  private readonly key = randomBytes(32);
  private readonly cipher;
  private readonly mac;
  private readonly plain = createHash('sha256');
  private readonly sealed = createHash('sha256');
  private size = 0;
  private encryptedSize = 0;

  constructor(kind: MediaKind) {
    const keys = Buffer.from(hkdfSync('sha256', this.key, Buffer.alloc(0), INFO[kind], 112));
    const iv = keys.subarray(0, 16);
    this.cipher = createCipheriv('aes-256-cbc', keys.subarray(16, 48), iv);
    this.mac = createHmac('sha256', keys.subarray(48, 80)).update(iv);
  }

  add(bytes: Buffer): Buffer {
    this.size += bytes.length;
    this.plain.update(bytes);
    const encrypted = this.cipher.update(bytes);
    this.mac.update(encrypted);
    return this.out(encrypted);
  }

  /** The last bytes, and what the whole file is known by. */
  end(): { bytes: Buffer; file: EncryptedFile } {
    const last = this.cipher.final();
    const bytes = this.out(Buffer.concat([last, this.mac.update(last).digest().subarray(0, MAC_BYTES)]));
    const { key, size, encryptedSize } = this;
    const hashes = { sha256: this.plain.digest(), encryptedSha256: this.sealed.digest() };
    return { bytes, file: { key, ...hashes, size, encryptedSize } };
  }

  private out(bytes: Buffer): Buffer {
    this.sealed.update(bytes);
    this.encryptedSize += bytes.length;
    return bytes;
  }
}
