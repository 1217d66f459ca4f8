import { type Language } from '../config/settings.js';
import { type Text } from '../errors/catalogue.js';
import { type IssuedOtp } from '../otp/otp.service.js';
import { nationalPhone } from '../phone/phone.js';
import { type AccountRow } from '../users/account.js';
import { type LoginAnswerDto, type MeAnswerDto, type OtpSentAnswerDto, type UserDto } from './auth.dto.js';
import { type Login } from './auth.service.js';

/** What system A says when things go well (contract A). */
const SAID = {
  otpSent: { id: 'Kode OTP telah dikirim ke WhatsApp Anda', en: 'The code has been sent to your WhatsApp' },
  loggedIn: { id: 'Login berhasil', en: 'You are logged in' },
  me: { id: 'Data akun', en: 'Account' },
} satisfies Record<string, Text>;

export function otpSentAnswer(otp: IssuedOtp, language: Language): OtpSentAnswerDto {
  return {
    success: true,
    message: SAID.otpSent[language],
    data: {
      sessionId: otp.sessionId,
      expiresAt: otp.expiresAt.toISOString(),
      resendAt: otp.resendAt.toISOString(),
      channel: otp.channel,
      ...(otp.alreadySent ? { alreadySent: true } : {}),
    },
  };
}

export function loginAnswer(login: Login, language: Language): LoginAnswerDto {
  const { token, expiresIn, refreshToken, deviceToken, account } = login;
  return {
    success: true,
    message: SAID.loggedIn[language],
    data: { token, tokenType: 'Bearer', expiresIn, refreshToken, deviceToken, user: userOf(account) },
  };
}

export function meAnswer(account: AccountRow, language: Language): MeAnswerDto {
  return { success: true, message: SAID.me[language], data: userOf(account) };
}

/** An account in A's form: the phone national, the role in upper case. */
function userOf(account: AccountRow): UserDto {
  const phone = account.phone === null ? null : nationalPhone(account.phone);
  const { id, email, username, role, full_name: fullName } = account;
  return { id, email, username, phone, role, profile: { fullName, phone } };
}
