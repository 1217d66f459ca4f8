import { Injectable } from '@nestjs/common';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { type ErrorCode } from '../errors/catalogue.js';
import { type CurrentCaller } from '../http/access.decorators.js';
import { AddressLimits } from '../http/address-limits.js';
import { type RequestContext } from '../http/request-context.js';
import { CodeIssuer, type IssuedOtp } from '../otp/code-issuer.js';
import { type OtpPurpose } from '../otp/otp-purpose.js';
import { SendLimits } from '../otp/send-limits.js';
import { Otp, guessValues } from '../otp/otp.service.js';
import { PhoneProof } from '../otp/phone-proof.js';
import { parsePhone } from '../phone/phone.js';
import { AccessTokens } from '../sessions/access-tokens.js';
import { Sessions } from '../sessions/sessions.service.js';
import { newRefreshToken } from '../sessions/refresh-tokens.js';
import { DeviceTokens, type KnownDevice } from '../sessions/device-tokens.js';
import { Users } from '../users/users.service.js';
import { type AccountRow } from '../users/account.js';
import { LoginRepository, type LoggedInRow } from './login.repository.js';

/** A login that succeeded: what the caller gets to keep. */
export interface Login {
  readonly token: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly deviceToken: string;
  readonly account: AccountRow;
}

/** A login of a browser on our own pages: a cookie holds it. */
export interface BrowserLogin {
  readonly cookie: string;
  readonly deviceToken: string;
  readonly account: AccountRow;
}

/** A code as it was typed, with the number that it was sent to. */
export interface TypedCode {
  readonly phone: string;
  readonly otpCode: string;
  readonly sessionId?: string | null;
  /** What the registration answered, where this client made the account. */
  readonly registrationToken?: string | null;
}

/** An e-mail, username or phone number and the password, as they were typed. */
export interface TypedPassword {
  readonly identifier: string;
  readonly password: string;
}

/** What a session will be opened with; made before the statement that opens it. */
interface SessionDraft {
  readonly loginSessionId: string;
  readonly device: KnownDevice | null;
  /** A refresh token or a cookie: both are 256 random bits. */
  readonly secret: { token: string; hash: Buffer };
  readonly heldBy: 'tokens' | 'cookie';
}

/** The flows of logging in: by code and by password. */
@Injectable()
export class Auth {
  private readonly loginCode: OtpPurpose;

  constructor(
    private readonly settings: Settings,
    private readonly codes: CodeIssuer,
    private readonly otp: Otp,
    private readonly proof: PhoneProof,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly repository: LoginRepository,
    private readonly tokens: AccessTokens,
    private readonly devices: DeviceTokens,
    private readonly addresses: AddressLimits,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
  ) {
    this.loginCode = { name: 'login', template: 'otp.login', minutes: settings.otpExpiresInMinutes };
  }

  /** @throws AppError `invalid_phone`, and what `CodeIssuer.issue` throws */
  async requestCode(phone: string, again: boolean, context: RequestContext): Promise<IssuedOtp> {
    const request = {
      purpose: this.loginCode,
      phone: this.phone(phone),
      device: this.devices.read(context.deviceToken),
      again,
    };
    return this.codes.issue(request, context);
  }

  /** @throws AppError `invalid_phone`, `validation_failed` (registration token), `otp_locked`, `invalid_otp` */
  async loginByCode(typed: TypedCode, context: RequestContext): Promise<Login> {
    const draft = this.draftSession('tokens', context);
    return this.withTokens(await this.openByCode(typed, draft, context), draft);
  }

  /** As `loginByCode`, for a browser on our own pages; the session that it had ends (ASVS 7.2.4). */
  async loginBrowserByCode(
    typed: TypedCode,
    replaced: CurrentCaller | undefined,
    context: RequestContext,
  ): Promise<BrowserLogin> {
    const draft = this.draftSession('cookie', context);
    const account = await this.openByCode(typed, draft, context);
    await this.endReplaced(replaced, context);
    return this.withCookie(account, draft);
  }

  /** @throws AppError `login_locked`, `invalid_credentials`, `busy` */
  async loginByPassword(typed: TypedPassword, context: RequestContext): Promise<Login> {
    const draft = this.draftSession('tokens', context);
    return this.withTokens(await this.openByPassword(typed, draft, context), draft);
  }

  /** As `loginByPassword`, for a browser on our own pages; the session that it had ends (ASVS 7.2.4). */
  async loginBrowserByPassword(
    typed: TypedPassword,
    replaced: CurrentCaller | undefined,
    context: RequestContext,
  ): Promise<BrowserLogin> {
    const draft = this.draftSession('cookie', context);
    const account = await this.openByPassword(typed, draft, context);
    await this.endReplaced(replaced, context);
    return this.withCookie(account, draft);
  }

