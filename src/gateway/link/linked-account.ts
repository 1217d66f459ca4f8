import { type AuthenticationCreds } from '@whiskeysockets/baileys';
import { AppError } from '../../platform/errors/app-error.js';
import { type ServiceLogger } from '../../platform/log/logger.js';
import { type Baileys } from './baileys.js';
import { CLOSE, afterClose } from './close-codes.js';
import { type GatewayKeysRepository } from './keys/signal-keys.repository.js';
import { type AccountLease, type LinkedAccountState } from './linked-account-state.js';
import { type SendEnd, type Outgoing } from './sending.js';
import { type IncomingLinkMessage, type IncomingReceipt } from './incoming-message.js';
import { LeaseLost, type KeyWriter } from './keys/signal-key-writer.js';
import { SignalKeys } from './keys/signal-keys.js';
import { type LinkedAccountSeal } from './linked-account-seal.js';
import { type AccountLeasesRepository, type StateNote, type TakenAccount } from './account-leases.repository.js';
import { WhatsAppLink, type SendResult } from './whatsapp-link.js';

/** What a linked account needs of its instance. */
export interface LinkedAccountParts {
  readonly library: Baileys;
  readonly url: string;
  readonly pauseMs: number;
  readonly jitterMs: number;
  readonly leases: AccountLeasesRepository;
  readonly keys: GatewayKeysRepository;
  readonly writer: KeyWriter;
  readonly seal: LinkedAccountSeal;
  readonly logger: ServiceLogger;
  /** It can send from now on, or cannot any more. */
  changed(session: LinkedAccount, state: LinkedAccountState): void;
  /** It is over on this instance. `release`: another one may take it at once. */
  ended(session: LinkedAccount, release: boolean): void;
  received(session: LinkedAccount, messages: readonly IncomingLinkMessage[]): void;
  receipts(session: LinkedAccount, receipts: readonly IncomingReceipt[]): void;
  /** A new QR code to scan. */
  qr(session: LinkedAccount, text: string): void;
}

/** How long QR codes are shown before a person has to ask for new ones, in seconds: docs/contract/gateway.md#sessions. */
export const PAIRING_SECONDS = 300;

/** A connection that lived so long was a good one, in ms: its end is the first of a new row. */
const LASTED = 30_000;

/** WhatsApp's number for an account that may not begin conversations for now. */
const RESTRICTED = 463;

/** Codes that may be asked for within `PAIRING_SECONDS`, restarts or not: each rings somebody's phone. */
const MOST_CODES = 3;

/** How long a wish for a pairing code waits for the connection that it needs, in ms. */
const QR_PATIENCE = 12_000;

/** A linked account, or one that is being linked, while this instance holds it. */
export class LinkedAccount {
  readonly id: string;
  readonly name: string;
  readonly apiKeyId: string | null;
  /** When it may send again; see `performance.now()`. */
  freeAt = 0;
  /** Whether it is sending. */
  busy = false;
  /** Files that are on their way to WhatsApp, while other messages leave. */
  uploads = 0;
  /** Messages whose files are there: they go before what is still in the queue. */
  ready = 0;

  private readonly keys: SignalKeys;
  private link: WhatsAppLink | undefined;
  private creds: AuthenticationCreds | undefined;
  private state: LinkedAccountState = 'CONNECTING';
  private noting: Promise<unknown> = Promise.resolve();
  private again: NodeJS.Timeout | undefined;
  private pairingEnd: NodeJS.Timeout | undefined;
  private pairingUntil: number;
  private failures = 0;
  private openedAt: number | undefined;
  /** When pairing codes were asked for; see `performance.now()`. */
  private codesAsked: number[] = [];
  private shown: (() => void)[] = [];
  private attempt = 0;
  private restarting: Promise<void> | undefined;
  private over = false;

  constructor(
    readonly lease: AccountLease,
    taken: TakenAccount,
    key: Buffer,
    private readonly parts: LinkedAccountParts,
  ) {
    this.id = taken.id;
    this.name = taken.name;
    this.apiKeyId = taken.api_key_id;
    this.pairingUntil = performance.now() + taken.pairing_seconds_left * 1000;
    const { library, keys: repository, writer } = parts;
    const onFailure = (error: unknown) => this.loseKeys(error);
    this.keys = new SignalKeys({ library, lease, key, repository, writer, onFailure });
  }

  get canSend(): boolean {
    return this.state === 'CONNECTED' && !this.over;
  }

  /** Opens the connection; what becomes of it is told to `parts`. */
  start(): void {
    this.attempt += 1;
    void this.connect(this.attempt);
  }

  /** Asks WhatsApp about a number, E.164; null when it did not say. */
  async isOnWhatsApp(phone: string): Promise<boolean | null> {
    return (await this.link?.isOnWhatsApp(phone).catch(() => null)) ?? null;
  }

