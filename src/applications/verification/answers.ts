import { type NewestVerification } from '../../login/codes/verifications/verification-codes.js';
import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
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
  return { success: true, message: TEXTS[language].answers.verification.sent, data };
}

export function verifiedAnswer(language: Language): VerifiedAnswerDto {
  return { success: true, message: TEXTS[language].answers.verification.verified, data: { verified: true } };
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
  return { success: true, message: TEXTS[language].answers.verification[saying], data };
}

export function generatedAnswer(otp: string, language: Language): GeneratedOtpAnswerDto {
  return { success: true, message: TEXTS[language].answers.verification.generated, data: { otp } };
}

export function formattedAnswer(original: string, e164: string | null, language: Language): FormattedPhoneAnswerDto {
  const data = { original, formatted: e164, jid: e164 && whatsappId(e164), valid: e164 !== null };
  return { success: true, message: TEXTS[language].answers.verification.formatted, data };
}

function statusOf({ row: { ended_as: end }, over }: NewestVerification): VerificationStatusDto['status'] {
  if (end === 'verified' || end === 'failed') return end;
  return over ? 'expired' : 'pending';
}