  /** @throws AppError `invalid_token` when the account is gone or disabled */
  async me(userId: string): Promise<AccountRow & { created_at: Date }> {
    const account = await this.users.findActive(userId);
    if (!account) throw new AppError('invalid_token');
    return account;
  }

  private async openByCode(typed: TypedCode, draft: SessionDraft, context: RequestContext): Promise<LoggedInRow> {
    const phone = this.phone(typed.phone);
    const sessionId = typed.sessionId ?? undefined;
    const proof = this.proof.draft(typed.registrationToken, context);
    const guess = await this.otp
      .charge(this.loginCode, phone, typed.otpCode, sessionId, draft.device, context)
      .catch(this.recordRefusal(context));
    const account = await this.repository.byCode({
      ...this.sessionValues(draft, 'OTP', context),
      ...proof.values,
      ...guessValues(guess),
    });
    if (!account) return this.recordRefusal(context)(this.otp.wrong(guess, context));
    this.addresses.giveBack('sends', account.code_address);
    this.sendLimits.verifiedSend(phone);
    if (account.is_taken_over) this.proof.tell(proof, { phone, fullName: account.full_name }, context);
    return account;
  }

  private async openByPassword(
    { identifier, password }: TypedPassword,
    draft: SessionDraft,
    context: RequestContext,
  ): Promise<LoggedInRow> {
    try {
      const checked = await this.users.checkPassword(identifier, password);
      const account = await this.repository.byPassword({
        ...this.sessionValues(draft, 'PASSWORD', context),
        user_id: checked.userId,
        password_hash: checked.passwordHash,
        identifier_key: checked.identifierKey,
      });
      if (!account) throw new AppError('invalid_credentials');
      if (account.phone !== null) await this.otp.reopen(account.phone);
      return account;
    } catch (error) {
      const wrong =
        error instanceof AppError && (error.code === 'invalid_credentials' || error.code === 'login_locked');
      if (wrong) context.charges.confirm('failures');
      return this.recordRefusal(context)(error);
    }
  }

  private phone(typed: string): string {
    const phone = parsePhone(typed, this.settings.allowedCountries);
    if (!phone) throw new AppError('invalid_phone');
    return phone;
  }

  private sessionValues(draft: SessionDraft, method: 'OTP' | 'PASSWORD', context: RequestContext) {
    return {
      login_session_id: draft.loginSessionId,
      device_user: draft.device?.userId ?? null,
      device_id: draft.device?.deviceId ?? null,
      new_device_id: uuidv4(),
      method,
      address: context.address,
      user_agent: context.userAgent,
      idle_seconds: this.settings.refreshExpiresIn,
      max_seconds: this.settings.sessionMaxAge,
      refresh_hash: draft.heldBy === 'tokens' ? draft.secret.hash : null,
      cookie_hash: draft.heldBy === 'cookie' ? draft.secret.hash : null,
      request_id: context.id,
      audit_id: uuidv7(),
    };
  }

  private draftSession(heldBy: SessionDraft['heldBy'], context: RequestContext): SessionDraft {
    const device = this.devices.read(context.deviceToken);
    return { loginSessionId: uuidv7(), device, secret: newRefreshToken(), heldBy };
  }

  private async endReplaced(replaced: CurrentCaller | undefined, context: RequestContext): Promise<void> {
    if (replaced) await this.sessions.end(replaced.sessionId, replaced.userId, 'logout', context);
  }

  private withCookie(account: LoggedInRow, { secret }: SessionDraft): BrowserLogin {
    return { cookie: secret.token, deviceToken: this.deviceToken(account), account };
  }

  private withTokens(account: LoggedInRow, draft: SessionDraft): Login {
    const { token, expiresIn } = this.tokens.sign(account, draft.loginSessionId);
    return { token, expiresIn, refreshToken: draft.secret.token, deviceToken: this.deviceToken(account), account };
  }

  /** Made as of the login's own statement: a reset that followed it in the same moment must not be older than it. */
  private deviceToken({ id, device_id: deviceId, logged_in_at: at }: LoggedInRow): string {
    return this.devices.issue(deviceId, id, at);
  }

  /** A refused guess is an event of its own: which account or number, how, and from where. */
  private recordRefusal(context: RequestContext) {
    return async (error: unknown): Promise<never> => {
      const type = error instanceof AppError ? REFUSALS[error.code] : undefined;
      if (error instanceof AppError && type) await this.audit.recordRefusal(type, error, context);
      throw error;
    };
  }
}

/** Refusals that are recorded, by the event they are. */
const REFUSALS: Partial<Record<ErrorCode, string>> = {
  invalid_otp: 'login.otp',
  otp_locked: 'login.otp',
  invalid_credentials: 'login.password',
  login_locked: 'login.password',
};