  /** @throws when it is not connected, or WhatsApp does not answer */
  async mediaServers(anew: boolean): Promise<{ hosts: string[]; auth: string }> {
    if (!this.link) throw new Error('not connected');
    return this.link.mediaServers(anew);
  }

  /** Sends one message and says how that ended. */
  async send(to: string, outgoing: Outgoing, whatsappId: string): Promise<SendEnd> {
    const result: SendResult = (await this.link?.send(to, outgoing, whatsappId)) ?? { kind: 'lost' };
    const { pauseMs, jitterMs } = this.parts;
    this.freeAt = performance.now() + pauseMs + Math.random() * jitterMs;
    switch (result.kind) {
      case 'acked':
        return { state: 'SENT' };
      case 'lost':
        return { state: 'QUEUED' };
      case 'silent':
        return { state: 'UNKNOWN' };
      case 'unsent':
        this.parts.logger.warn({ err: result.error, session: this.name }, 'a message could not be prepared');
        return { state: 'FAILED', error: 'not_sent' };
      case 'refused':
        return this.refused(result.code);
    }
  }

  /**
   * A code that links the account by typing it into its phone.
   *
   * @param phone of the account, E.164
   * @throws AppError `session_already_linked`, `rate_limited`, `message_not_sent` when WhatsApp does not answer
   */
  async pairingCode(phone: string): Promise<string> {
    if (this.creds?.account) throw new AppError('session_already_linked');
    this.chargeCode();
    if (this.state !== 'QR') await this.nextQr();
    if (!this.link || this.state !== 'QR') throw new AppError('message_not_sent', { retryAfter: 5 });
    return this.link.requestPairingCode(phone);
  }

  /**
   * Begins anew with what is stored, for a person who wants it to try again; who asks meanwhile waits for the same
   * beginning. Two connections of one account would end each other.
   *
   * @param pairingSeconds time to scan
   */
  restart(pairingSeconds: number): Promise<void> {
    this.restarting ??= this.beginAnew(pairingSeconds).finally(() => (this.restarting = undefined));
    return this.restarting;
  }

  private chargeCode(): void {
    const now = performance.now();
    const recent = this.codesAsked.filter((at) => at > now - PAIRING_SECONDS * 1000);
    const [first = now] = recent;
    if (recent.length >= MOST_CODES)
      throw new AppError('rate_limited', { retryAfter: PAIRING_SECONDS - (now - first) / 1000 });
    this.codesAsked = [...recent, now];
  }

  private async beginAnew(pairingSeconds: number): Promise<void> {
    this.pairingUntil = performance.now() + pairingSeconds * 1000;
    this.failures = 0;
    clearTimeout(this.again);
    await this.link?.close();
    this.link = undefined;
    if (!this.creds?.account) this.creds = undefined;
    this.note({ state: 'CONNECTING' });
    this.start();
  }

  /** Takes the device off its account, where there is one, and ends here. */
  async logout(): Promise<void> {
    if (this.canSend) await this.link?.logout().catch(() => undefined);
    await this.close(false);
  }

  /** Ends the connection politely, with everything stored. @param release whether another instance may take it */
  async close(release: boolean): Promise<void> {
    if (this.over) return;
    this.finish();
    await this.link?.close();
    await this.noting;
    await this.keys.stored()?.catch(() => undefined);
    this.parts.ended(this, release);
  }

