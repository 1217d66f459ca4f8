import {
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeBigEndian,
  encodeWAMessage,
  initAuthCreds,
  KEY_BUNDLE_TYPE,
  proto,
  unpadRandomMax16,
  xmppPreKey,
  xmppSignedPreKey,
  type BinaryNode,
  type SignalDataSet,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';

const SILENT = {
  level: 'silent',
  child: () => SILENT,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

// libsignal prints its sessions, and the specs' output is for people.
for (const method of ['info', 'warn', 'error'] as const) console[method] = () => undefined;

/** Keys of a phone that lives as long as the test. */
function memoryKeys(): SignalKeyStore {
  const kept = new Map<string, unknown>();
  return {
    get: (type, ids) =>
      Object.fromEntries(ids.map((id) => [id, kept.get(`${type} ${id}`)]).filter(([, value]) => value !== undefined)),
    set: (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values)) {
          if (value == null) kept.delete(`${type} ${id}`);
          else kept.set(`${type} ${id}`, value);
        }
    },
  };
}

/** What a linked device says of itself when it pairs: enough to begin a conversation with it. */
export interface DeviceIdentity {
  readonly identityKey: Buffer;
  readonly registrationId: number;
  readonly signedPreKey: { keyId: number; publicKey: Buffer; signature: Buffer };
}

/** Somebody's phone: receives what is encrypted for it, as a real one would, and can write back. */
export class FakePhone {
  private readonly creds = initAuthCreds();
  private readonly keys = addTransactionCapability(memoryKeys(), SILENT, {
    maxCommitRetries: 1,
    delayBetweenTriesMs: 0,
  });
  private readonly signal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
    { creds: this.creds, keys: this.keys },
    SILENT,
  );
  private readonly known = new Set<string>();
  private nextPreKey = 1;

  /** The answer to "give me keys of this phone": each asker gets a one-time key of its own. */
  async bundle(jid: string): Promise<BinaryNode> {
    const id = this.nextPreKey++;
    const pair = Curve.generateKeyPair();
    await this.keys.set({ 'pre-key': { [id]: pair } });
    const content: BinaryNode[] = [
      { tag: 'registration', attrs: {}, content: encodeBigEndian(this.creds.registrationId) },
      { tag: 'type', attrs: {}, content: KEY_BUNDLE_TYPE },
      { tag: 'identity', attrs: {}, content: this.creds.signedIdentityKey.public },
      xmppSignedPreKey(this.creds.signedPreKey),
      xmppPreKey(pair, id),
    ];
    return { tag: 'user', attrs: { jid }, content };
  }

  /** @throws when it cannot be read, also because its key was used before */
  async read(from: string, type: string, sealed: Uint8Array): Promise<proto.IMessage> {
    const padded = await this.signal.decryptMessage({ jid: from, type: type as 'msg' | 'pkmsg', ciphertext: sealed });
    this.known.add(from);
    return proto.Message.decode(unpadRandomMax16(padded));
  }

  /** A message for a linked device, sealed. */
  async write(to: string, device: DeviceIdentity, message: proto.IMessage): Promise<BinaryNode> {
    if (!this.known.has(to)) {
      const key = (bare: Buffer) => Buffer.concat([KEY_BUNDLE_TYPE, bare]);
      const { registrationId, identityKey, signedPreKey } = device;
      const session = {
        registrationId,
        identityKey: key(identityKey),
        signedPreKey: { ...signedPreKey, publicKey: key(signedPreKey.publicKey) },
      };
      await this.signal.injectE2ESession({ jid: to, session });
      this.known.add(to);
    }
    const { type, ciphertext } = await this.signal.encryptMessage({ jid: to, data: encodeWAMessage(message) });
    return { tag: 'enc', attrs: { v: '2', type }, content: ciphertext };
  }
}
