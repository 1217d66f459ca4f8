import type {
  ChangePasswordInput,
  CookieLogin,
  LoggedIn,
  LoginOptions,
  OtpSent,
  PasswordLoginInput,
  ProofInput,
  Session,
  TokenLogin,
  User,
  VerifyOtpInput,
} from './api.js';
import type { CallOptions } from './call-options.js';
import type { ForgotPassword } from './forgot-password.js';
import type { Language } from './masuk-error.js';
import type { Fetch } from './service.js';
import type { Tokens, TokensListener, TokenStore } from './tokens.js';

export interface MasukOptions {
  /** Address of the service, `https://login.example.org`. Default: the page's own origin. */
  readonly baseUrl?: string;
  /** `memory` (default): the program holds the tokens. `cookie`: the browser does; only for pages on the service's own origin. */
  readonly session?: 'memory' | 'cookie';
  /** Where the tokens outlive the program. Default: nowhere. Without meaning for `cookie`. */
  readonly store?: TokenStore;
  /** Language of messages, where the service lets callers choose (`MESSAGE_LANGUAGE=negotiate`). */
  readonly language?: Language;
  /** The device token of an earlier login, where the store does not keep it. */
  readonly deviceToken?: string;
  /** Other origins whose calls by `fetch` get the token, `https://api.example.org`: your own API, nobody else's. */
  readonly origins?: readonly string[];
  /** Instead of the platform's. */
  readonly fetch?: Fetch;
  /** Milliseconds an answer may take; default 15 000, because a request may wait for WhatsApp. */
  readonly timeout?: number;
}

/** A login that was made elsewhere, for example by the element `<masuk-login>`. */
export type HandedLogin = Pick<TokenLogin, 'token' | 'refreshToken' | 'expiresIn' | 'deviceToken'> & {
  readonly user: Pick<User, 'id'>;
};

/** One user's way in and out. On a server: one for each user, never one for all. */
export interface Masuk<Login extends CookieLogin = LoggedIn> {
  /** What a login screen must know. */
  options(options?: CallOptions): Promise<LoginOptions>;
  /** Asks for a code. `alreadySent`: the newest code still lives, nothing was sent. */
  requestOtp(phone: string, options?: CallOptions): Promise<OtpSent>;
  /** Asks for a new code; refused with `otp_rate_limited` before `resendAt`. */
  resendOtp(phone: string, options?: CallOptions): Promise<OtpSent>;
  verifyOtp(input: VerifyOtpInput, options?: CallOptions): Promise<Login>;
  login(input: PasswordLoginInput, options?: CallOptions): Promise<Login>;
  /** Goes on with a login that was made elsewhere, this moment. */
  adopt(login: HandedLogin): Promise<void>;
  /** Reads the store; for the start of a program. Every other call does so by itself. */
  restore(): Promise<Tokens | null>;
  /** A new access token; one exchange for all who ask at the same time. Does nothing for `cookie`. */
  refresh(options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<User>;
  sessions(options?: CallOptions): Promise<Session[]>;
  endSession(id: string, options?: CallOptions): Promise<void>;
  /**
   * Changes the password of the account that is logged in. This login goes on; all others of the account end, and its known
   * devices are forgotten. Fails with `current_password_wrong`, `password_refused` (`details` says why), `login_locked`, or
   * `password_not_set`: an account without a password gets its first one by `forgotPassword`.
   */
  changePassword(input: ChangePasswordInput, options?: CallOptions): Promise<void>;
  /**
   * Proves anew who the person is, after `fresh_login_required` or `second_factor_required`; repeat then what was refused. The login
   * goes on with other tokens. Fails with `invalid_otp`, `current_password_wrong` or `invalid_second_factor`, with their locks
   * (`otp_locked`, `login_locked`, `second_factor_locked`), and with `second_factor_required` for a code or password of somebody who has a
   * second factor. A passkey is proved on the service's own pages.
   */
  proveAgain(proof: ProofInput, options?: CallOptions): Promise<void>;
  /** Forgets the tokens in any case, then tells the service; rejects when that could not be told. */
  logout(options?: CallOptions): Promise<void>;
  /**
   * The application's own calls, with the token, refreshed once for all that meet a 401. A path (`/…`) is one of
   * `baseUrl`; other origins only when `origins` names them. It has no timeout of its own.
   */
  readonly fetch: Fetch;
  readonly forgotPassword: ForgotPassword;
  /** The tokens of this moment; null when nobody is logged in, before `restore`, and always for `cookie`. */
  readonly tokens: Tokens | null;
  /** To be kept on the device, also after a logout: it gives the owner an own allowance of codes. */
  readonly deviceToken: string | null;
  /**
   * Calls the listener after each change. Null: nobody is logged in any more. Another `userId`: somebody else is, in a
   * program with the same store. @returns ends it
   */
  onTokens(listener: TokensListener): () => void;
  /** Milliseconds since 1970 by the service's clock: count down to `expiresAt` and `resendAt` with it. */
  serverNow(): number;
}