  /** The linked account is another's: nothing leaves from now on. */
  abandon(): void {
    if (this.over) return;
    this.finish();
    this.link?.destroy();
    this.parts.ended(this, false);
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.again);
    clearTimeout(this.pairingEnd);
    for (const resolve of this.shown.splice(0)) resolve();
  }

  private get pairingSecondsLeft(): number {
    return Math.max(0, (this.pairingUntil - performance.now()) / 1000);
  }

  /** @param attempt a newer one takes the place of this one while the credentials are read */
  private async connect(attempt: number): Promise<void> {
    try {
      const creds = this.creds ?? (await this.keys.creds()) ?? this.parts.library.initAuthCreds();
      if (this.over || attempt !== this.attempt) return;
      this.creds = creds;
      if (!this.creds.account && this.pairingSecondsLeft <= 0) await this.stop(CLOSE.connectionLost);
      else this.link = this.open(this.creds);
    } catch (error) {
      this.loseKeys(error);
    }
  }

  private open(creds: AuthenticationCreds): WhatsAppLink {
    const { library, url } = this.parts;
    return new WhatsAppLink({
      library,
      url,
      keys: this.keys,
      creds,
      listener: {
        qr: (text) => this.show(text),
        creds: (linked) => linked && clearTimeout(this.pairingEnd),
        open: () => this.opened(),
        closed: (code) => void this.closed(code),
        received: (messages) => this.parts.received(this, messages),
        receipts: (receipts) => this.parts.receipts(this, receipts),
      },
    });
  }

  private show(text: string): void {
    if (this.over) return;
    clearTimeout(this.pairingEnd);
    this.pairingEnd = setTimeout(() => void this.stop(CLOSE.connectionLost), this.pairingSecondsLeft * 1000).unref();
    this.note({ state: 'QR', sealedQr: this.parts.seal.qr(text, this.id) });
    this.parts.qr(this, text);
    for (const resolve of this.shown.splice(0)) resolve();
  }

  /** Resolves when a QR code is shown, or when that takes too long. */
  private async nextQr(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.shown.push(resolve);
      setTimeout(resolve, QR_PATIENCE).unref();
    });
  }

  private opened(): void {
    this.openedAt = performance.now();
    const { phone, name } = this.link?.account ?? { phone: null, name: null };
    this.parts.logger.info({ session: this.name }, 'linked WhatsApp account connected');
    this.note({ state: 'CONNECTED', phone, pushName: name?.slice(0, 100) ?? null });
  }

  private async closed(code: number): Promise<void> {
    if (this.over) return;
    const lasted = this.openedAt !== undefined && performance.now() - this.openedAt > LASTED;
    this.openedAt = undefined;
    this.link = undefined;
    this.failures = lasted ? 1 : this.failures + 1;
    clearTimeout(this.pairingEnd);
    const linked = this.creds?.account !== undefined;
    const next = linked ? afterClose(code, this.failures, Math.random()) : this.afterPairing(code);
    const { logger } = this.parts;
    if (code !== CLOSE.restartRequired)
      logger.warn({ session: this.name, code, next: next.kind }, 'connection to WhatsApp ended');
    if (next.kind === 'forget') return this.forget(code);
    if (next.kind === 'stop') return this.stop(code);
    // A first failure is a hiccup; from the second on it is down.
    const down = this.failures > 1 && code !== CLOSE.restartRequired;
    this.note({ state: down && linked ? 'DISCONNECTED' : 'CONNECTING', closeCode: code });
    this.again = setTimeout(() => this.start(), next.after).unref();
  }

  /** An attempt to link that came to nothing leaves nothing behind: half-made credentials would try to log in. */
  private afterPairing(code: number) {
    this.creds = undefined;
    if (this.pairingSecondsLeft <= 0) return { kind: 'stop' } as const;
    // All QR codes of a connection were shown: the next ones come at once.
    if (code === CLOSE.connectionLost && this.failures < 10) return { kind: 'again', after: 1_000 } as const;
    return { kind: 'again', after: Math.min(30_000, 1_000 * 2 ** this.failures) } as const;
  }

  private async stop(code: number): Promise<void> {
    if (this.over) return;
    this.finish();
    this.state = 'DISCONNECTED';
    await this.link?.close();
    await this.noted({ state: 'DISCONNECTED', closeCode: code, wanted: false });
    this.parts.changed(this, 'DISCONNECTED');
    this.parts.ended(this, true);
  }

  /** The phone has taken the device off, or WhatsApp has banned the account. */
  private async forget(code: number): Promise<void> {
    this.finish();
    this.state = 'LOGGED_OUT';
    await this.noting;
    const sealedKey = this.parts.seal.newKey(this.id);
    await this.parts.leases
      .forget(this.lease, code, sealedKey)
      .catch((err: unknown) =>
        this.parts.logger.error({ err, session: this.name }, 'could not clear the keys of a logged-out account'),
      );
    this.parts.changed(this, 'LOGGED_OUT');
    this.parts.ended(this, true);
  }

  private async refused(code: number): Promise<SendEnd> {
    const { logger, leases } = this.parts;
    logger.warn({ session: this.name, code }, 'WhatsApp refused a message');
    if (code !== RESTRICTED) return { state: 'FAILED', error: 'refused' };
    // Every further try makes WhatsApp's restriction longer.
    await leases
      .restrict(this.lease)
      .catch((err: unknown) => logger.warn({ err, session: this.name }, 'a restriction was not stored'));
    return { state: 'FAILED', error: 'restricted' };
  }

  /** What is in memory is not what is stored: this ends here, and whoever takes it next begins with what is stored. */
  private loseKeys(error: unknown): void {
    if (this.over) return;
    this.finish();
    this.link?.destroy();
    const lost = error instanceof LeaseLost;
    this.parts.logger.warn(
      { err: error, session: this.name },
      'key state of a linked account not read or stored: it restarts',
    );
    this.parts.ended(this, !lost);
  }

  private note(note: StateNote): void {
    if (this.over) return;
    this.state = note.state;
    this.parts.changed(this, note.state);
    void this.noted(note);
  }

  /** Notes are written in their order. */
  private noted(note: StateNote): Promise<unknown> {
    this.noting = this.noting
      .then(() => this.parts.leases.note(this.lease, note))
      .then((held) => {
        if (!held) this.abandon();
      })
      .catch((err: unknown) =>
        this.parts.logger.warn({ err, session: this.name }, 'the state of a linked account was not stored'),
      );
    return this.noting;
  }
}
