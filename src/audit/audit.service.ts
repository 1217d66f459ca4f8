import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type Transaction } from '../database/database.js';
import { type AppError } from '../errors/app-error.js';
import { maskPhone } from '../phone/phone.js';
import { AuditRepository, type RecordedEventRow } from './audit.repository.js';

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

/** The append-only log of security events. Hot paths write theirs in the same statement (`audit.sql.ts`). */
@Injectable()
export class Audit {
  constructor(private readonly repository: AuditRepository) {}

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

  /** Writes down a refusal: which account or number, why, and from where. */
  async recordRefusal(type: string, refusal: AppError, from: { id: string; address: string }): Promise<void> {
    const { userId = null, subjectId = null, phone } = refusal.concerns ?? {};
    const detail = { code: refusal.code, ...(phone === undefined ? {} : { phone: maskPhone(phone) }) };
    const where = { address: from.address, requestId: from.id };
    await this.record({ type, outcome: 'failure', userId, subjectId, ...where, detail });
  }

  /** The events that an account made or that were made about it, oldest first. */
  heldOf(userId: string): Promise<RecordedEventRow[]> {
    return this.repository.of(userId);
  }

  /** Leaves of an account's events that they happened, and to which id. */
  forget(userId: string, within: Transaction): Promise<void> {
    return this.repository.forget(userId, within);
  }
}
