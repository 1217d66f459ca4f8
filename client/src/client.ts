import type {
  Answer,
  ChangePasswordInput,
  LoggedIn,
  LoginOptions,
  Method,
  OtpSent,
  PasswordLoginInput,
  Path,
  ProofInput,
  Session,
  TokenLogin,
  User,
  VerifyOtpInput,
} from './api.js';
import { ApplicationFetch } from './application-fetch.js';
import type { CallOptions } from './call-options.js';
import type { HandedLogin, Masuk, MasukOptions } from './contract.js';
import { abortable } from './deadline.js';
import { forgotPassword, type ForgotPassword } from './forgot-password.js';
import { MasukError } from './masuk-error.js';
import { Refresher, TOKEN_FIELDS, tokensOf } from './refresher.js';
import { type Call, type Fetch, Service } from './service.js';
import { TokenVault } from './token-vault.js';
import type { Tokens, TokensListener } from './tokens.js';

const TIMEOUT = 15_000;

const LOGIN = [...TOKEN_FIELDS, 'deviceToken', 'user'];
const OTP_SENT = ['sessionId', 'expiresAt', 'resendAt'];

/** What `createMasuk` makes. Methods are bound, so that they can be handed around. */
export class Client implements Masuk {
  readonly fetch: Fetch;
  readonly forgotPassword: ForgotPassword;
  private readonly service: Service;
  private readonly vault: TokenVault;
  /** Null for a cookie: the browser and the service see to it. */
  private readonly refresher: Refresher | null;

  constructor(options: MasukOptions) {
    const { baseUrl = '', session = 'memory', language, timeout = TIMEOUT, origins = [] } = options;
    const asCookie = session === 'cookie';
    // Looked up at each call: some platforms put theirs in place later.
    const platformFetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const credentials = asCookie ? 'same-origin' : 'omit';
    this.service = new Service({ baseUrl, language, timeout, credentials, fetch: platformFetch });
    this.vault = new TokenVault(asCookie ? undefined : options.store, options.deviceToken);
    this.refresher = asCookie ? null : new Refresher(this.service, this.vault);
    this.forgotPassword = forgotPassword(this.service, () => this.deviceHeader());
    const own = new ApplicationFetch(this.service, this.refresher, platformFetch, origins);
    this.fetch = (input, init) => own.send(input, init);
  }

  get tokens(): Tokens | null {
    return this.vault.held();
  }

  get deviceToken(): string | null {
    return this.vault.deviceToken;
  }

  onTokens = (listener: TokensListener): (() => void) => this.vault.listen(listener);

  serverNow = (): number => this.service.clock.now();

  options = async ({ signal }: CallOptions = {}): Promise<LoginOptions> => {
    const needs = ['otpLength'];
    const call = { method: 'GET', path: '/api/auth/options', signal, needs, again: 'refused', cached: true } as const;
    return (await this.service.call(call)).data;
  };

  requestOtp = async (phone: string, { signal }: CallOptions = {}): Promise<OtpSent> => {
    const call = { method: 'POST', path: '/api/auth/otp/request', again: 'refused' } as const;
    const headers = await this.deviceHeader();
    return (await this.service.call({ ...call, body: { phone }, needs: OTP_SENT, headers, signal })).data;
  };

  resendOtp = async (phone: string, { signal }: CallOptions = {}): Promise<OtpSent> => {
    const call = { method: 'POST', path: '/api/auth/otp/resend' } as const;
    const headers = await this.deviceHeader();
    return (await this.service.call({ ...call, body: { phone }, needs: OTP_SENT, headers, signal })).data;
  };

  verifyOtp = async (body: VerifyOtpInput, { signal }: CallOptions = {}): Promise<LoggedIn> => {
    const call = { method: 'POST', body, signal } as const;
    if (!this.refresher) {
      return (await this.service.call({ ...call, path: '/api/auth/browser/verify', needs: ['user'] })).data;
    }
    const headers = await this.deviceHeader();
    return this.begin(await this.service.call({ ...call, path: '/api/auth/otp/verify', headers, needs: LOGIN }));
  };

  login = async (body: PasswordLoginInput, { signal }: CallOptions = {}): Promise<LoggedIn> => {
    const call = { method: 'POST', body, signal } as const;
    if (!this.refresher) {
      return (await this.service.call({ ...call, path: '/api/auth/browser/login', needs: ['user'] })).data;
    }
    const headers = await this.deviceHeader();
    return this.begin(await this.service.call({ ...call, path: '/api/auth/login', headers, needs: LOGIN }));
  };

