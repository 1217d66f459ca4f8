import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { LimitSettings } from '../../platform/config/groups/limits.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LeasedLimits, type Limit } from '../../platform/limits/leased-limits.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { countryOf } from '../../platform/phone/phone.js';
import { type KnownDevice } from '../../identity/sessions/device-tokens.js';
import { SendLimitsRepository } from './send-limits.repository.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** The share of the day's allowance at which somebody should look. */
const ALERT_SHARE = 0.8;

/** One alert for each window of the service's allowance. */
const ALERT: Limit = { name: 'service-alert', cap: 1, seconds: DAY };

/** Of the verified sends of the last day, the share that may go unverified in an hour on top of the base. */
const FOLLOWS = 0.5;

const COUNTRY = 'country-sends';

/** Who wants a send: the number, and the device that asks. */
interface Asked {
  readonly phone: string;
  readonly device: KnownDevice | null;
}

/** What becomes of a send that a budget has no room for: the last two let it go. */
type Decision = 'refused' | 'recorded' | 'known_device';

/** One budget that a send draws on. */
interface SendReservation {
  readonly limit: Limit;
  readonly subject: string;
}

/** What a send holds until it is verified: given back then, since a message that somebody used was not abuse. */
export type SendReservations = readonly SendReservation[];

/** The number without its last four digits: numbers that are dialled in a row share it. */
export const prefixOf = (e164: string) => e164.slice(0, -4);

/**
 * Send limits shared by many numbers: range, country, whole service. A range of numbers and a country have a budget of unverified sends an hour that
 * follows the verified volume, against those who earn on messages that nobody reads (pumping); the whole service has an
 * allowance a day. That of the client's address is declared at the route (`AddressLimit`).
 */
@Injectable()
export class SendLimits {
  private readonly service: SendReservation;
  private readonly alertAt: number;

  constructor(
    private readonly limitSettings: LimitSettings,
    private readonly sessionSettings: SessionSettings,
    private readonly limits: LeasedLimits,
    private readonly repository: SendLimitsRepository,
    private readonly audit: Audit,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    this.alertAt = limitSettings.serviceSendsPerDay * ALERT_SHARE;
    const onUsed = (before: number, after: number, windowStartedAt: Date) => {
      if (before >= this.alertAt || after < this.alertAt) return;
      this.alert(after, windowStartedAt).catch((err: unknown) =>
        this.logger.warn({ err }, 'the spend alert was not recorded'),
      );
    };
    const limit = { name: 'service-sends', cap: limitSettings.serviceSendsPerDay, seconds: DAY, onUsed };
    this.service = { limit, subject: 'all' };
  }

  /**
   * Takes what one send to a number needs, all or nothing. A known device of its owner is not kept out by budgets that
   * strangers have used up: its own allowance bounds it.
   *
   * @param phone E.164
   * @returns what `giveBack` wants when the send did not happen
   * @throws AppError `otp_rate_limited`
   */
  async reserve(phone: string, device: KnownDevice | null, context: RequestContext): Promise<SendReservations> {
    const taken: SendReservation[] = [];
    try {
      for (const reservation of [this.range(phone), this.service, this.country(phone)]) {
        const refusedFor = await this.limits.reserve(reservation.limit, reservation.subject);
        if (refusedFor === null) taken.push(reservation);
        else await this.decide(reservation, refusedFor, { phone, device }, context);
      }
      return taken;
    } catch (error) {
      this.giveBack(taken);
      throw error;
    }
  }

  /** Puts back what a send took that did not happen. */
  giveBack(reservations: SendReservations): void {
    for (const { limit, subject } of reservations) this.limits.giveBack(limit, subject);
  }

  /** Puts back what a send took that has been verified; the day's allowance of the service stays spent. */
  verifiedSend(phone: string): void {
    for (const { limit, subject } of [this.range(phone), this.country(phone)])
      this.limits.countVerified(limit, subject);
  }

  /** How much of the day's allowance of the whole service is spent; its day begins with the first send. */
  async spent(): Promise<{ used: number; cap: number; endsAt: Date | null }> {
    const { limit, subject } = this.service;
    return { ...(await this.limits.spent(limit, subject)), cap: limit.cap };
  }

  private range(phone: string): SendReservation {
    return this.budget('prefix-sends', prefixOf(phone), this.limitSettings.prefixSendsPerHour);
  }

  private country(phone: string): SendReservation {
    return this.budget(COUNTRY, countryOf(phone), this.limitSettings.countrySendsPerHour);
  }

  /** A budget of unverified sends: a base, and a share of what was verified lately. */
  private budget(name: string, subject: string, base: number): SendReservation {
    return { limit: { name, cap: base, seconds: HOUR, growth: FOLLOWS }, subject };
  }

  /** Writes down what becomes of a send that a budget has no room for, and why. */
  private async decide(
    { limit, subject }: SendReservation,
    retryAfter: number,
    asked: Asked,
    { id, address }: RequestContext,
  ): Promise<void> {
    const decision = await this.decision(limit, asked);
    // What is let go is about the budget, and about nobody's number.
    const concerns = decision === 'refused' ? { phone: asked.phone } : {};
    const refusal = new AppError('otp_rate_limited', { retryAfter, concerns });
    const cap = this.limits.standing(limit, subject)?.cap ?? limit.cap;
    const detail = { limit: limit.name, subject, cap, decision };
    await this.audit.recordRefusal('limits.sends', refusal, { id, address, detail });
    if (decision === 'refused') throw refusal;
  }

  private async decision(limit: Limit, { phone, device }: Asked): Promise<Decision> {
    // The spend cap holds for everybody.
    if (limit.name === this.service.limit.name) return 'refused';
    if (device && (await this.repository.isKnown(device, this.sessionSettings.deviceTokenExpiresIn, phone)))
      return 'known_device';
    return limit.name === COUNTRY && this.limitSettings.abuseMode === 'record' ? 'recorded' : 'refused';
  }

  /** Once a window: blocks that come back unused let the line be crossed again. */
  private async alert(used: number, windowStartedAt: Date): Promise<void> {
    if ((await this.limits.reserve(ALERT, windowStartedAt.toISOString())) !== null) return;
    const detail = { limit: this.service.limit.name, used, cap: this.service.limit.cap };
    this.logger.warn(detail, 'four fifths of the day’s messages are spent');
    await this.audit.record({ type: 'limits.spend_alert', outcome: 'success', detail });
  }
}
