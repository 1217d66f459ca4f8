import type { CookieLogin, TokenLogin } from './api.js';
import { Client } from './client.js';
import type { Masuk, MasukOptions } from './contract.js';

export { MasukError } from './masuk-error.js';
export { storageStore } from './storage-store.js';
export type {
  BotStatus,
  ChangePasswordInput,
  CookieLogin,
  FieldProblem,
  LoggedIn,
  LoginOptions,
  OtpSent,
  PasswordLoginInput,
  ProofInput,
  RequestResetInput,
  ResetOtpSent,
  ResetPasswordInput,
  ResetVerified,
  Session,
  TokenLogin,
  User,
  VerifyOtpInput,
  VerifyResetInput,
} from './api.js';
export type { CallOptions } from './call-options.js';
export type { HandedLogin, Masuk, MasukOptions } from './contract.js';
export type { ForgotPassword } from './forgot-password.js';
export type { Language } from './masuk-error.js';
export type { KeyValueStorage } from './storage-store.js';
export type { Tokens, TokensListener, TokenStore } from './tokens.js';

/**
 * A client for one user. Nothing is sent and no store is read before its first call.
 *
 * @throws TypeError when one of `origins` is not an origin
 */
export function createMasuk(options: MasukOptions & { readonly session: 'cookie' }): Masuk<CookieLogin>;
export function createMasuk(options?: MasukOptions & { readonly session?: 'memory' }): Masuk<TokenLogin>;
export function createMasuk(options?: MasukOptions): Masuk;
export function createMasuk(options: MasukOptions = {}): Masuk {
  return new Client(options);
}
