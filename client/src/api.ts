import type { components, paths } from './api.gen.js';

// Everything here is taken out of what openapi.json describes: a changed API fails the type check.

type Schemas = components['schemas'];

export type Path = keyof paths;
export type Method = 'GET' | 'POST' | 'DELETE';

type Operation<M extends Method, P extends Path> = paths[P][Lowercase<M>];
type Json<Part> = Part extends { content: { 'application/json': infer Body } } ? Body : never;

/** The body of a success. */
export type Answer<M extends Method, P extends Path> =
  Operation<M, P> extends { responses: { 200: infer Success } } ? Json<Success> : never;

/** The body of a request. */
export type RequestBody<M extends Method, P extends Path> =
  Operation<M, P> extends { requestBody: infer Body } ? Json<Body> : never;

/** What a login screen must know; lives of codes in minutes. */
export type LoginOptions = Schemas['LoginOptionsDto'];

/** The account that is logged in. */
export type User = Schemas['UserDto'];

/** A login of this account, on this device or another. Instants are ISO 8601 in UTC. */
export type Session = Schemas['SessionDto'];

/** A code is on its way, or lives already (`alreadySent`). Instants are ISO 8601 in UTC. */
export type OtpSent = Schemas['OtpSentDto'];

/** A login that the program keeps itself; `expiresIn` in seconds. */
export type TokenLogin = Schemas['LoginDto'];

/** A login that the browser keeps in a cookie, which no script can read. */
export type CookieLogin = Schemas['BrowserLoginDto'];

/** Either of them: the tokens are there unless the session is a cookie. */
export type LoggedIn = CookieLogin & Partial<TokenLogin>;

export type RefreshedTokens = Schemas['RefreshedDto'];

export type VerifyOtpInput = Schemas['VerifyOtpDto'];
export type PasswordLoginInput = Schemas['PasswordLoginDto'];

/** The present password and the one to take its place. */
export type ChangePasswordInput = Schemas['ChangePasswordDto'];

/** What proves anew who the person is: their login's code or password, or what a second factor shows. One of them. */
export type ProofInput =
  | { readonly otpCode: string }
  | { readonly password: string }
  /** Of an authenticator app, six digits. */
  | { readonly totpCode: string }
  | { readonly recoveryCode: string };

export type RequestResetInput = Schemas['RequestResetDto'];
export type VerifyResetInput = Schemas['VerifyResetDto'];
export type ResetPasswordInput = Schemas['ResetPasswordDto'];

/** The code was right; `otpId` may be handed in with the new password. */
export type ResetVerified = Schemas['VerifiedResetDto'];

/** Whether messages can leave at this moment. */
export type BotStatus = Schemas['BotStatusDto'];

/** A reset code is on its way. `testOTP` is there only where `OTP_ECHO` is on, never in production. */
export type ResetOtpSent = Schemas['ResetTimesDto'] &
  Pick<Schemas['ResetRequestedAnswerDto'], 'phoneNumber' | 'testOTP'>;

/** One element of `details` when the code is `validation_failed` or `password_refused`. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}
