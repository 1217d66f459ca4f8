/** Routes that openapi.json does not describe yet, declared by hand until it does. */

/** What a login screen must know; `otpExpiresIn` and `resetOtpExpiresIn` in minutes. */
export interface LoginOptions {
  appName: string;
  otpLength: number;
  otpExpiresIn: number;
  resetOtpExpiresIn: number;
  passwordMinLength: number;
  passwordMaxLength: number;
  registration: 'open' | 'admin';
  messageLanguage: 'id' | 'en' | 'negotiate';
  allowedCountries: string[];
}

export interface ForgotPasswordInput {
  nama: string;
  noHp: string;
}

/** The answer to a request for a reset code, as it comes over the wire. */
export interface ResetOtpSentAnswer {
  phoneNumber: string;
  /** Only where `OTP_ECHO` is on. */
  testOTP?: string;
  data: { expiresAt: string; resendAt: string };
}

export interface VerifyResetOtpInput {
  noHp: string;
  otp: string;
}

export interface ResetOtpVerified {
  otpId: string;
}

export interface ResetPasswordInput {
  noHp: string;
  otp: string;
  newPassword: string;
  confirmPassword: string;
  otpId?: string;
}

/** Whether messages can leave at this moment. */
export interface BotStatus {
  state: string;
  ready: boolean;
}
