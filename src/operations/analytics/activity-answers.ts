import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { maskPhone } from '../../platform/phone/phone.js';
import {
  type ActivityAnswerDto,
  type ActivityDto,
  type CleanedDto,
  type CleanupAnswerDto,
  type DashboardAnswerDto,
  type DashboardDto,
  type OtpLogAnswerDto,
  type OtpLogDto,
  type SessionStatsAnswerDto,
  type SessionStatsDto,
} from './activity.dto.js';
import { type ActivityRow, type OtpRow } from './activity-logs.repository.js';

interface Page<Row> {
  readonly rows: Row[];
  readonly nextCursor: string | null;
}

export function dashboardAnswer(data: DashboardDto, language: Language): DashboardAnswerDto {
  return { success: true, message: TEXTS[language].answers.activity.dashboard, data };
}

export function statsAnswer(data: SessionStatsDto, language: Language): SessionStatsAnswerDto {
  return { success: true, message: TEXTS[language].answers.activity.stats, data };
}

export function activityAnswer(
  { rows, nextCursor }: Page<ActivityRow>,
  saying: 'activity' | 'errors',
  language: Language,
): ActivityAnswerDto {
  return { success: true, message: TEXTS[language].answers.activity[saying], data: rows.map(activityOf), nextCursor };
}

export function otpLogAnswer({ rows, nextCursor }: Page<OtpRow>, language: Language): OtpLogAnswerDto {
  return { success: true, message: TEXTS[language].answers.activity.otp, data: rows.map(codeOf), nextCursor };
}

export function cleanupAnswer(data: CleanedDto, language: Language): CleanupAnswerDto {
  return { success: true, message: TEXTS[language].answers.activity.cleaned, data };
}

/** The fields of a line in a file, in the order of their columns. */
export const ACTIVITY_COLUMNS = [
  'id',
  'occurredAt',
  'sessionId',
  'action',
  'status',
  'error',
  'number',
  'ms',
] as const satisfies readonly (keyof ActivityDto)[];

export const OTP_COLUMNS = [
  'id',
  'sessionId',
  'phone',
  'companyName',
  'status',
  'attempts',
  'createdAt',
  'expiresAt',
  'endedAt',
] as const satisfies readonly (keyof OtpLogDto)[];

export async function* activityLines(rows: AsyncIterable<ActivityRow>) {
  for await (const row of rows) yield activityOf(row);
}

export async function* otpLines(rows: AsyncIterable<OtpRow>) {
  for await (const row of rows) yield codeOf(row);
}

function activityOf({ id, occurredAt, sessionName, action, status, error, number, ms }: ActivityRow): ActivityDto {
  return {
    ...{ id, occurredAt: occurredAt.toISOString(), sessionId: sessionName, action },
    status: status as ActivityDto['status'],
    ...{ error, number, ms },
  };
}

function codeOf(row: OtpRow): OtpLogDto {
  return {
    id: row.id,
    sessionId: row.sessionName,
    phone: maskPhone(row.phone),
    companyName: row.company,
    status: row.late ? 'expired' : ((row.endedAs ?? 'pending') as OtpLogDto['status']),
    attempts: row.attempts,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
