import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { Database } from '../../platform/database/database.js';
import { newId } from '../../platform/database/new-id.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { type CurrentCaller } from '../../platform/http/access.decorators.js';
import { AddressLimits } from '../../platform/limits/address-limits.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { CodeIssuer, type IssuedOtp } from '../codes/code-issuer.js';
import { type CodePurpose } from '../codes/code-purpose.js';
import { Codes, type RightGuess, type TypedGuess } from '../codes/codes.service.js';
import { PhoneProof } from '../codes/phone-proof.js';
import { SendLimits } from '../codes/send-limits.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { AccessTokens } from '../../identity/sessions/access-tokens.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { newRefreshToken } from '../../identity/sessions/refresh-tokens.js';
import { DeviceTokens, type KnownDevice } from '../../identity/sessions/device-tokens.js';
import { Users } from '../../identity/users/users.service.js';
import { type AccountRow } from '../../identity/users/account.js';
import {
  LoginRepository,
  type JudgedLoginRow,
  type LoggedInRow,
  type LoginCall,
  type SessionCall,
} from './login.repository.js';

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
  /** The challenge that the caller believes to answer, if it says so. */
  readonly challengeId: string | null | undefined;
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
  private readonly loginCode: CodePurpose;

  constructor(
    codeSettings: CodeSettings,
    private readonly regionSettings: RegionSettings,
    private readonly sessionSettings: SessionSettings,
    private readonly database: Database,
    private readonly issuer: CodeIssuer,
    private readonly codes: Codes,
    private readonly proof: PhoneProof,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly repository: LoginRepository,
    private readonly tokens: AccessTokens,
    private readonly devices: DeviceTokens,
    private readonly messaging: Messaging,
    private readonly addresses: AddressLimits,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
  ) {
    this.loginCode = {
      name: 'login',
      template: 'otp.login',
      minutes: codeSettings.otpExpiresInMinutes,
      isForApplications: true,
    };
  }

  /** @throws AppError `invalid_phone`, and what `CodeIssuer.issue` throws */
  async requestCode(phone: string, again: boolean, context: RequestContext): Promise<IssuedOtp> {
    const request = {
      purpose: this.loginCode,
      phone: this.phone(phone),
      device: this.devices.read(context.deviceToken),
      again,
    };
    return this.issuer.issue(request, context);
  }

  /**
   * @throws AppError `invalid_phone`, `validation_failed` (registration token), `otp_locked`, `invalid_otp`,
   *   `login_page_required` for an application: tokens are for the service itself
   */
  async loginByCode(typed: TypedCode, context: RequestContext): Promise<Login> {
    const draft = this.draftSession('tokens', context);
    return this.withTokens(await this.openByCode(typed, draft, context), draft, 'OTP');
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
    return this.withTokens(await this.openByPassword(typed, draft, context), draft, 'PASSWORD');
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
    const typedGuess = {
      purpose: this.loginCode,
      phone,
      code: typed.otpCode,
      challengeId: typed.challengeId ?? undefined,
      device: draft.device,
    };
    const registrant = this.proof.registrant(typed.registrationToken);
    const guess = await this.codes.prepareGuess(typedGuess, context).catch(this.recordRefusal(context));
    // Not a guess, so it costs none: docs/decisions/0021-a-code-for-an-application-opens-a-browser.md.
    if (draft.heldBy === 'tokens' && guess.application !== null) throw new AppError('login_page_required');
    const session = {
      ...this.sessionCall(draft, context),
      applicationId: guess.application,
      phoneKey: this.audit.phoneKey(phone),
    };
    const row = await this.judge(typedGuess, { guess, session });
    if (row.o_verdict === 'unproven') return this.openByFirstProof(typedGuess, session, registrant, context);
    if (row.o_verdict !== 'right' || row.o_account === null)
      return this.recordRefusal(context)(this.codes.refusal({ ...row, o_verdict: row.o_verdict }, phone, context));
    if (row.o_code && row.o_issued_at && row.o_address !== null)
      this.noteUse(phone, { challengeId: row.o_code, issuedAt: row.o_issued_at, address: row.o_address });
    const { o_account: id, o_email: email, o_username: username, o_full_name: full_name, o_role: role } = row;
    return { id, email, username, phone, full_name, role, device_id: row.device_id, logged_in_at: row.logged_in_at };
  }

  private async judge(typed: TypedGuess, call: LoginCall): Promise<JudgedLoginRow> {
    const row = await this.repository.byCode(call);
    if (row.o_verdict !== 'legacy') return row;
    return this.repository.byCode({ ...call, guess: { ...call.guess, legacy: this.codes.legacyGuess(typed, row) } });
  }

  /** The first proof of a number ends what somebody else may have set at the account, in the transaction that logs in. */
  private async openByFirstProof(
    typed: TypedGuess,
    session: SessionCall,
    registrant: string | null,
    context: RequestContext,
  ): Promise<LoggedInRow> {
    const { phone } = typed;
    const proof = this.proof.draft(registrant, context);
    const opened = await this.database.transaction(async (transaction) => {
      const code = await this.codes.guess(typed, 'use', context, transaction);
      // Returned and not thrown: the commit keeps what the guess has cost.
      if (code instanceof AppError) return code;
      const isTakenOver = await this.proof.prove(proof, typed, code, transaction);
      const values = { ...this.sessionValues(session, typed.device, 'OTP'), phone, user_id: code.accountId };
      const account = await this.repository.afterProof({ ...values, phone_key: session.phoneKey }, transaction);
      if (!account) throw new AppError('busy', { retryAfter: 1 });
      return { account, code, isTakenOver };
    });
    if (opened instanceof AppError) return this.recordRefusal(context)(opened);
    const { account, code, isTakenOver } = opened;
    this.noteUse(phone, code);
    if (isTakenOver) this.proof.tell(proof, { phone, fullName: account.full_name }, context);
    return account;
  }

  /** What a used code gives back, and what is noted of it. */
  private noteUse(
    phone: string,
    { challengeId, issuedAt, address }: Pick<RightGuess, 'challengeId' | 'issuedAt' | 'address'>,
  ): void {
    this.addresses.giveBack('sends', address);
    this.sendLimits.verifiedSend(phone);
    this.messaging.noteVerified({ id: challengeId, createdAt: issuedAt });
  }

  private async openByPassword(
    { identifier, password }: TypedPassword,
    draft: SessionDraft,
    context: RequestContext,
  ): Promise<LoggedInRow> {
    try {
      const checked = await this.users.checkPassword(identifier, password);
      const values = {
        ...this.sessionValues(this.sessionCall(draft, context), draft.device, 'PASSWORD'),
        user_id: checked.userId,
        password_hash: checked.passwordHash,
        budget_keys: checked.tries.map(({ key }) => key),
      };
      const account = await this.users.unlessUndecided(checked.tries, () => this.repository.byPassword(values));
      if (!account) throw new AppError('invalid_credentials');
      if (account.phone !== null) await this.codes.reopen(account.phone);
      return account;
    } catch (error) {
      const wrong =
        error instanceof AppError && (error.code === 'invalid_credentials' || error.code === 'login_locked');
      if (wrong) context.addressReservations.confirm('failures');
      return this.recordRefusal(context, identifier)(error);
    }
  }

  private phone(typed: string): string {
    const phone = parsePhone(typed, this.regionSettings.allowedCountries);
    if (!phone) throw new AppError('invalid_phone');
    return phone;
  }

  private sessionCall(draft: SessionDraft, context: RequestContext): SessionCall {
    return {
      loginSessionId: draft.loginSessionId,
      deviceId: draft.device?.deviceId ?? null,
      newDeviceId: randomUUID(),
      userAgent: context.userAgent,
      refreshHash: draft.heldBy === 'tokens' ? draft.secret.hash : null,
      cookieHash: draft.heldBy === 'cookie' ? draft.secret.hash : null,
      applicationId: null,
      address: context.address,
      requestId: context.id,
      auditId: newId(),
      phoneKey: null,
    };
  }

  private sessionValues(session: SessionCall, device: KnownDevice | null, method: 'OTP' | 'PASSWORD') {
    return {
      login_session_id: session.loginSessionId,
      device_user: device?.userId ?? null,
      device_id: session.deviceId,
      new_device_id: session.newDeviceId,
      method,
      application: session.applicationId,
      address: session.address,
      user_agent: session.userAgent,
      idle_seconds: this.sessionSettings.refreshExpiresIn,
      max_seconds: this.sessionSettings.sessionMaxAge,
      refresh_hash: session.refreshHash,
      cookie_hash: session.cookieHash,
      request_id: session.requestId,
      audit_id: session.auditId,
    };
  }

  private draftSession(heldBy: SessionDraft['heldBy'], context: RequestContext): SessionDraft {
    const device = this.devices.read(context.deviceToken);
    return { loginSessionId: newId(), device, secret: newRefreshToken(), heldBy };
  }

  private async endReplaced(replaced: CurrentCaller | undefined, context: RequestContext): Promise<void> {
    if (replaced) await this.sessions.end(replaced.sessionId, replaced.userId, 'logout', context);
  }

  private withCookie(account: LoggedInRow, { secret }: SessionDraft): BrowserLogin {
    return { cookie: secret.token, deviceToken: this.deviceToken(account), account };
  }

  private withTokens(account: LoggedInRow, draft: SessionDraft, method: 'OTP' | 'PASSWORD'): Login {
    const session = { id: draft.loginSessionId, method, secondFactor: null, provedAt: account.logged_in_at };
    const { token, expiresIn } = this.tokens.sign(account, session);
    return { token, expiresIn, refreshToken: draft.secret.token, deviceToken: this.deviceToken(account), account };
  }

  /** Made as of the login's own statement: a reset that followed it in the same moment must not be older than it. */
  private deviceToken({ id, device_id: deviceId, logged_in_at: at }: LoggedInRow): string {
    return this.devices.issue(deviceId, id, at);
  }

  /** A refused guess is an event of its own: which account or number, how, and from where. @param named whose, as typed */
  private recordRefusal({ id, address }: RequestContext, named?: string) {
    return async (error: unknown): Promise<never> => {
      const type = error instanceof AppError ? REFUSALS[error.code] : undefined;
      if (error instanceof AppError && type) await this.audit.recordRefusal(type, error, { id, address, named });
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
