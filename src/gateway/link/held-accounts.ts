import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import { SESSION } from '../../delivery/providers/session/name.js';
import { loadBaileys, type Baileys } from './baileys.js';
import { GatewayEvents, type LinkedAccountRef } from './gateway-events.js';
import { GatewayKeysRepository } from './keys/signal-keys.repository.js';
import { type AccountLease } from './linked-account-state.js';
import { KeyWriter } from './keys/signal-key-writer.js';
import { LinkedAccount, type LinkedAccountParts } from './linked-account.js';
import { IncomingHandler } from './incoming-handler.js';
import { AccountLeasesRepository, type TakenAccount } from './account-leases.repository.js';
import { LinkedAccountSeal } from './linked-account-seal.js';

/** How long an instance holds a linked account without renewing it, in seconds. */
const LEASE = 15;

/** How often leases are renewed, in ms: two may fail in a row. */
const RENEW_EVERY = 4_000;

/**
 * An instance that could not renew ends its connections so long before another one may take them, in ms. Two logins of
 * one account at the same time would end each other.
 */
const EARLIER = 2_000;

/** How often each instance looks for linked accounts that nobody holds, in ms. */
const TAKE_EVERY = 2_000;

/** How many it takes at once: each costs some tenths of a second of the processor. */
const TAKEN_AT_ONCE = 50;

/** A linked account whose key this instance cannot open is left to others for so long, in ms. */
const UNREADABLE_FOR = 60_000;

/** How long a stop waits for sends under way, in ms. */
const STOP_PATIENCE = 3_000;

/** The linked accounts that this instance holds: taken by a lease, renewed, handed over. */
@Injectable()
export class HeldAccounts implements BeforeApplicationShutdown {
  /** Name of this instance among the owners. */
  readonly owner = randomUUID();

  private readonly sessions = new Map<string, LinkedAccount>();
  private readonly unreadable = new Map<string, number>();
  private library: Baileys | null = null;
  private recurring: Recurring[] = [];
  private watch: NodeJS.Timeout | undefined;
  /** Until when the leases surely last; see `performance.now()`. */
  private readonly leaseUntil = new WeakMap<AccountLease, number>();
  private stopping = false;
  private readonly ready = new Set<() => void>();

  constructor(
    private readonly modeSettings: ModeSettings,
    private readonly deliverySettings: DeliverySettings,
    private readonly gatewaySettings: GatewaySettings,
    private readonly leases: AccountLeasesRepository,
    private readonly keys: GatewayKeysRepository,
    private readonly writer: KeyWriter,
    private readonly seal: LinkedAccountSeal,
    private readonly incoming: IncomingHandler,
    private readonly events: GatewayEvents,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** Begins to take linked accounts. Not when the rooms are made: a command that works with them holds none. */
  begin(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'linked accounts were not maintained');
    this.recurring = [
      every(TAKE_EVERY, () => this.take({ count: TAKEN_AT_ONCE }), onError),
      every(RENEW_EVERY, () => this.renew(), onError),
    ];
    this.watch = setInterval(() => this.dropLate(), 250).unref();
  }

  /** Before the last request is answered: another instance takes over at once what is handed over here. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.watch);
    const held = [...this.sessions.values()];
    const end = performance.now() + STOP_PATIENCE;
    while (held.some(({ busy }) => busy) && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(held.map((session) => session.close(false)));
    await this.leases
      .release(held.map(({ lease }) => lease))
      .catch((err: unknown) =>
        this.logger.warn({ err }, 'linked accounts not handed over; another instance waits for their leases'),
      );
    await Promise.all(this.recurring.map((task) => task.stop()));
    await this.events.settled();
  }

  /** Whether this instance can hold linked accounts at all. */
  async available(): Promise<boolean> {
    this.library = await loadBaileys(this.logger);
    return this.library !== null;
  }

  get(id: string): LinkedAccount | undefined {
    return this.sessions.get(id);
  }

  /** What this instance holds, whatever its state. */
  held(): LinkedAccount[] {
    return this.stopping ? [] : [...this.sessions.values()];
  }

  /** Told whenever a linked account may be able to send again. */
  whenReady(listener: () => void): void {
    this.ready.add(listener);
  }

  /** Takes one linked account now, if nobody holds it. */
  async takeNow(id: string): Promise<void> {
    await this.take({ only: id, count: 1 });
  }

  /** What others may know of a linked account. */
  refOf({ id, name, apiKeyId }: LinkedAccount): LinkedAccountRef {
    return {
      id,
      name,
      apiKeyId,
      forLadder: isForLadder({ name, apiKeyId }, this.deliverySettings, this.gatewaySettings),
    };
  }

