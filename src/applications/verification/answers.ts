import { type NewestVerification } from '../../login/codes/verifications/verification-codes.js';
import { type Language } from '../../platform/config/settings.js';
import { type Text } from '../../platform/errors/catalogue.js';
import { whatsappId } from '../../platform/phone/phone.js';
import {
  type FormattedPhoneAnswerDto,
  type GeneratedOtpAnswerDto,
  type SentVerificationAnswerDto,
  type VerificationStatusAnswerDto,
  type VerificationStatusDto,
  type VerifiedAnswerDto,
} from './verification.dto.js';
import { type SentVerification } from './verification.service.js';

const SAID = {
  sent: { id: 'Kode OTP terkirim', en: 'The code has been sent' },
  verified: { id: 'Kode OTP benar', en: 'The code is right' },
  status: { id: 'Status OTP', en: 'Status of the code' },
  expired: { id: 'Kode OTP dibatalkan', en: 'The code has been ended' },
  generated: { id: 'Kode dibuat', en: 'A code has been generated' },
  formatted: { id: 'Nomor telepon diformat', en: 'The phone number has been formatted' },
} satisfies Record<string, Text>;

/** @param echo whether the caller may have the code itself */
export function sentVerificationAnswer(
  sent: SentVerification,
  echo: boolean,
  language: Language,
): SentVerificationAnswerDto {
  const data = {
    sessionId: sent.sessionId,
    to: whatsappId(sent.to),
    messageId: sent.messageId,
    timestamp: sent.sentAt.toISOString(),
    expiresAt: sent.expiresAt.toISOString(),
    resendAt: sent.resendAt.toISOString(),
    ...(echo ? { otp: sent.code } : {}),
  };
  return { success: true, message: SAID.sent[language], data };
}

export function verifiedAnswer(language: Language): VerifiedAnswerDto {
  return { success: true, message: SAID.verified[language], data: { verified: true } };
}

export function statusAnswer(
  state: NewestVerification,
  saying: 'status' | 'expired',
  language: Language,
): VerificationStatusAnswerDto {
  const { row, attemptsLeft } = state;
  const data = {
    status: statusOf(state),
    expiresAt: row.expires_at.toISOString(),
    attemptsLeft,
    ...(row.ended_as === 'verified' && row.ended_at ? { verifiedAt: row.ended_at.toISOString() } : {}),
  };
  return { success: true, message: SAID[saying][language], data };
}

export function generatedAnswer(otp: string, language: Language): GeneratedOtpAnswerDto {
  return { success: true, message: SAID.generated[language], data: { otp } };
}

export function formattedAnswer(original: string, e164: string | null, language: Language): FormattedPhoneAnswerDto {
  const data = { original, formatted: e164, jid: e164 && whatsappId(e164), valid: e164 !== null };
  return { success: true, message: SAID.formatted[language], data };
}

function statusOf({ row: { ended_as: end }, over }: NewestVerification): VerificationStatusDto['status'] {
  if (end === 'verified' || end === 'failed') return end;
  return over ? 'expired' : 'pending';
}
