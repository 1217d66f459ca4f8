import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../../records/audit/audit.service.js';
import { type RequestContext } from '../../../platform/http/request-context.js';
import { Messaging } from '../../../delivery/outbox/messaging.service.js';
import { Codes } from '../../codes/codes.service.js';
import { SecondFactors, type HeldFactors } from '../../second-factor/second-factors.service.js';
import { PeopleImport } from '../../../identity/people-import/people-import.js';
import { Sessions } from '../../../identity/sessions/sessions.service.js';
import { Accounts } from '../../../identity/users/accounts.service.js';
import { userOf } from '../answers.js';
import {
  type ExportedAccountDto,
  type ExportedCodeDto,
  type ExportedConversationDto,
  type ExportedMessageDto,
  type ExportedSecondFactorDto,
  type ExportedSessionDto,
  type PersonalDataDto,
} from './personal-data.dto.js';

type PersonalAccount = Awaited<ReturnType<Accounts['personalDataOf']>>;
type PersonalSession = Awaited<ReturnType<Sessions['personalDataOf']>>[number];
type PersonalCode = Awaited<ReturnType<Codes['personalDataOf']>>['codes'][number];
type PersonalMessage = Awaited<ReturnType<Messaging['personalDataOf']>>[number];

/** Injection token of the room beside this one that keeps conversations; `app.module.ts` hands it in. */
export const HELD_CONVERSATION = Symbol('conversation of a number');

/** What is kept of the conversation with a number (E.164); null when there is none. */
export interface HoldsConversation {
  conversationOf(phone: string): Promise<ExportedConversationDto | null>;
}

/** Export everything stored about a person, room by room (UU PDP, articles 6 and 7; GDPR, article 15). */
@Injectable()
export class PersonalData {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly secondFactors: SecondFactors,
    private readonly codes: Codes,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
    private readonly imports: PeopleImport,
    @Inject(HELD_CONVERSATION) private readonly conversations: HoldsConversation,
  ) {}

  /**
   * @param askedBy who gets the data: the person or an admin
   * @throws AppError `user_not_found`
   */
  async export(userId: string, askedBy: string, context: RequestContext): Promise<PersonalDataDto> {
    const account = await this.accounts.personalDataOf(userId);
    const sessions = await this.sessions.personalDataOf(userId);
    const factors = await this.secondFactors.of(userId);
    const { codes, budgets } = await this.codes.personalDataOf(userId, account.phone);
    const messages = await this.messaging.personalDataOf(userId);
    const conversation = account.phone === null ? null : await this.conversations.conversationOf(account.phone);
    const origins = await this.imports.originsOf(userId);
    const events = await this.audit.personalDataOf(userId);
    await this.audit.record({
      type: 'user.exported',
      outcome: 'success',
      userId: askedBy,
      subjectId: userId,
      address: context.address,
      requestId: context.id,
    });
    return {
      account: accountOf(account),
      secondFactor: secondFactorOf(factors),
      sessions: sessions.map(sessionOf),
      codes: codes.map(codeOf),
      limits: budgets.map(({ purpose, sends, guesses }) => ({
        purpose,
        sends: sends.map((at) => at.toISOString()),
        guesses: guesses.map((at) => at.toISOString()),
      })),
      messages: messages.map(messageOf),
      conversation,
      events: events.map(({ occurred_at, count, ...event }) => ({
        ...event,
        count: count ?? 1,
        occurredAt: occurred_at.toISOString(),
      })),
      origins: origins.map(({ origin, legacy_id, imported_at }) => ({
        system: origin,
        id: legacy_id,
        importedAt: imported_at.toISOString(),
      })),
    };
  }
}

function accountOf(account: PersonalAccount): ExportedAccountDto {
  return Object.assign(userOf(account), {
    isActive: account.is_active,
    hasPassword: account.has_password,
    passwordChangedAt: text(account.password_changed_at),
    createdAt: account.created_at.toISOString(),
    updatedAt: account.updated_at.toISOString(),
  });
}

function secondFactorOf({ totpSince, passkeys, recoveryCodesLeft }: HeldFactors): ExportedSecondFactorDto {
  return {
    totpSince: text(totpSince),
    passkeys: passkeys.map(({ name, created_at, last_used_at }) => ({
      name,
      createdAt: created_at.toISOString(),
      lastUsedAt: text(last_used_at),
    })),
    recoveryCodesLeft,
  };
}

function sessionOf(session: PersonalSession): ExportedSessionDto {
  return {
    id: session.id,
    method: session.method,
    address: session.client_address,
    device: session.user_agent,
    createdAt: session.created_at.toISOString(),
    lastUsedAt: session.last_used_at.toISOString(),
    expiresAt: session.expires_at.toISOString(),
    endedAt: text(session.revoked_at),
    endedFor: session.revoked_reason,
  };
}

function codeOf(code: PersonalCode): ExportedCodeDto {
  return {
    id: code.id,
    phone: code.phone,
    purpose: code.purpose,
    address: code.client_address,
    createdAt: code.created_at.toISOString(),
    expiresAt: code.expires_at.toISOString(),
  };
}

function messageOf(message: PersonalMessage): ExportedMessageDto {
  return {
    id: message.id,
    purpose: message.purpose,
    phone: message.recipient,
    state: message.state,
    provider: message.provider,
    createdAt: message.created_at.toISOString(),
    closedAt: text(message.closed_at),
    codeUsedAt: text(message.verified_at),
  };
}

function text(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