  private async take(wanted: { only?: string; count: number }): Promise<void> {
    if (this.stopping || !this.watch) return;
    const now = performance.now();
    for (const [id, until] of this.unreadable) if (until < now) this.unreadable.delete(id);
    // Without Baileys, and as long as there is nothing to hold, it is not even loaded.
    if (!this.library && !(await this.mayTake())) return;
    const asked = performance.now();
    const without = [...this.sessions.keys(), ...this.unreadable.keys()];
    const taken = await this.leases.take(this.owner, LEASE, { ...wanted, without });
    for (const row of taken) this.hold(row, asked);
  }

  private async mayTake(): Promise<boolean> {
    return (await this.leases.anyFree()) && (await this.available());
  }

  private hold(row: TakenAccount, since: number): void {
    const lease = { sessionId: row.id, owner: this.owner, fence: row.fence };
    this.leaseUntil.set(lease, since + LEASE * 1000 - EARLIER);
    try {
      const session = new LinkedAccount(lease, row, this.seal.openKey(row.sealed_key, row.id), this.parts());
      this.sessions.set(row.id, session);
      session.start();
    } catch (err) {
      this.logger.error(
        { err, session: row.name },
        'a linked account cannot be opened; is AUTH_SECRET being replaced?',
      );
      this.unreadable.set(row.id, performance.now() + UNREADABLE_FOR);
      void this.leases.release([lease]).catch(() => undefined);
    }
  }

  private async renew(): Promise<void> {
    const held = [...this.sessions.values()];
    if (held.length === 0) return;
    const asked = performance.now();
    const renewed = await this.leases.renew(
      held.map(({ lease }) => lease),
      LEASE,
    );
    for (const session of held) {
      if (renewed.has(session.lease)) this.leaseUntil.set(session.lease, asked + LEASE * 1000 - EARLIER);
      else this.lose(session, 'taken over or deleted');
    }
  }

  /** Ends what could not be renewed in time, before another instance may take it. */
  private dropLate(): void {
    const now = performance.now();
    for (const session of this.sessions.values())
      if (now >= (this.leaseUntil.get(session.lease) ?? 0)) this.lose(session, 'not renewed in time');
  }

  private lose(session: LinkedAccount, why: string): void {
    this.logger.warn({ session: session.name, why }, 'linked account released');
    session.abandon();
  }

  private parts(): LinkedAccountParts {
    if (!this.library) throw new Error('Baileys is not loaded');
    const { gatewaySettings: settings, leases, keys, writer, seal, logger } = this;
    return {
      library: this.library,
      url: settings.gatewayWhatsappUrl,
      pauseMs: settings.gatewayPauseMs,
      jitterMs: settings.gatewayJitterMs,
      leases,
      keys,
      writer,
      seal,
      logger,
      changed: (session, state) => {
        this.events.accountChanged(this.refOf(session), state);
        if (state === 'CONNECTED') for (const listener of this.ready) listener();
      },
      ended: (session, release) => void this.ended(session, release),
      received: (session, messages) => void this.incoming.messages(this.refOf(session), messages),
      receipts: (session, receipts) => void this.incoming.receipts(this.refOf(session), receipts),
      qr: (session, text) => void this.draw(session, text),
    };
  }

  private async ended(session: LinkedAccount, release: boolean): Promise<void> {
    if (this.sessions.get(session.id) === session) this.sessions.delete(session.id);
    if (!release) return;
    await this.leases
      .release([session.lease])
      .catch((err: unknown) => this.logger.warn({ err, session: session.name }, 'a linked account was not released'));
  }

  /** For the terminal of a development start; a log would keep it. */
  private async draw({ name }: LinkedAccount, text: string): Promise<void> {
    if (this.modeSettings.production || this.modeSettings.test) return;
    const { toString: drawQr } = await import('qrcode');
    const picture = await drawQr(text, { type: 'terminal', small: true });
    process.stdout.write(`\n  Scan with WhatsApp to link the account ${name}:\n\n${picture}\n`);
  }
}

/**
 * Whether the ladder and the bot use a linked account, where the ladder has the rung at all: the one that
 * `WHATSAPP_SESSION_ID` names, else any; never one that an API key made. Who links an account reads on its phone what
 * the account sends: a key must not be a way to other people's codes. And nobody who links a phone of their own expects
 * it to answer friends.
 */
export function isForLadder(
  { name, apiKeyId }: Pick<LinkedAccountRef, 'name' | 'apiKeyId'>,
  { providers }: Pick<DeliverySettings, 'providers'>,
  { whatsappSessionId }: Pick<GatewaySettings, 'whatsappSessionId'>,
): boolean {
  if (!providers.includes(SESSION)) return false;
  return apiKeyId === null && (whatsappSessionId === undefined || name === whatsappSessionId);
}
