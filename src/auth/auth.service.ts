import { Injectable } from '@nestjs/common';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { type ErrorCode } from '../errors/catalogue.js';
import { AddressLimits } from '../http/address-limits.js';
import { type RequestContext } from '../http/request-context.js';
import { CodeIssuer, type IssuedOtp } from '../otp/code-issuer.js';
import { type OtpPurpose } from '../otp/otp-purpose.js';
import { Otp } from '../otp/otp.service.js';
import { parsePhone } from '../phone/phone.js';
import { AccessTokens } from '../sessions/access-tokens.js';
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

/** What a session will be opened with; made before the statement that opens it. */
interface SessionDraft {
  readonly loginSessionId: string;
  readonly device: KnownDevice | null;
  readonly refresh: { token: string; hash: Buffer };
}

/** The flows of logging in: by code and by password. */
@Injectable()
export class Auth {
  private readonly loginCode: OtpPurpose;

  constructor(
    private readonly settings: Settings,
    private readonly codes: CodeIssuer,
    private readonly otp: Otp,
    private readonly users: Users,
    private readonly repository: LoginRepository,
    private readonly tokens: AccessTokens,
    private readonly devices: DeviceTokens,
    private readonly addresses: AddressLimits,
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

  /** @throws AppError `invalid_phone`, `otp_locked`, `invalid_otp` */
  async loginByCode(
    phone: string,
    code: string,
    sessionId: string | undefined,
    context: RequestContext,
  ): Promise<Login> {
    const e164 = this.phone(phone);
    const device = this.devices.read(context.deviceToken);
    const guess = await this.otp
      .charge(this.loginCode, e164, code, sessionId, device, context)
      .catch(this.recordRefusal(context));
    const draft = draftSession(device);
    const account = await this.repository.byCode({
      ...this.sessionValues(draft, 'OTP', context),
      phone: guess.phone,
      purpose: guess.purpose,
      otp_session_id: guess.otpSessionId,
      code_hashes: guess.codeHashes,
    });
    if (!account) return this.recordRefusal(context)(this.otp.wrong(guess, context));
    this.addresses.giveBack('sends', account.code_address);
    return this.loggedIn(account, draft);
  }

  /** @throws AppError `login_locked`, `invalid_credentials`, `busy` */
  async loginByPassword(identifier: string, password: string, context: RequestContext): Promise<Login> {
    const draft = draftSession(this.devices.read(context.deviceToken));
    try {
      const checked = await this.users.checkPassword(identifier, password);
      const account = await this.repository.byPassword({
        ...this.sessionValues(draft, 'PASSWORD', context),
        user_id: checked.userId,
        password_hash: checked.passwordHash,
        identifier_key: checked.identifierKey,
      });
      if (!account) throw new AppError('invalid_credentials');
      return this.loggedIn(account, draft);
    } catch (error) {
      const wrong =
        error instanceof AppError && (error.code === 'invalid_credentials' || error.code === 'login_locked');
      if (wrong) context.charges.confirm('failures');
      return this.recordRefusal(context)(error);
    }
  }

  /** @throws AppError `invalid_token` when the account is gone or disabled */
  async me(userId: string): Promise<AccountRow & { created_at: Date }> {
    const account = await this.users.findActive(userId);
    if (!account) throw new AppError('invalid_token');
    return account;
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
      refresh_hash: draft.refresh.hash,
      request_id: context.id,
      audit_id: uuidv7(),
    };
  }

  private loggedIn(account: LoggedInRow, draft: SessionDraft): Login {
    const { token, expiresIn } = this.tokens.sign(account, draft.loginSessionId);
    const deviceToken = this.devices.issue(account.device_id, account.id);
    return { token, expiresIn, refreshToken: draft.refresh.token, deviceToken, account };
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

function draftSession(device: KnownDevice | null): SessionDraft {
  return { loginSessionId: uuidv7(), device, refresh: newRefreshToken() };
}
