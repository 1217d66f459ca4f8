import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Transaction } from '../../platform/database/database.js';
import { type AppError } from '../../platform/errors/app-error.js';
import { maskPhone, parsePhone } from '../../platform/phone/phone.js';
import { AuditRepository, type RecordedEventRow } from './audit.repository.js';
import { Refusals, type Refusal } from './refusals.js';

/** A security event: who, what, where from, how it ended. Holds no secret, no code and no whole phone number. */
export interface AuditEvent {
  readonly type: string;
  readonly outcome: 'success' | 'failure';
  /** Who did it, where that is known. */
  readonly userId?: string | null;
  /** What it is about: a login session, a code, a key; with `user.…` the account. */
  readonly subjectId?: string | null;
  /** The number that it is about, E.164: its events are found by it, and it is stored as an HMAC only. */
  readonly phone?: string | null;
  /** Key of the client's address. */
  readonly address?: string | null;
  readonly requestId?: string | null;
  readonly detail?: Record<string, unknown>;
}

/** The request that was refused. */
interface RefusedRequest {
  readonly id: string;
  /** Key of the client's address. */
  readonly address: string;
  /** Who made it, where that is known and the refusal does not say so. */
  readonly userId?: string | null;
  /** Whose account it named, as typed, where the refusal does not say so: a number, an e-mail or a username. */
  readonly named?: string | undefined;
  /** Its method and the pattern of its path. */
  readonly route?: string | undefined;
  /** What else is to be told; refusals that differ in it are not of one kind. */
  readonly detail?: Record<string, unknown>;
}

/** What the HMAC of a number is made under. */
const LABEL = 'audit-phone';

/** The longest e-mail address (RFC 5321 section 4.5.3.1.3), in characters. */
const LONGEST_NAME = 254;

/** The append-only log of security events. Hot paths write theirs in the same statement (`audit.sql.ts`). */
@Injectable()
export class Audit {
  /** Refusals that a flow has recorded, so that they are not recorded again when they become an answer. */
  private readonly recorded = new WeakSet<AppError>();

  constructor(
    private readonly settings: RegionSettings,
    private readonly secret: AuthSecret,
    private readonly repository: AuditRepository,
    private readonly refusals: Refusals,
  ) {}

  /** Represents a number (E.164) in events: 16 bytes, an HMAC under a key that the database does not hold. */
  phoneKey(phone: string): Buffer {
    return halfOf(this.secret.mac(LABEL, phone));
  }

  /** The keys that a number may have in events: while AUTH_SECRET is replaced there are two. */
  phoneKeys(phone: string): Buffer[] {
    return this.secret.acceptedMacs(LABEL, phone).map(halfOf);
  }

  /** Writes one event, within the transaction of the change it tells of where there is one. */
  async record(event: AuditEvent, within?: Transaction): Promise<void> {
    const row = {
      id: uuidv7(),
      type: event.type,
      outcome: event.outcome,
      userId: event.userId ?? null,
      subjectId: event.subjectId ?? null,
      address: event.address ?? null,
      requestId: event.requestId ?? null,
      detail: event.detail,
      phoneKey: event.phone == null ? null : this.phoneKey(event.phone),
    };
    await this.repository.insert(row, within);
  }

  /**
   * Writes down a refusal: which account or number, why, and from where. The account is looked up where only what it is
   * called is known. Those of one kind and minute are counted in one row. Resolves when it is written.
   */
  recordRefusal(type: string, refusal: AppError, from: RefusedRequest): Promise<void> {
    this.recorded.add(refusal);
    return this.refusals.write(this.refusalOf(type, refusal, from));
  }

  /** The same behind the answer, unless a flow has recorded this very refusal. */
  noteRefusal(type: string, refusal: AppError, from: RefusedRequest): void {
    if (!this.recorded.has(refusal)) this.refusals.note(this.refusalOf(type, refusal, from));
  }

  /** The events that an account made or that were made about it, oldest first. */
  personalDataOf(userId: string): Promise<RecordedEventRow[]> {
    return this.repository.eventsOf(userId);
  }

  /**
   * Leaves of an account's events that they happened, and to which id. Comes after the account was erased, in the same
   * transaction: the log refuses it before.
   *
   * @param phones its numbers, E.164; their events without an account no longer say which number
   */
  async forget(userId: string, phones: readonly string[], within: Transaction): Promise<void> {
    await this.repository.forget(userId, within);
    await this.forgetNumbers(phones, within);
  }

  /** Of events that are about these numbers (E.164) and no account: which number. */
  forgetNumbers(phones: readonly string[], within: Transaction): Promise<void> {
    return this.repository.forgetNumbers(
      phones.flatMap((phone) => this.phoneKeys(phone)),
      within,
    );
  }

  private refusalOf(type: string, { code, concerns = {} }: AppError, from: RefusedRequest): Refusal {
    const userId = concerns.userId ?? from.userId ?? null;
    const { subjectId = null, reason } = concerns;
    const { id: requestId, address, route, detail = {} } = from;
    const phone = concerns.phone ?? parsePhone(from.named, this.settings.allowedCountries);
    const phoneKey = phone === null ? null : this.phoneKey(phone);
    // What is undefined is left out when this becomes JSON.
    const facts = { code, reason, phone: phone === null ? undefined : maskPhone(phone), ...detail };
    const whom = phoneKey?.toString('hex') ?? userId ?? subjectId;
    const kind = JSON.stringify([type, address, whom, { ...facts, phone: undefined }]);
    const named = phone ?? shortEnough(from.named);
    return { kind, type, userId, phoneKey, named, subjectId, address, requestId, detail: { ...facts, route } };
  }
}

function halfOf(mac: Buffer): Buffer {
  return mac.subarray(0, 16);
}

/** No account is called anything longer. */
function shortEnough(named: string | undefined): string | null {
  return named !== undefined && named.length <= LONGEST_NAME ? named : null;
}
