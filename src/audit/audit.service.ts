import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type Transaction } from '../database/database.js';
import { type AppError } from '../errors/app-error.js';
import { maskPhone } from '../phone/phone.js';
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
  /** Its method and the pattern of its path. */
  readonly route?: string | undefined;
  /** What else is to be told; refusals that differ in it are not of one kind. */
  readonly detail?: Record<string, unknown>;
}

/** The append-only log of security events. Hot paths write theirs in the same statement (`audit.sql.ts`). */
@Injectable()
export class Audit {
  /** Refusals that a flow has recorded, so that they are not recorded again when they become an answer. */
  private readonly recorded = new WeakSet<AppError>();

  constructor(
    private readonly repository: AuditRepository,
    private readonly refusals: Refusals,
  ) {}

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
    };
    await this.repository.insert(row, within);
  }

  /**
   * Writes down a refusal: which account or number, why, and from where. Those of one kind and minute are counted in one
   * row. Resolves when it is written.
   */
  recordRefusal(type: string, refusal: AppError, from: RefusedRequest): Promise<void> {
    this.recorded.add(refusal);
    return this.refusals.write(refusalOf(type, refusal, from));
  }

  /** The same behind the answer, unless a flow has recorded this very refusal. */
  noteRefusal(type: string, refusal: AppError, from: RefusedRequest): void {
    if (!this.recorded.has(refusal)) this.refusals.note(refusalOf(type, refusal, from));
  }

  /** The events that an account made or that were made about it, oldest first. */
  heldOf(userId: string): Promise<RecordedEventRow[]> {
    return this.repository.of(userId);
  }

  /**
   * Leaves of an account's events that they happened, and to which id. Comes after the account was erased, in the same
   * transaction: the log refuses it before.
   */
  forget(userId: string, within: Transaction): Promise<void> {
    return this.repository.forget(userId, within);
  }
}

function refusalOf(type: string, { code, concerns = {} }: AppError, from: RefusedRequest): Refusal {
  const { userId = from.userId ?? null, subjectId = null, phone, reason } = concerns;
  const { id: requestId, address, route, detail = {} } = from;
  const masked = phone === undefined ? undefined : maskPhone(phone);
  // What is undefined is left out when this becomes JSON.
  const told = { code, reason, phone: masked, ...detail };
  const kind = JSON.stringify([type, address, userId ?? masked ?? subjectId, { ...told, phone: undefined }]);
  return { kind, type, userId, subjectId, address, requestId, detail: { ...told, route } };
}
