import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  decodeBinaryNode,
  encodeBinaryNode,
  hkdf,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  sha256,
  type BinaryNode,
} from '@whiskeysockets/baileys';

const NOTHING = Buffer.alloc(0);
const { Details } = proto.CertChain.NoiseCertificate;

/** A root of certificates of our own: two signatures down to the server's key. */
export class FakeRoot {
  private readonly root = Curve.generateKeyPair();
  private readonly middle = Curve.generateKeyPair();
  /** The server's key, the same on every connection. */
  readonly key = Curve.generateKeyPair();
  /** Made once: a signature takes milliseconds. */
  readonly chain = this.chainFor(this.key.public);

  private chainFor(key: Uint8Array): Buffer {
    const middle = Details.encode({ serial: 1, issuerSerial: 0, key: this.middle.public }).finish();
    const leaf = Details.encode({ serial: 2, issuerSerial: 1, key }).finish();
    const signed = (details: Uint8Array, by: Uint8Array) => ({ details, signature: Buffer.from(sign(by, details)) });
    const chain = { intermediate: signed(middle, this.root.private), leaf: signed(leaf, this.middle.private) };
    return Buffer.from(proto.CertChain.encode(chain).finish());
  }
}

export const sign = (by: Uint8Array, what: Uint8Array): Uint8Array => Curve.sign(by, what);

/** A key and the number of times it was used: the nonce of AES-GCM counts them. */
class Cipher {
  private used = 0;
  constructor(private readonly key: Buffer) {}

  seal(text: Uint8Array, context: Uint8Array = NOTHING): Buffer {
    return aesEncryptGCM(text, this.key, this.nonce(), context);
  }

  open(sealed: Uint8Array, context: Uint8Array = NOTHING): Buffer {
    return aesDecryptGCM(sealed, this.key, this.nonce(), context);
  }

  private nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(this.used++, 8);
    return nonce;
  }
}

/**
 * The server's end of one connection: frames of three bytes of length, a handshake Noise_XX_25519_AESGCM_SHA256 (the
 * client begins), and WhatsApp's binary nodes after it.
 */
export class ServerWire {
  private unread: Buffer = NOTHING;
  private greeted = false;
  private hash: Buffer = Buffer.from(NOISE_MODE);
  private chain: Buffer = this.hash;
  private cipher = new Cipher(this.hash);
  private readonly own = Curve.generateKeyPair();
  private up: Cipher | undefined;
  private down: Cipher | undefined;

  constructor(private readonly root: FakeRoot) {
    this.note(NOISE_WA_HEADER);
  }

  /** The frames that are whole by now. */
  frames(data: Buffer): Buffer[] {
    this.unread = Buffer.concat([this.unread, data]);
    if (!this.greeted) this.readGreeting();
    const whole: Buffer[] = [];
    while (this.unread.length >= 3) {
      const end = 3 + this.unread.readUIntBE(0, 3);
      if (this.unread.length < end) break;
      whole.push(Buffer.from(this.unread.subarray(3, end)));
      this.unread = this.unread.subarray(end);
    }
    return whole;
  }

  /** Answers the client's first message. */
  hello(frame: Buffer): Buffer {
    const theirs = Buffer.from(proto.HandshakeMessage.decode(frame).clientHello?.ephemeral ?? NOTHING);
    const fixed = this.root.key;
    this.note(theirs);
    this.note(this.own.public);
    this.mix(this.own.private, theirs);
    const sealedFixed = this.sealed(fixed.public);
    this.mix(fixed.private, theirs);
    const payload = this.sealed(this.root.chain);
    const serverHello = { ephemeral: this.own.public, static: sealedFixed, payload };
    return framed(Buffer.from(proto.HandshakeMessage.encode({ serverHello }).finish()));
  }

  /** Reads the client's second message: who it is. From now on nodes go both ways. */
  finish(frame: Buffer): { noiseKey: Buffer; payload: proto.ClientPayload } {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    const noiseKey = this.opened(Buffer.from(clientFinish?.static ?? NOTHING));
    this.mix(this.own.private, noiseKey);
    const payload = proto.ClientPayload.decode(this.opened(Buffer.from(clientFinish?.payload ?? NOTHING)));
    const keys = Buffer.from(hkdf(NOTHING, 64, { salt: this.chain, info: '' }));
    this.up = new Cipher(keys.subarray(0, 32));
    this.down = new Cipher(keys.subarray(32));
    return { noiseKey, payload };
  }

  async read(frame: Buffer): Promise<BinaryNode> {
    if (!this.up) throw new Error('a node before the end of the handshake');
    return decodeBinaryNode(this.up.open(frame));
  }

  write(node: BinaryNode): Buffer {
    if (!this.down) throw new Error('a node before the end of the handshake');
    return framed(this.down.seal(encodeBinaryNode(node)));
  }

  /** `ED`, four bytes and a routing hint may come before the protocol's own greeting. */
  private readGreeting(): void {
    if (this.unread.subarray(0, 2).toString() === 'ED')
      this.unread = this.unread.subarray(7 + this.unread.readUIntBE(4, 3));
    if (!this.unread.subarray(0, 4).equals(NOISE_WA_HEADER)) throw new Error('no WhatsApp client');
    this.unread = this.unread.subarray(4);
    this.greeted = true;
  }

  private note(data: Uint8Array): void {
    this.hash = sha256(Buffer.concat([this.hash, data]));
  }

  private mix(mine: Uint8Array, theirs: Uint8Array): void {
    const keys = Buffer.from(hkdf(Buffer.from(Curve.sharedKey(mine, theirs)), 64, { salt: this.chain, info: '' }));
    this.chain = keys.subarray(0, 32);
    this.cipher = new Cipher(keys.subarray(32));
  }

  private sealed(text: Uint8Array): Buffer {
    const sealed = this.cipher.seal(text, this.hash);
    this.note(sealed);
    return sealed;
  }

  private opened(sealed: Buffer): Buffer {
    const text = this.cipher.open(sealed, this.hash);
    this.note(sealed);
    return text;
  }
}

function framed(content: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntBE(content.length, 0, 3);
  return Buffer.concat([head, content]);
}
