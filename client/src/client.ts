import type { OtpSent, PasswordLoginInput, Session, TokenLogin, User, VerifyOtpInput } from './api.js';
import type { LoginOptions } from './api.pending.js';
import { ApplicationFetch } from './application-fetch.js';
import type { CallOptions } from './call-options.js';
import type { Masuk, MasukOptions } from './contract.js';
import { abortable } from './deadline.js';
import { forgotPassword, type ForgotPassword } from './forgot-password.js';
import { MasukError } from './masuk-error.js';
import { isTokenAnswer, Refresher, tokensOf } from './refresher.js';
import { type Call, type Fetch, Service } from './service.js';
import { TokenVault } from './token-vault.js';
import { isText, type Tokens, type TokensListener } from './tokens.js';

const TIMEOUT = 15_000;

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
    this.forgotPassword = forgotPassword(this.service);
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

  options = async ({ signal }: CallOptions = {}): Promise<LoginOptions> =>
    this.data<LoginOptions>({ method: 'GET', path: '/api/auth/options', signal, again: 'refused', cached: true });

  requestOtp = async (phone: string, options: CallOptions = {}): Promise<OtpSent> =>
    this.sendOtp('/api/auth/otp/request', phone, { ...options, again: 'refused' });

  resendOtp = async (phone: string, options: CallOptions = {}): Promise<OtpSent> =>
    this.sendOtp('/api/auth/otp/resend', phone, options);

  verifyOtp = async (input: VerifyOtpInput, options: CallOptions = {}): Promise<TokenLogin> =>
    this.logIn(this.refresher ? '/api/auth/otp/verify' : '/api/auth/browser/verify', input, options);

  login = async (input: PasswordLoginInput, options: CallOptions = {}): Promise<TokenLogin> =>
    this.logIn(this.refresher ? '/api/auth/login' : '/api/auth/browser/login', input, options);

  restore = async (): Promise<Tokens | null> => {
    await this.vault.load();
    return this.vault.held();
  };

  refresh = async ({ signal }: CallOptions = {}): Promise<void> => {
    if (this.refresher) await abortable(this.refresher.refresh(), signal);
  };

  me = async ({ signal }: CallOptions = {}): Promise<User> =>
    this.withToken<User>({ method: 'GET', path: '/api/auth/me', signal, again: 'refused' });

  sessions = async ({ signal }: CallOptions = {}): Promise<Session[]> =>
    this.withToken<Session[]>({ method: 'GET', path: '/api/auth/sessions', signal, again: 'refused' });

  endSession = async (id: string, { signal }: CallOptions = {}): Promise<void> => {
    await this.withToken({ method: 'DELETE', path: `/api/auth/sessions/${encodeURIComponent(id)}`, signal }, false);
  };

  logout = async ({ signal }: CallOptions = {}): Promise<void> => {
    await this.vault.load();
    const tokens = this.vault.held();
    await this.vault.begin(null);
    if (this.refresher && !tokens) return;
    const body = tokens ? { refreshToken: tokens.refreshToken } : {};
    await this.service.call({ method: 'POST', path: '/api/auth/logout', body, signal, again: 'refused' });
  };

  private async sendOtp(
    path: string,
    phone: string,
    { signal, again }: CallOptions & Pick<Call, 'again'>,
  ): Promise<OtpSent> {
    const headers = await this.deviceHeader();
    return this.data<OtpSent>({
      ...{ method: 'POST', path, body: { phone }, headers, signal, ...(again && { again }) },
      holds: ({ data }) => isText(data?.expiresAt) && isText(data.resendAt),
    });
  }

  private async logIn(path: string, body: object, { signal }: CallOptions): Promise<TokenLogin> {
    const headers = await this.deviceHeader();
    const login = await this.data<TokenLogin>({
      ...{ method: 'POST', path, body, headers, signal },
      holds: ({ data }) => isText(data?.user.id) && (!this.refresher || isTokenAnswer(data)),
    });
    if (this.refresher) await this.vault.begin(tokensOf(login), login.deviceToken);
    return login;
  }

  /** A known device has its own allowance of codes and guesses. A cookie does this by itself. */
  private async deviceHeader(): Promise<Record<string, string>> {
    if (!this.refresher) return {};
    await this.vault.load();
    const { deviceToken } = this.vault;
    return deviceToken === null ? {} : { 'x-device-token': deviceToken };
  }

  /** A call that wants a token; when that one is refused, once more with its successor. */
  private async withToken<Data>(call: Call<{ data: Data }>, hasData = true): Promise<Data> {
    if (!this.refresher) return this.data(call, hasData);
    const { signal } = call;
    const token = await abortable(this.refresher.token(), signal);
    try {
      return await this.data(bearing(call, token), hasData);
    } catch (error) {
      if (token === null || !(error instanceof MasukError) || error.code !== 'invalid_token') throw error;
      const replacement = await abortable(this.refresher.replacementFor(token), signal);
      return await this.data(bearing(call, replacement), hasData);
    }
  }

  private async data<Data>(call: Call<{ data: Data }>, hasData = true): Promise<Data> {
    const holds = call.holds ?? (({ data }: { data?: Data }) => !hasData || typeof data === 'object');
    return (await this.service.call<{ data: Data }>({ ...call, holds })).data;
  }
}

function bearing<Body>(call: Call<Body>, token: string | null): Call<Body> {
  return token === null ? call : { ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } };
}
