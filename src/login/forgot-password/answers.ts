import { type Language } from '../../platform/config/settings.js';
import { type Text } from '../../platform/errors/catalogue.js';
import { phoneDigits } from '../../platform/phone/phone.js';
import {
  type ResetDoneAnswerDto,
  type ResetRequestedAnswerDto,
  type ResetVerifiedAnswerDto,
} from './forgot-password.dto.js';
import { type ResetCode } from './forgot-password.service.js';

/** Success messages of the ticketing routes, letter for letter: docs/contract/ticketing.md#the-three-steps. */
const SAID = {
  requested: { id: 'OTP dikirim ke WhatsApp', en: 'The code has been sent to WhatsApp' },
  verified: { id: 'OTP verified', en: 'OTP verified' },
  done: { id: 'Password updated, please login', en: 'Password updated, please login' },
} satisfies Record<string, Text>;

export function requestedAnswer(code: ResetCode, language: Language): ResetRequestedAnswerDto {
  return {
    success: true,
    message: SAID.requested[language],
    phoneNumber: phoneDigits(code.phone),
    ...(code.echoed === undefined ? {} : { testOTP: code.echoed }),
    data: { expiresAt: code.expiresAt.toISOString(), resendAt: code.resendAt.toISOString() },
  };
}

export function verifiedAnswer(otpId: string, language: Language): ResetVerifiedAnswerDto {
  return { success: true, message: SAID.verified[language], data: { otpId } };
}

export function doneAnswer(language: Language): ResetDoneAnswerDto {
  return { success: true, message: SAID.done[language] };
}
