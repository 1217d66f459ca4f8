import type {
  BotStatus,
  ForgotPasswordInput,
  ResetOtpSentAnswer,
  ResetOtpVerified,
  ResetPasswordInput,
  VerifyResetOtpInput,
} from './api.pending.js';
import type { CallOptions } from './call-options.js';
import type { Service } from './service.js';

/** A reset code is on its way. Instants are ISO 8601 in UTC; `testOTP` is there only where `OTP_ECHO` is on. */
export interface ResetOtpSent {
  readonly phoneNumber: string;
  readonly expiresAt: string;
  readonly resendAt: string;
  readonly testOTP?: string;
}

/** A new password by a code on WhatsApp, in three steps. */
export interface ForgotPassword {
  /** Sends a code; the same call after `resendAt` sends another. Before it: `otp_active`, with both instants in `details`. */
  requestOtp(input: ForgotPasswordInput, options?: CallOptions): Promise<ResetOtpSent>;
  verifyOtp(input: VerifyResetOtpInput, options?: CallOptions): Promise<ResetOtpVerified>;
  /** Ends every session of the account; log in anew. */
  resetPassword(input: ResetPasswordInput, options?: CallOptions): Promise<void>;
  botStatus(options?: CallOptions): Promise<BotStatus>;
}

const BASE = '/api/forgot-password';

export function forgotPassword(service: Service): ForgotPassword {
  const post = <Body>(
    path: string,
    body: object,
    options: CallOptions = {},
    holds?: (body: Partial<Body>) => boolean,
  ) => service.call<Body>({ method: 'POST', path: BASE + path, body, signal: options.signal, ...(holds && { holds }) });
  return {
    requestOtp: async ({ nama, noHp }, options) => {
      const answer = await post<ResetOtpSentAnswer>('/request-otp', { nama, noHp }, options, ({ data }) =>
        Boolean(data),
      );
      const { phoneNumber, testOTP, data } = answer;
      return { phoneNumber, expiresAt: data.expiresAt, resendAt: data.resendAt, ...(testOTP && { testOTP }) };
    },
    verifyOtp: async (input, options) => {
      const holds = ({ data }: { data?: ResetOtpVerified }) => Boolean(data?.otpId);
      return (await post<{ data: ResetOtpVerified }>('/verify-otp', input, options, holds)).data;
    },
    resetPassword: async (input, options) => {
      await post('/reset-password', input, options);
    },
    botStatus: async (options = {}) => {
      const { signal } = options;
      const path = `${BASE}/bot-status`;
      return (await service.call<{ data: BotStatus }>({ method: 'GET', path, signal, again: 'refused' })).data;
    },
  };
}
