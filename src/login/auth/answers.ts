import { type AccountSettings } from '../../platform/config/groups/accounts.js';
import { type CodeSettings } from '../../platform/config/groups/codes.js';
import { type NameSettings } from '../../platform/config/groups/names.js';
import { type PasswordSettings } from '../../platform/config/groups/passwords.js';
import { type RegionSettings } from '../../platform/config/groups/region.js';
import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { type IssuedOtp } from '../codes/code-issuer.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { type AccountRow } from '../../identity/users/account.js';
import {
  type DoneAnswerDto,
  type LoginAnswerDto,
  type MeAnswerDto,
  type OtpSentAnswerDto,
  type RefreshedAnswerDto,
  type RegisterAnswerDto,
  type SessionsAnswerDto,
  type UserDto,
} from './auth.dto.js';
import { provedOf } from '../second-factor/answers.js';
import { type ProvedAnswerDto } from '../second-factor/second-factor.dto.js';
import { type ProvedSession, type RefreshedTokens, type SessionRow } from '../../identity/sessions/sessions.service.js';
import { deviceLabel, placeLabel } from './device-label.js';
import { type BrowserLoginAnswerDto, type LoginOptionsAnswerDto } from './browser.dto.js';
import { type PersonalDataAnswerDto, type PersonalDataDto } from './own-account/personal-data.dto.js';
import { type Login } from './auth.service.js';
import { type Registered } from './registration.js';

export function otpSentAnswer(otp: IssuedOtp, language: Language): OtpSentAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.auth.otpSent,
    data: {
      sessionId: otp.challengeId,
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
    message: TEXTS[language].answers.auth.loggedIn,
    data: { token, tokenType: 'Bearer', expiresIn, refreshToken, deviceToken, user: userOf(account) },
  };
}

export function browserLoginAnswer(account: AccountRow, language: Language): BrowserLoginAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.loggedIn, data: { user: userOf(account) } };
}

export function loginOptionsAnswer(
  settings: Pick<NameSettings, 'appName'> &
    Pick<CodeSettings, 'otpLength' | 'otpExpiresInMinutes' | 'resetOtpExpiresInMinutes'> &
    Pick<PasswordSettings, 'passwordMinLength' | 'passwordMaxLength'> &
    Pick<AccountSettings, 'registration'> &
    Pick<RegionSettings, 'messageLanguage' | 'allowedCountries'>,
  language: Language,
): LoginOptionsAnswerDto {
  const { appName, otpLength, passwordMinLength, passwordMaxLength, registration, messageLanguage } = settings;
  const data = {
    ...{ appName, otpLength, passwordMinLength, passwordMaxLength, registration, messageLanguage },
    otpExpiresIn: settings.otpExpiresInMinutes,
    resetOtpExpiresIn: settings.resetOtpExpiresInMinutes,
    allowedCountries: [...settings.allowedCountries],
  };
  return { success: true, message: TEXTS[language].answers.auth.options, data };
}

export function meAnswer(account: AccountRow, language: Language): MeAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.me, data: userOf(account) };
}

export function registeredAnswer({ account, token }: Registered, language: Language): RegisterAnswerDto {
  const data = { user: userOf(account), ...(token === null ? {} : { registrationToken: token }) };
  return { success: true, message: TEXTS[language].answers.auth.registered, data };
}

export function refreshedAnswer(tokens: RefreshedTokens, language: Language): RefreshedAnswerDto {
  const { token, expiresIn, refreshToken } = tokens;
  return {
    success: true,
    message: TEXTS[language].answers.auth.refreshed,
    data: { token, tokenType: 'Bearer', expiresIn, refreshToken },
  };
}

export function renewedAnswer(session: ProvedSession, language: Language): ProvedAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.renewed, data: provedOf(session) };
}

export function loggedOutAnswer(language: Language): DoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.loggedOut };
}

export function passwordChangedAnswer(language: Language): DoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.passwordChanged };
}

export function sessionsAnswer(rows: readonly SessionRow[], currentId: string, language: Language): SessionsAnswerDto {
  const data = rows.map((row) => ({
    id: row.id,
    device: deviceLabel(row.user_agent),
    place: placeLabel(row.client_address),
    method: row.method === 'OTP' ? ('otp' as const) : ('password' as const),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    current: row.id === currentId,
  }));
  return { success: true, message: TEXTS[language].answers.auth.sessions, data, nextCursor: null };
}

export function personalDataAnswer(data: PersonalDataDto, language: Language): PersonalDataAnswerDto {
  return { success: true, message: TEXTS[language].answers.auth.held, data };
}

/** An account in SiKesKoja's form: the phone national, the role in upper case. */
export function userOf(account: AccountRow): UserDto {
  const phone = account.phone === null ? null : nationalPhone(account.phone);
  const { id, email, username, role, full_name: fullName } = account;
  return { id, email, username, phone, role, profile: { fullName, phone } };
}
