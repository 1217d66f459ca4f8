import { type AuditedEvent } from '../../records/audit/audit-log.js';
import { type DoneAnswerDto } from '../../login/auth/auth.dto.js';
import { userOf } from '../../login/auth/answers.js';
import { type Language } from '../../platform/config/languages.js';
import { TEXTS, type Texts } from '../../platform/texts/texts.js';
import { type JobState } from '../../platform/jobs/jobs.service.js';
import {
  type LastSendDto,
  type LockDto,
  type ManagedUserDto,
  type SessionsEndedAnswerDto,
  type UserAnswerDto,
  type UserDetailAnswerDto,
  type UserSecondFactorDto,
  type UsersAnswerDto,
} from './admin.dto.js';
import { type AuditAnswerDto, type AuditEventDto } from './audit.dto.js';
import { type JobDto, type JobsAnswerDto } from './jobs.dto.js';
import { type Lock, type ManagedUser, type UserDetail } from './user-administration.js';

type Sentence = keyof Texts['answers']['admin'];

export function userAnswer(said: Sentence, user: ManagedUser, language: Language): UserAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin[said], data: managedUser(user) };
}

export function userDetailAnswer(user: UserDetail, language: Language): UserDetailAnswerDto {
  const detail = {
    locks: user.locks.map(lock),
    lastSends: user.lastSends.map(lastSend),
    secondFactor: secondFactorOf(user),
  };
  return {
    success: true,
    message: TEXTS[language].answers.admin.shown,
    data: Object.assign(managedUser(user), detail),
  };
}

function secondFactorOf({ account, factors }: UserDetail): UserSecondFactorDto | null {
  if (!account.has_second_factor) return null;
  const { totpSince, passkeys, recoveryCodesLeft } = factors;
  return { totp: totpSince !== null, passkeys: passkeys.length, recoveryCodesLeft };
}

export function usersAnswer(users: ManagedUser[], nextCursor: string | null, language: Language): UsersAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin.listed, data: users.map(managedUser), nextCursor };
}

export function sessionsEndedAnswer(ended: number, language: Language): SessionsEndedAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin.sessionsEnded, data: { ended } };
}

export function doneAnswer(said: Sentence, language: Language): DoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin[said] };
}

export function jobsAnswer(jobs: JobState[], language: Language): JobsAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin.jobs, data: jobs.map(job) };
}

function job({ name, cron, lastRun, nextRunAt, runsLastDay }: JobState): JobDto {
  const run = lastRun && {
    startedAt: lastRun.startedAt.toISOString(),
    endedAt: lastRun.endedAt?.toISOString() ?? null,
    outcome: lastRun.outcome,
    error: lastRun.error,
  };
  return { name, cron, lastRun: run, nextRunAt: nextRunAt?.toISOString() ?? null, runsLastDay };
}

export function auditAnswer(events: AuditedEvent[], nextCursor: string | null, language: Language): AuditAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin.audit, data: events.map(auditEvent), nextCursor };
}

/** The fields of an event in a file, in the order of their columns. */
export const EVENT_COLUMNS = [
  'id',
  'occurredAt',
  'type',
  'outcome',
  'userId',
  'subjectId',
  'address',
  'requestId',
  'detail',
  'count',
  'lastAt',
  'lastRequestId',
] as const satisfies readonly (keyof AuditEventDto)[];

/** Events as lines of a file: details are JSON. */
export async function* eventLines(events: AsyncIterable<AuditedEvent>) {
  for await (const event of events) {
    const { detail, ...line } = auditEvent(event);
    yield { ...line, detail: detail && JSON.stringify(detail) };
  }
}

function auditEvent(event: AuditedEvent): AuditEventDto {
  return {
    id: event.id,
    occurredAt: event.occurredAt.toISOString(),
    type: event.type,
    outcome: event.outcome === 'success' ? 'success' : 'failure',
    userId: event.userId,
    subjectId: event.subjectId,
    address: event.address,
    requestId: event.requestId,
    detail: event.detail as AuditEventDto['detail'],
    count: event.count ?? 1,
    lastAt: event.lastAt?.toISOString() ?? null,
    lastRequestId: event.lastRequestId,
  };
}

function lock({ reason, until, purpose = null, devices = null, identifier = null }: Lock): LockDto {
  return { reason, until: until?.toISOString() ?? null, purpose, devices, identifier };
}

function lastSend(message: UserDetail['lastSends'][number]): LastSendDto {
  return {
    at: message.created_at.toISOString(),
    purpose: message.purpose,
    state: message.state,
    provider: message.provider,
    notTakenBy: [...new Set(message.refused_by)],
    reason: message.last_error,
    deliveredAt: message.delivered_at?.toISOString() ?? null,
    readAt: message.read_at?.toISOString() ?? null,
    usedAt: message.verified_at?.toISOString() ?? null,
  };
}

function managedUser({ account, lastLogin }: ManagedUser): ManagedUserDto {
  return Object.assign(userOf(account), {
    isActive: account.is_active,
    createdAt: account.created_at.toISOString(),
    lastLoginAt: lastLogin?.toISOString() ?? null,
  });
}
