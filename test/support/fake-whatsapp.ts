import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  getAllBinaryNodeChildren,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  hkdf,
  hmacSign,
  proto,
  S_WHATSAPP_NET,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  type BinaryNode,
} from '@whiskeysockets/baileys';
import { WebSocketServer, type WebSocket } from 'ws';
import { FakeMediaHost } from './fake-whatsapp-media.js';
import { FakePhone, type DeviceIdentity } from './fake-whatsapp-phones.js';
import { FakeRoot, ServerWire, sign } from './fake-whatsapp-wire.js';
import { until } from './waits.js';

/** Whose phone scans a code, in digits, and the name that WhatsApp shows of it. */
export interface Owner {
  readonly phone: string;
  readonly name?: string;
}

/** A message that came in, decrypted by its recipient's phone. */
export interface SentMessage {
  readonly id: string;
  /** Digits of the linked account. */
  readonly from: string;
  /** Digits. */
  readonly to: string;
  readonly content: proto.IMessage;
  readonly text: string | null | undefined;
  readonly at: number;
}

/** What the server says to a message: that it has it, a number that refuses it, or nothing. */
export type Reply = 'ack' | 'silence' | number;

/** How an account's linked device has been logged in. */
export interface Line {
  /** Connections that are logged in now. */
  open: number;
  /** The most that ever were at one time. */
  peak: number;
  logins: number;
}

interface Linked {
  readonly phone: string;
  readonly number: number;
  readonly noiseKey: string;
  readonly identity: DeviceIdentity;
}

interface Connection {
  readonly socket: WebSocket;
  readonly wire: ServerWire;
  stage: 'hello' | 'finish' | 'open';
  /** While it pairs. */
  refs?: string[];
  pairing?: Omit<Linked, 'phone' | 'number'>;
  /** The phone that a code was asked for, and what the device said with it. */
  codeFor?: { phone: string; hello: Buffer };
  /** Once it is logged in. */
  device?: Linked;
  work: Promise<void>;
}

const nowInSeconds = () => String(Math.floor(Date.now() / 1000));
const bytes = (node: BinaryNode | undefined, tag: string) =>
  Buffer.from(getBinaryNodeChild(node, tag)?.content as Uint8Array);
const jidUserOf = (jid: string) => jid.split(/[:@]/)[0] ?? '';

/** Every number has a second name, as at WhatsApp: its LID, here the digits with a 7 in front. */
const lidOf = (phone: string) => `7${phone}@lid`;
const phoneOf = (jid: string) => (jid.endsWith('@lid') ? jidUserOf(jid).slice(1) : jidUserOf(jid));

/**
 * WhatsApp's multi-device server, as far as a linked device needs it: pairing by QR code and by code, login, messages
 * that are really decrypted by their recipients, acknowledgements and refusals, receipts, messages that come in, and
 * connections that are ended with a code. One device may be logged in once: the second login ends the first with 440.
 */
export class FakeWhatsApp {
  /** Digits of numbers that are not on WhatsApp. */
  readonly strangers = new Set<string>();
  readonly messages: SentMessage[] = [];
  /** Where files go. */
  readonly media = new FakeMediaHost();
  /** Messages that their recipient could not read, and why. */
  readonly unreadable: { id: string; why: string }[] = [];
  /** Ids of messages that an account said it has got. */
  readonly acknowledged = new Set<string>();
  /** What is said to the messages that come in. */
  reply: (message: SentMessage) => Reply | Promise<Reply> = () => 'ack';
  /** While set, logins are refused with this number. */
  refuseLogins: number | undefined;
  /** So many devices that want to be linked are cut off in the middle of it. */
  hangUpOnPairing = 0;

  private readonly root = new FakeRoot();
  private readonly server: WebSocketServer;
  private readonly connections = new Set<Connection>();
  private readonly primary = Curve.generateKeyPair();
  private readonly linked = new Map<string, Linked>();
  private readonly lines = new Map<string, Line>();
  private readonly phones = new Map<string, FakePhone>();
  private readonly results = new Map<string, () => void>();
  private readonly finishing = new Map<string, (node: BinaryNode) => void>();
  private readonly devicesMade = new Map<string, number>();

  constructor() {
    this.server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    this.server.on('connection', (socket: WebSocket) => this.welcome(socket));
  }

