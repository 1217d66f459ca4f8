import type {
  BotStatus,
  RequestResetInput,
  ResetOtpSent,
  ResetPasswordInput,
  ResetVerified,
  VerifyResetInput,
} from './api.js';
import type { CallOptions } from './call-options.js';
import type { Service } from './service.js';

/** A new password by a code on WhatsApp, in three steps. */
export interface ForgotPassword {
  /** Sends a code; the same call after `resendAt` sends another. Before it: `otp_active`, with both instants in `details`. */
  requestOtp(input: RequestResetInput, options?: CallOptions): Promise<ResetOtpSent>;
  verifyOtp(input: VerifyResetInput, options?: CallOptions): Promise<ResetVerified>;
  /** Ends every session of the account, this one too; log in with the new password. */
  resetPassword(input: ResetPasswordInput, options?: CallOptions): Promise<void>;
  botStatus(options?: CallOptions): Promise<BotStatus>;
}

/** @param device the header of a known device, or none */
export function forgotPassword(service: Service, device: () => Promise<Record<string, string>>): ForgotPassword {
  return {
    requestOtp: async (body, { signal } = {}) => {
      const path = '/api/forgot-password/request-otp';
      const needs = ['expiresAt', 'resendAt'];
      const answer = await service.call({ method: 'POST', path, body, signal, needs, headers: await device() });
      const { phoneNumber, testOTP, data } = answer;
      return { phoneNumber, ...data, ...(testOTP !== undefined && { testOTP }) };
    },
    verifyOtp: async (body, { signal } = {}) => {
      const path = '/api/forgot-password/verify-otp';
      const needs = ['otpId'];
      return (await service.call({ method: 'POST', path, body, signal, needs, headers: await device() })).data;
    },
    resetPassword: async (body, { signal } = {}) => {
      const path = '/api/forgot-password/reset-password';
      await service.call({ method: 'POST', path, body, signal, headers: await device() });
    },
    botStatus: async ({ signal } = {}) => {
      const path = '/api/forgot-password/bot-status';
      return (await service.call({ method: 'GET', path, signal, needs: ['state'], again: 'refused' })).data;
    },
  };
}