  adopt = async (login: HandedLogin): Promise<void> => {
    await this.vault.load();
    await this.vault.keepDeviceToken(login.deviceToken);
    await this.vault.keep(tokensOf(login, login.user.id));
  };

  restore = async (): Promise<Tokens | null> => {
    await this.vault.load();
    return this.vault.held();
  };

  refresh = async ({ signal }: CallOptions = {}): Promise<void> => {
    if (this.refresher) await abortable(this.refresher.refresh(), signal);
  };

  me = async ({ signal }: CallOptions = {}): Promise<User> => {
    const call = { method: 'GET', path: '/api/auth/me', needs: ['id'], again: 'refused' } as const;
    return (await this.withToken({ ...call, signal })).data;
  };

  sessions = async ({ signal }: CallOptions = {}): Promise<Session[]> => {
    const call = { method: 'GET', path: '/api/auth/sessions', needs: ['length'], again: 'refused' } as const;
    return (await this.withToken({ ...call, signal })).data;
  };

  endSession = async (id: string, { signal }: CallOptions = {}): Promise<void> => {
    await this.withToken({ method: 'DELETE', path: '/api/auth/sessions/{id}', id, signal });
  };

  changePassword = async (body: ChangePasswordInput, { signal }: CallOptions = {}): Promise<void> => {
    await this.withToken({ method: 'POST', path: '/api/auth/me/password', body, signal });
  };

  proveAgain = async (proof: ProofInput, { signal }: CallOptions = {}): Promise<void> => {
    const call = { ...proofCall(proof), method: 'POST', signal } as const;
    if (!this.refresher) {
      await this.service.call(call);
      return;
    }
    const proving = this.refresher.replacedBy(async (tokens) => {
      const { data } = await this.service.call(bearing({ ...call, needs: ['tokens'] }, tokens));
      return data.tokens;
    });
    await abortable(proving, signal);
  };

  logout = async ({ signal }: CallOptions = {}): Promise<void> => {
    await this.vault.load();
    // Another program with the same store may have newer ones than this.
    const tokens = (await this.vault.stored()) ?? this.vault.held();
    await this.vault.keep(null);
    if (this.refresher && !tokens) return;
    const body = tokens ? { refreshToken: tokens.refreshToken } : {};
    await this.service
      .call({ method: 'POST', path: '/api/auth/logout', body, signal, again: 'refused' })
      .catch((error: unknown) => {
        // The cookie's session was over already.
        if (!(error instanceof MasukError && error.status === 401)) throw error;
      });
  };

  private async begin({ data }: { data: TokenLogin }): Promise<TokenLogin> {
    await this.adopt(data);
    return data;
  }

  /** A known device has its own allowance of codes and guesses. Beside a cookie the browser keeps it. */
  private async deviceHeader(): Promise<Record<string, string>> {
    if (!this.refresher) return {};
    await this.vault.load();
    const { deviceToken } = this.vault;
    return deviceToken === null ? {} : { 'x-device-token': deviceToken };
  }

  /** A call that wants a token; when that one is refused, once more with its successor. */
  private async withToken<M extends Method, P extends Path>(call: Call<M, P>): Promise<Answer<M, P>> {
    if (!this.refresher) return this.service.call(call);
    const tokens = await abortable(this.refresher.current(), call.signal);
    try {
      return await this.service.call(bearing(call, tokens));
    } catch (error) {
      if (tokens === null || !(error instanceof MasukError) || error.code !== 'invalid_token') throw error;
      const replacement = await abortable(this.refresher.replacementFor(tokens), call.signal);
      if (replacement === null) throw error;
      return await this.service.call(bearing(call, replacement));
    }
  }
}

/** Which call takes a proof, and how it is named there. */
function proofCall(proof: ProofInput) {
  if ('totpCode' in proof)
    return { path: '/api/auth/second-factor/totp/verify', body: { code: proof.totpCode } } as const;
  if ('recoveryCode' in proof)
    return { path: '/api/auth/second-factor/recovery-codes/verify', body: { code: proof.recoveryCode } } as const;
  return { path: '/api/auth/fresh-login', body: proof } as const;
}

function bearing<M extends Method, P extends Path>(call: Call<M, P>, tokens: Tokens | null): Call<M, P> {
  return tokens === null ? call : { ...call, headers: { ...call.headers, authorization: `Bearer ${tokens.token}` } };
}
