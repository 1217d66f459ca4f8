import { type DoneAnswerDto } from '../auth/auth.dto.js';
import { userOf } from '../auth/answers.js';
import { type Language } from '../config/settings.js';
import { type Text } from '../errors/catalogue.js';
import { type JobState } from '../jobs/jobs.service.js';
import { type ManagedUserDto, type UserAnswerDto, type UsersAnswerDto } from './admin.dto.js';
import { type JobDto, type JobsAnswerDto } from './jobs.dto.js';
import { type ManagedUser } from './user-administration.js';

const SAID = {
  listed: { id: 'Daftar akun', en: 'Accounts' },
  shown: { id: 'Data akun', en: 'Account' },
  created: { id: 'Akun dibuat', en: 'The account was created' },
  changed: { id: 'Akun diperbarui', en: 'The account was changed' },
  unlocked: { id: 'Akun dibuka kembali', en: 'The account is unlocked' },
  passwordRemoved: {
    id: 'Kata sandi dihapus, pemilik akun login dengan kode',
    en: 'The password was removed, its owner logs in by code',
  },
  erased: { id: 'Data akun dihapus', en: 'The account was erased' },
  jobs: { id: 'Daftar tugas terjadwal', en: 'Scheduled jobs' },
} satisfies Record<string, Text>;

type Sentence = keyof typeof SAID;

export function userAnswer(said: Sentence, user: ManagedUser, language: Language): UserAnswerDto {
  return { success: true, message: SAID[said][language], data: managedUser(user) };
}

export function usersAnswer(users: ManagedUser[], nextCursor: string | null, language: Language): UsersAnswerDto {
  return { success: true, message: SAID.listed[language], data: users.map(managedUser), nextCursor };
}

export function doneAnswer(said: Sentence, language: Language): DoneAnswerDto {
  return { success: true, message: SAID[said][language] };
}

export function jobsAnswer(jobs: JobState[], language: Language): JobsAnswerDto {
  return { success: true, message: SAID.jobs[language], data: jobs.map(job) };
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

function managedUser({ account, lastLogin }: ManagedUser): ManagedUserDto {
  return Object.assign(userOf(account), {
    isActive: account.is_active,
    createdAt: account.created_at.toISOString(),
    lastLoginAt: lastLogin?.toISOString() ?? null,
  });
}
