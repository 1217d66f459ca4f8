import { Injectable } from '@nestjs/common';
import { Audit } from '../../../records/audit/audit.service.js';
import { CodeSettings } from '../../../platform/config/groups/codes.js';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { type ErrorCode } from '../../../platform/errors/catalogue.js';
import { invalidField } from '../../../platform/errors/invalid-field.js';
import { type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { type RequestContext } from '../../../platform/http/request-context.js';
import { Sessions, type ProvedSession } from '../../../identity/sessions/sessions.service.js';
import { Accounts } from '../../../identity/users/accounts.service.js';
import { Users } from '../../../identity/users/users.service.js';
import { type CodePurpose } from '../../codes/code-purpose.js';
import { Codes } from '../../codes/codes.service.js';

/** Refusals that are recorded: somebody who has the session may not be its owner. */
const GUESSES: readonly ErrorCode[] = ['invalid_otp', 'otp_locked', 'current_password_wrong', 'login_locked'];

const RENEWED = 'login.renewed';

/** Makes a login fresh again, without ending its session, by what logs its owner in: a code, or the password. */
@Injectable()
export class LoginRenewal {
  private readonly loginCode: CodePurpose;

  constructor(
    codeSettings: CodeSettings,
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly users: Users,
    private readonly codes: Codes,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
  ) {
    this.loginCode = {
      name: 'login',
      template: 'otp.login',
      minutes: codeSettings.otpExpiresInMinutes,
      isForApplications: true,
    };
  }

  /**
   * @param typed one of the two
   * @throws AppError `second_factor_required` where the owner has a second factor, which renews the login in its place,
   *   `validation_failed` for none of them, `phone_required`, `invalid_otp`, `otp_locked`, `password_not_set`,
   *   `current_password_wrong`, `login_locked`, `busy`
   */
  async renew(
    { otpCode, password }: { otpCode?: string | undefined; password?: string | undefined },
    caller: CurrentCaller,
    context: RequestContext,
  ): Promise<ProvedSession> {
    // The first factor alone would do for what the second one is there for.
    if (caller.isAskedForSecondFactor) throw new AppError('second_factor_required');
    try {
      if (otpCode !== undefined) return await this.byCode(otpCode, caller, context);
      if (password !== undefined) return await this.byPassword(password, caller, context);
    } catch (error) {
      if (error instanceof AppError && GUESSES.includes(error.code)) {
        context.addressReservations.confirm('failures');
        await this.audit.recordRefusal(RENEWED, error, { ...context, userId: caller.userId });
      }
      throw error;
    }
    throw invalidField('otpCode', 'codeOrPassword');
  }

  private async byCode(code: string, caller: CurrentCaller, context: RequestContext): Promise<ProvedSession> {
    const { phone } = await this.accounts.get(caller.userId);
    if (phone === null) throw new AppError('phone_required');
    const guess = { purpose: this.loginCode, phone, code, challengeId: undefined, device: null };
    // A code that an application asked for says in its message that it is for that application.
    const own = { ...context, clientId: undefined };
    const proved = await this.database.transaction(async (transaction) => {
      const right = await this.codes.guess(guess, 'use', own, transaction);
      // Returned and not thrown: the commit keeps what the guess has cost.
      if (right instanceof AppError) return right;
      if (right.accountId !== caller.userId) throw new AppError('invalid_otp', { details: { attemptsLeft: 0 } });
      return this.prove(caller, context, transaction);
    });
    if (proved instanceof AppError) throw proved;
    return proved;
  }

  private async byPassword(password: string, caller: CurrentCaller, context: RequestContext): Promise<ProvedSession> {
    const { tries } = await this.users.checkOwnPassword(caller.userId, password);
    return this.users.unlessUndecided(tries, async () => {
      const account = await this.accounts.get(caller.userId);
      return this.database.transaction(async (transaction) => {
        await this.users.forgetFailures(account, transaction);
        return this.prove(caller, context, transaction);
      });
    });
  }

  private async prove(caller: CurrentCaller, context: RequestContext, within: Transaction): Promise<ProvedSession> {
    const { userId, sessionId: subjectId } = caller;
    const { address, id: requestId } = context;
    await this.audit.record({ type: RENEWED, outcome: 'success', userId, subjectId, address, requestId }, within);
    return this.sessions.prove(caller, null, within);
  }
}
