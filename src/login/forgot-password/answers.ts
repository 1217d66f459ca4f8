import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { phoneDigits } from '../../platform/phone/phone.js';
import {
  type ResetDoneAnswerDto,
  type ResetRequestedAnswerDto,
  type ResetVerifiedAnswerDto,
} from './forgot-password.dto.js';
import { type ResetCode } from './forgot-password.service.js';

export function requestedAnswer(code: ResetCode, language: Language): ResetRequestedAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.forgotPassword.requested,
    phoneNumber: phoneDigits(code.phone),
    ...(code.echoed === undefined ? {} : { testOTP: code.echoed }),
    data: { expiresAt: code.expiresAt.toISOString(), resendAt: code.resendAt.toISOString() },
  };
}

export function verifiedAnswer(otpId: string, language: Language): ResetVerifiedAnswerDto {
  return { success: true, message: TEXTS[language].answers.forgotPassword.verified, data: { otpId } };
}

export function doneAnswer(language: Language): ResetDoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.forgotPassword.done };
}
