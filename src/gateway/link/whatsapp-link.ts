import { type AuthenticationCreds, type BinaryNode, type WAMessage, type WASocket } from '@whiskeysockets/baileys';
import { within } from '../../platform/background/timers.js';
import { phoneDigits, whatsappId } from '../../platform/phone/phone.js';
import { SILENT_LOG, type Baileys } from './baileys.js';
import { readIncomingMessage, type IncomingLinkMessage, type IncomingReceipt } from './incoming-message.js';
import { isPersonJid, phoneOfJid } from './jids.js';
import { type Outgoing } from './sending.js';
import { holdBack, type RawSocket } from './outgoing-gate.js';
import { type SignalKeys } from './keys/signal-keys.js';

/** How one send ended. */
export type SendResult =
  /** WhatsApp's server has it. */
  | { readonly kind: 'acked' }
  /** WhatsApp's server said no, by number. */
  | { readonly kind: 'refused'; readonly code: number }
  /** It did not leave. */
  | { readonly kind: 'unsent'; readonly error: unknown }
  /** The connection ended before an answer. */
  | { readonly kind: 'lost' }
  /** No answer in time. */
  | { readonly kind: 'silent' };

/** What happens on a connection. */
export interface LinkListener {
  /** What the QR code to scan says, until the next one comes. */
  qr(text: string): void;
  /** Credentials have changed and are being stored. `linked` once they belong to an account. */
  creds(linked: boolean): void;
  open(): void;
  /** It is over, by this code; nothing is heard after it. */
  closed(code: number): void;
  received(messages: readonly IncomingLinkMessage[]): void;
  receipts(receipts: readonly IncomingReceipt[]): void;
}

export interface LinkOptions {
  readonly library: Baileys;
  readonly url: string;
  readonly keys: SignalKeys;
  readonly creds: AuthenticationCreds;
  readonly listener: LinkListener;
}

/** A send that WhatsApp does not answer within this is given up, in ms. */
const ACK_PATIENCE = 12_000;

/** How long the farewell of a connection may take, in ms. */
const CLOSE_PATIENCE = 1_000;

const QUERY_PATIENCE = 15_000;

/** Statuses of `messages.update`; see `proto.WebMessageInfo.Status`. */
const DELIVERED = 3;
const READ = [4, 5];

/** One connection to WhatsApp, from its opening to its end. */
export class WhatsAppLink {
  private readonly socket: WASocket;
  private readonly raw: RawSocket;
  private readonly acks = new Map<string, (result: SendResult) => void>();
  private over = false;