  async listen(): Promise<this> {
    await Promise.all([once(this.server, 'listening'), this.media.listen()]);
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.server.address().port}/ws/chat`;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    await this.media.close();
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  /** How the device that is linked to this phone has been logged in. */
  line(phone: string): Line {
    return this.lines.get(phone) ?? { open: 0, peak: 0, logins: 0 };
  }

  /** Digits of the accounts that are logged in. */
  accounts(): string[] {
    return [...this.connections].flatMap(({ device }) => (device ? [device.phone] : []));
  }

  /** Whether any device is linked to this phone. */
  isLinked(phone: string): boolean {
    return [...this.linked.values()].some((device) => device.phone === phone);
  }

  messagesTo(phone: string): SentMessage[] {
    return this.messages.filter(({ to }) => to === phone);
  }

  /** Scans what a QR code says, with somebody's phone; resolves when the device is linked. */
  async scan(qr: string, owner: Owner): Promise<void> {
    const [ref = '', , , secret = ''] = (qr.split('#')[1] ?? '').split(',');
    const connection = [...this.connections].find(({ refs }) => refs?.includes(ref));
    if (!connection) throw new Error('nobody shows this QR code any more');
    await this.link(connection, Buffer.from(secret, 'base64'), owner);
  }

  /** Types the code that a device shows into the phone that it was made for. */
  async enterCode(code: string, owner: Owner): Promise<void> {
    const asked = () => [...this.connections].find(({ codeFor }) => codeFor?.phone === owner.phone);
    // The device shows the code when it has sent its request, which may not have come in yet.
    await until('a device asks for a code', () => asked() !== undefined);
    const connection = asked();
    if (!connection?.codeFor || !connection.pairing) throw new Error('nobody asked for a code for this phone');
    const { hello } = connection.codeFor;
    const theirKey = await derivePairingCodeKey(code, hello.subarray(0, 32));
    const theirs = aesDecryptCTR(hello.subarray(48), theirKey, hello.subarray(32, 48));
    const ours = Curve.generateKeyPair();
    const [salt, iv] = [randomBytes(32), randomBytes(16)];
    const wrapped = Buffer.concat([salt, iv, aesEncryptCTR(ours.public, await derivePairingCodeKey(code, salt), iv)]);
    const part = (tag: string, content: Uint8Array): BinaryNode => ({ tag, attrs: {}, content });
    const finished = new Promise<BinaryNode>((resolve) => this.finishing.set(owner.phone, resolve));
    this.write(connection, {
      tag: 'notification',
      attrs: { from: S_WHATSAPP_NET, type: 'link_code_companion_reg', id: randomBytes(4).toString('hex') },
      content: [
        {
          tag: 'link_code_companion_reg',
          attrs: { stage: 'primary_hello' },
          content: [
            part('link_code_pairing_wrapped_primary_ephemeral_pub', wrapped),
            part('primary_identity_pub', this.primary.public),
            part('link_code_pairing_ref', Buffer.from('a reference')),
          ],
        },
      ],
    });
    const bundle = bytes(await finished, 'link_code_pairing_wrapped_key_bundle');
    const shared = Buffer.from(Curve.sharedKey(ours.private, theirs));
    const info = 'link_code_pairing_key_bundle_encryption_key';
    const bundleKey = Buffer.from(hkdf(shared, 32, { salt: bundle.subarray(0, 32), info }));
    const opened = aesDecryptGCM(bundle.subarray(44), bundleKey, bundle.subarray(32, 44), Buffer.alloc(0));
    const [identity, random] = [opened.subarray(0, 32), opened.subarray(64)];
    const between = Buffer.from(Curve.sharedKey(this.primary.private, identity));
    const secret = Buffer.from(hkdf(Buffer.concat([shared, between, random]), 32, { info: 'adv_secret' }));
    await this.link(connection, secret, owner);
  }

  /** Somebody writes to a linked account; resolves with the message's id when it is on the wire. */
  async say(
    account: string,
    from: string,
    text: string,
    more: { name?: string; byLid?: boolean } = {},
  ): Promise<string> {
    const connection = this.connectionOf(account);
    const { device } = connection;
    if (!device) throw new Error('nobody is logged in');
    const id = randomBytes(8).toString('hex').toUpperCase();
    const content = await this.phone(from).write(jidOf(device), device.identity, { conversation: text });
    const sender = more.byLid
      ? { from: lidOf(from), sender_pn: `${from}@${S_WHATSAPP_NET.replace('@', '')}`, addressing_mode: 'lid' }
      : { from: `${from}@s.whatsapp.net` };
    const attrs = { id, ...sender, t: nowInSeconds(), type: 'text', notify: more.name ?? 'Budi' };
    this.write(connection, { tag: 'message', attrs, content: [content] });
    return id;
  }

  /** The recipient's phone tells what became of a message. */
  tell(message: SentMessage, status: 'delivered' | 'read'): void {
    const attrs = { id: message.id, from: `${message.to}@s.whatsapp.net`, t: nowInSeconds() };
    this.write(this.connectionOf(message.from), {
      tag: 'receipt',
      attrs: status === 'read' ? { ...attrs, type: 'read' } : attrs,
    });
  }

  /** Ends an account's connection as the server does, with a code; 401 also forgets the device. */
  kick(account: string, code: number): void {
    const connection = this.connectionOf(account);
    if (code === 401 && connection.device) this.linked.delete(jidOf(connection.device));
    this.end(connection, code);
  }

  /** Cuts an account's connection without a word. */
  drop(account: string): void {
    this.connectionOf(account).socket.terminate();
  }

  /** Sends an account a frame that nobody can open. */
  garble(account: string): void {
    this.connectionOf(account).socket.send(Buffer.concat([Buffer.from([0, 0, 40]), randomBytes(40)]));
  }

  private connectionOf(account: string): Connection {
    const found = [...this.connections].findLast(({ device }) => device?.phone === account);
    if (!found) throw new Error(`${account} is not logged in`);
    return found;
  }

  private welcome(socket: WebSocket): void {
    const connection: Connection = { socket, wire: new ServerWire(this.root), stage: 'hello', work: Promise.resolve() };
    this.connections.add(connection);
    socket.on('close', () => {
      this.connections.delete(connection);
      if (connection.device) this.lineOf(connection.device.phone).open -= 1;
    });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      connection.work = connection.work.then(() => this.hear(connection, data)).catch(() => socket.terminate());
    });
  }

  private async hear(connection: Connection, data: Buffer): Promise<void> {
    for (const frame of connection.wire.frames(data)) {
      if (connection.stage === 'hello') {
        connection.socket.send(connection.wire.hello(frame));
        connection.stage = 'finish';
      } else if (connection.stage === 'finish') {
        const { noiseKey, payload } = connection.wire.finish(frame);
        connection.stage = 'open';
        if (payload.devicePairingData) this.beginPairing(connection, noiseKey, payload.devicePairingData);
        else this.login(connection, noiseKey, `${String(payload.username)}:${payload.device ?? 0}@s.whatsapp.net`);
      } else {
        const node = await connection.wire.read(frame);
        // A message waits for its reply, and what comes behind it does not.
        void this.answer(connection, node).catch((error: unknown) => {
          this.unreadable.push({ id: node.attrs['id'] ?? '', why: String(error) });
        });
      }
    }
  }

  private write({ socket, wire }: Connection, node: BinaryNode): void {
    socket.send(wire.write(node));
  }

  private beginPairing(
    connection: Connection,
    noiseKey: Buffer,
    said: proto.ClientPayload.IDevicePairingRegistrationData,
  ): void {
    connection.refs = Array.from({ length: 6 }, () => `2@${randomBytes(12).toString('base64url')}`);
    connection.pairing = {
      noiseKey: noiseKey.toString('base64'),
      identity: {
        identityKey: Buffer.from(said.eIdent!),
        registrationId: Buffer.from(said.eRegid!).readUInt32BE(),
        signedPreKey: {
          keyId: Buffer.from(said.eSkeyId!).readUIntBE(0, 3),
          publicKey: Buffer.from(said.eSkeyVal!),
          signature: Buffer.from(said.eSkeySig!),
        },
      },
    };
    const refs = connection.refs.map((ref): BinaryNode => ({ tag: 'ref', attrs: {}, content: Buffer.from(ref) }));
    this.write(connection, {
      tag: 'iq',
      attrs: { from: S_WHATSAPP_NET, type: 'set', id: 'refs', xmlns: 'md' },
      content: [{ tag: 'pair-device', attrs: {}, content: refs }],
    });
    if (this.hangUpOnPairing > 0) {
      this.hangUpOnPairing -= 1;
      connection.socket.terminate();
    }
  }

  private async link(connection: Connection, secret: Buffer, { phone, name = 'Klinik' }: Owner): Promise<void> {
    if (!connection.pairing) throw new Error('this connection does not pair');
    const number = (this.devicesMade.get(phone) ?? 0) + 1;
    this.devicesMade.set(phone, number);
    const device: Linked = { ...connection.pairing, phone, number };
    const details = Buffer.from(proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1, keyIndex: 1 }).finish());
    const said = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, device.identity.identityKey]);
    const accountSignature = Buffer.from(sign(this.primary.private, said));
    const signed = { details, accountSignatureKey: this.primary.public, accountSignature };
    const identity = Buffer.from(proto.ADVSignedDeviceIdentity.encode(signed).finish());
    const proven = { details: identity, hmac: hmacSign(identity, secret) };
    const confirmed = new Promise<void>((resolve, reject) => {
      this.results.set(`pair ${phone} ${number}`, resolve);
      connection.socket.on('close', () => reject(new Error('the device went away while it was linked')));
    });
    this.write(connection, {
      tag: 'iq',
      attrs: { from: S_WHATSAPP_NET, type: 'set', id: `pair ${phone} ${number}`, xmlns: 'md' },
      content: [
        {
          tag: 'pair-success',
          attrs: {},
          content: [
            {
              tag: 'device-identity',
              attrs: {},
              content: Buffer.from(proto.ADVSignedDeviceIdentityHMAC.encode(proven).finish()),
            },
            { tag: 'platform', attrs: { name: 'android' } },
            { tag: 'device', attrs: { jid: jidOf(device), lid: `${jidUserOf(lidOf(phone))}:${device.number}@lid` } },
            { tag: 'biz', attrs: { name } },
          ],
        },
      ],
    });
    await confirmed;
    this.linked.set(jidOf(device), device);
    this.end(connection, 515);
  }

  private login(connection: Connection, noiseKey: Buffer, jid: string): void {
    const device = this.linked.get(jid);
    const known = device?.noiseKey === noiseKey.toString('base64');
    if (this.refuseLogins !== undefined || !device || !known) {
      const reason = String(this.refuseLogins ?? 401);
      this.write(connection, { tag: 'failure', attrs: { reason, location: 'fake' } });
      connection.socket.close();
      return;
    }
    const before = [...this.connections].filter((other) => other.device === device);
    const line = this.lineOf(device.phone);
    connection.device = device;
    line.logins += 1;
    line.open += 1;
    line.peak = Math.max(line.peak, line.open);
    for (const other of before) this.end(other, 440);
    this.write(connection, { tag: 'success', attrs: { t: nowInSeconds(), lid: lidOf(device.phone) } });
    this.write(connection, { tag: 'ib', attrs: {}, content: [{ tag: 'offline', attrs: { count: '0' } }] });
  }

  private lineOf(phone: string): Line {
    const line = this.lines.get(phone) ?? { open: 0, peak: 0, logins: 0 };
    this.lines.set(phone, line);
    return line;
  }

  /** 440 has no number on the wire: it is a conflict that says that the connection was replaced. */
  private end(connection: Connection, code: number): void {
    const conflict = code === 440 || code === 401;
    const type = code === 440 ? 'replaced' : 'device_removed';
    this.write(connection, {
      tag: 'stream:error',
      attrs: code === 440 ? {} : { code: String(code) },
      ...(conflict ? { content: [{ tag: 'conflict', attrs: { type } }] } : {}),
    });
    connection.socket.close();
  }

  private async answer(connection: Connection, node: BinaryNode): Promise<void> {
    if (node.tag === 'iq' && node.attrs['type'] === 'result') this.results.get(node.attrs['id'] ?? '')?.();
    else if (node.tag === 'iq') await this.answerQuery(connection, node);
    else if (node.tag === 'message') await this.take(connection, node);
    else if (node.tag === 'receipt') this.acknowledged.add(node.attrs['id'] ?? '');
  }

  private async answerQuery(connection: Connection, node: BinaryNode): Promise<void> {
    const asked = getAllBinaryNodeChildren(node)[0];
    const content = await this.answerTo(connection, node, asked);
    const attrs = { from: node.attrs['to'] ?? S_WHATSAPP_NET, id: node.attrs['id'] ?? '', type: 'result' };
    this.write(connection, { tag: 'iq', attrs, ...(content ? { content } : {}) });
    if (asked?.tag === 'remove-companion-device' && connection.device) {
      this.linked.delete(jidOf(connection.device));
      this.end(connection, 401);
    }
  }

  private async answerTo(
    connection: Connection,
    node: BinaryNode,
    asked: BinaryNode | undefined,
  ): Promise<BinaryNode[] | null> {
    switch (`${node.attrs['xmlns']}/${asked?.tag}`) {
      case 'encrypt/count':
        return [{ tag: 'count', attrs: { value: '50' } }];
      case 'encrypt/digest':
        return [{ tag: 'digest', attrs: {} }];
      case 'encrypt/key': {
        const wanted = getBinaryNodeChildren(asked, 'user').map(({ attrs }) => attrs['jid'] ?? '');
        const bundles = await Promise.all(wanted.map((jid) => this.phone(phoneOf(jid)).bundle(jid)));
        return [{ tag: 'list', attrs: {}, content: bundles }];
      }
      case 'usync/usync':
        return [{ tag: 'usync', attrs: {}, content: [this.lookUp(asked!)] }];
      case 'abt/props':
        return [{ tag: 'props', attrs: { hash: 'same' }, content: [] }];
      case 'w:m/media_conn': {
        const host: BinaryNode = { tag: 'host', attrs: { hostname: this.media.host } };
        return [{ tag: 'media_conn', attrs: { auth: this.media.auth, ttl: '300' }, content: [host] }];
      }
      case 'md/link_code_companion_reg':
        return this.answerCode(connection, asked!);
      default:
        return null;
    }
  }

  private answerCode(connection: Connection, asked: BinaryNode): BinaryNode[] {
    const phone = jidUserOf(asked.attrs['jid'] ?? '');
    if (asked.attrs['stage'] === 'companion_finish') {
      this.finishing.get(phone)?.(asked);
      return [];
    }
    connection.codeFor = { phone, hello: bytes(asked, 'link_code_pairing_wrapped_companion_ephemeral_pub') };
    const ref: BinaryNode = { tag: 'link_code_pairing_ref', attrs: {}, content: Buffer.from('a reference') };
    return [{ tag: 'link_code_companion_reg', attrs: {}, content: [ref] }];
  }

  /** Who is on WhatsApp, with which devices, and under which second name. */
  private lookUp(asked: BinaryNode): BinaryNode {
    const wanted = new Set(getAllBinaryNodeChildren(getBinaryNodeChild(asked, 'query')!).map(({ tag }) => tag));
    const users = getBinaryNodeChildren(getBinaryNodeChild(asked, 'list'), 'user').map((user): BinaryNode => {
      const typed = getBinaryNodeChild(user, 'contact')?.content;
      const phone = typed
        ? Buffer.from(typed as Uint8Array)
            .toString()
            .replace('+', '')
        : phoneOf(user.attrs['jid'] ?? '');
      const content: BinaryNode[] = [];
      if (wanted.has('contact'))
        content.push({ tag: 'contact', attrs: { type: this.strangers.has(phone) ? 'out' : 'in' } });
      if (wanted.has('devices')) {
        const list: BinaryNode = { tag: 'device', attrs: { id: '0' } };
        content.push({ tag: 'devices', attrs: {}, content: [{ tag: 'device-list', attrs: {}, content: [list] }] });
      }
      if (wanted.has('lid')) content.push({ tag: 'lid', attrs: { val: lidOf(phone) } });
      return { tag: 'user', attrs: { jid: user.attrs['jid'] ?? `${phone}@s.whatsapp.net` }, content };
    });
    return { tag: 'list', attrs: {}, content: users };
  }

  private phone(digits: string): FakePhone {
    const phone = this.phones.get(digits) ?? new FakePhone();
    this.phones.set(digits, phone);
    return phone;
  }

  /** Lets the recipient's phone read a message, and says what the test wants said. */
  private async take(connection: Connection, node: BinaryNode): Promise<void> {
    const { device } = connection;
    if (!device) throw new Error('a message before the login');
    const to = phoneOf(node.attrs['to'] ?? '');
    const shares = getBinaryNodeChildren(getBinaryNodeChild(node, 'participants'), 'to');
    const share = shares.find(({ attrs }) => phoneOf(attrs['jid'] ?? '') === to);
    const sealed = getBinaryNodeChild(share ?? node, 'enc');
    if (!sealed) throw new Error('nothing for the recipient');
    const content = await this.phone(to).read(
      jidOf(device),
      sealed.attrs['type'] ?? '',
      Buffer.from(sealed.content as Uint8Array),
    );
    const id = node.attrs['id'] ?? '';
    const text = content.conversation ?? content.extendedTextMessage?.text;
    const message: SentMessage = { id, from: device.phone, to, content, text, at: Date.now() };
    this.messages.push(message);
    const reply = await this.reply(message);
    if (reply === 'silence') return;
    const attrs = { class: 'message', id, from: node.attrs['to'] ?? '', t: nowInSeconds() };
    this.write(connection, { tag: 'ack', attrs: reply === 'ack' ? attrs : { ...attrs, error: String(reply) } });
  }
}

function jidOf({ phone, number }: Pick<Linked, 'phone' | 'number'>): string {
  return `${phone}:${number}@s.whatsapp.net`;
}

export function startFakeWhatsApp(): Promise<FakeWhatsApp> {
  return new FakeWhatsApp().listen();
}
