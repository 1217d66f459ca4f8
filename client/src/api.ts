import type { components } from './api.gen.js';

type Schemas = components['schemas'];

/** The account that is logged in. */
export type User = Schemas['UserDto'];

/** A login of this account, on this device or another. */
export type Session = Schemas['SessionDto'];

/** A code is on its way, or lives already (`alreadySent`). Instants are ISO 8601 in UTC. */
export type OtpSent = Schemas['OtpSentDto'];

/** A login that the program keeps itself; `expiresIn` in seconds. */
export type TokenLogin = Schemas['LoginDto'];

/** A login that the browser keeps in a cookie that no script can read. */
export type CookieLogin = Pick<TokenLogin, 'user'>;

/** Either of them: the tokens are there unless the session is a cookie. */
export type LoggedIn = CookieLogin & Partial<TokenLogin>;

export type VerifyOtpInput = Schemas['VerifyOtpDto'];

export type PasswordLoginInput = Schemas['PasswordLoginDto'];

export type RefreshedTokens = Schemas['RefreshedDto'];

/** One element of `details` when the code is `validation_failed`. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}