  constructor(private readonly options: LinkOptions) {
    const { library, url, keys, creds } = options;
    this.socket = library.makeWASocket({
      auth: { creds, keys },
      waWebSocketUrl: url,
      logger: SILENT_LOG,
      browser: library.Browsers.ubuntu('Chrome'),
      makeSignalRepository: (auth, logger, lookUp) => {
        // The very object that Baileys has just given transactions of its own, which write too late (`SignalKeys`).
        const { get, set, transaction, isInTransaction } = keys;
        Object.assign(auth.keys, { get, set, transaction, isInTransaction });
        return library.DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, lookUp);
      },
      defaultQueryTimeoutMs: QUERY_PATIENCE,
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      shouldIgnoreJid: (jid) => !isPersonJid(jid),
    });
    this.raw = rawSocketOf(this.socket, keys);
    holdBack(this.raw, () => keys.stored());
    this.listen();
  }

  /** The account: its number in E.164, and the name that WhatsApp shows of it. */
  get account(): { phone: string | null; name: string | null } {
    const { id, name, notify } = this.socket.user ?? {};
    return { phone: phoneOfJid(id), name: name ?? notify ?? null };
  }

  /**
   * Sends, and waits for the server's word.
   *
   * @param to E.164
   * @param id the message's id; the same one again is the same message for its recipient
   */
  async send(to: string, outgoing: Outgoing, id: string): Promise<SendResult> {
    if (this.over) return { kind: 'lost' };
    const answered = new Promise<SendResult>((resolve) => this.acks.set(id, resolve));
    const sent = this.hand(whatsappId(to), outgoing, id).then(
      () => answered,
      (error: unknown): SendResult => (this.over ? { kind: 'lost' } : { kind: 'unsent', error }),
    );
    try {
      return await within(ACK_PATIENCE, sent, { kind: 'silent' });
    } finally {
      this.acks.delete(id);
    }
  }

  /** Where files go, and the ticket that they go with. @param anew whether the last answer is no good */
  async mediaServers(anew: boolean): Promise<{ hosts: string[]; auth: string }> {
    const { hosts, auth } = await this.socket.refreshMediaConn(anew);
    return { hosts: hosts.map(({ hostname }) => hostname), auth };
  }

  /**
   * @param phone E.164
   * @returns null when WhatsApp did not say
   */
  async isOnWhatsApp(phone: string): Promise<boolean | null> {
    const found = await this.socket.onWhatsApp(phoneDigits(phone));
    return found ? found.some(({ exists }) => exists) : null;
  }

  /** A code of eight characters that the account's phone links this device by. Only while a QR code is shown. */
  requestPairingCode(phone: string): Promise<string> {
    return this.socket.requestPairingCode(phoneDigits(phone));
  }

  /** Takes this device off the account. */
  async logout(): Promise<void> {
    const jid = this.socket.user?.id;
    if (jid === undefined || this.over) return;
    const remove = { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } };
    const attrs = { to: '@s.whatsapp.net', type: 'set', xmlns: 'md' };
    await within(CLOSE_PATIENCE, this.socket.query({ tag: 'iq', attrs, content: [remove] }), undefined);
  }

  /** Ends the connection politely; its end is not told. */
  async close(): Promise<void> {
    this.finish();
    await within(CLOSE_PATIENCE, this.socket.end(undefined), undefined);
    this.raw.terminate();
  }

  /** Ends the connection this instant: nothing leaves any more. Its end is not told. */
  destroy(): void {
    this.finish();
    this.raw.terminate();
    void this.socket.end(undefined);
  }

  private async hand(jid: string, outgoing: Outgoing, messageId: string): Promise<void> {
    if ('content' in outgoing) await this.socket.sendMessage(jid, outgoing.content, { messageId });
    else
      await this.socket.relayMessage(jid, this.options.library.proto.Message.create(outgoing.message), { messageId });
  }

  private finish(): void {
    this.over = true;
    for (const answer of this.acks.values()) answer({ kind: 'lost' });
    this.acks.clear();
  }

  private listen(): void {
    const { ev, ws } = this.socket;
    const { creds, keys, listener } = this.options;
    ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
      const { id = '', error } = attrs;
      this.acks.get(id)?.(error === undefined ? { kind: 'acked' } : { kind: 'refused', code: Number(error) });
    });
    ev.on('creds.update', () => {
      // Before the account is linked there is nothing worth keeping, and half of it would only be in the way.
      const linked = creds.me !== undefined && creds.account !== undefined;
      if (linked) void keys.keepCreds(creds).catch(() => undefined);
      listener.creds(linked);
    });
    ev.on('connection.update', ({ connection, qr, lastDisconnect }) => {
      if (this.over) return;
      if (qr !== undefined) listener.qr(qr);
      if (connection === 'open') listener.open();
      if (connection !== 'close') return;
      this.finish();
      listener.closed(codeOf(lastDisconnect?.error));
    });
    ev.on('messages.upsert', ({ messages }) => void this.hear(messages));
    ev.on('messages.update', (updates) => {
      const receipts = updates.flatMap(({ key, update }) => readReceipt(key, update));
      if (receipts.length > 0) listener.receipts(receipts);
    });
  }

  private async hear(messages: readonly WAMessage[]): Promise<void> {
    const { lidMapping } = this.socket.signalRepository;
    const heard = await Promise.all(
      messages.map(async (message) => {
        const { remoteJid, remoteJidAlt } = message.key;
        const known = phoneOfJid(remoteJid) ?? phoneOfJid(remoteJidAlt);
        const looked = known ?? phoneOfJid(await lidMapping.getPNForLID(remoteJid ?? '').catch(() => null));
        return readIncomingMessage(message, looked);
      }),
    );
    const whole = heard.filter((message) => message !== null);
    if (whole.length > 0) this.options.listener.received(whole);
  }
}

/**
 * Baileys keeps the socket to itself; all that leaves goes through it. A Baileys whose inside is another must not be
 * used without what we put there.
 */
function rawSocketOf(socket: WASocket, keys: SignalKeys): RawSocket {
  const { socket: raw } = socket.ws as unknown as { socket: RawSocket | null | undefined };
  const used: object = socket.authState.keys;
  if (typeof raw?.send === 'function' && 'transaction' in used && used.transaction === keys.transaction) return raw;
  void socket.end(undefined);
  throw new Error('this version of Baileys cannot be used: its key state would be written too late');
}

function readReceipt(
  key: { id?: string | null; fromMe?: boolean | null },
  { status, messageTimestamp }: { status?: number | null; messageTimestamp?: unknown },
): IncomingReceipt[] {
  if (!key.id || !key.fromMe || status == null) return [];
  const seconds = Number(messageTimestamp);
  const at = Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1000) : null;
  if (status === DELIVERED) return [{ whatsappId: key.id, status: 'delivered', at }];
  return READ.includes(status) ? [{ whatsappId: key.id, status: 'read', at }] : [];
}

/** The number that an error of Baileys' (a Boom) carries; without one the connection was lost. */
function codeOf(error: unknown): number {
  const code = (error as { output?: { statusCode?: unknown } } | undefined)?.output?.statusCode;
  return typeof code === 'number' ? code : 428;
}
