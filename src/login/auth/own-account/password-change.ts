import { Injectable } from '@nestjs/common';
import { Audit } from '../../../records/audit/audit.service.js';
import { Database } from '../../../platform/database/database.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { type ErrorCode } from '../../../platform/errors/catalogue.js';
import { requireOwner, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { type RequestContext } from '../../../platform/http/request-context.js';
import { Messaging } from '../../../delivery/outbox/messaging.service.js';
import { Sessions } from '../../../identity/sessions/sessions.service.js';
import { Accounts } from '../../../identity/users/accounts.service.js';
import { Users } from '../../../identity/users/users.service.js';

/** Refusals that are recorded: somebody who has the session may not be its owner. */
const GUESSES: readonly ErrorCode[] = ['current_password_wrong', 'login_locked'];

/** Changing one's own password with the present one (ASVS 6.2.3). */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
  ) {}

  /**
   * Sets the new password. The caller's other sessions end, known devices are forgotten, and the owner's number is told.
   *
   * @throws AppError `invalid_token` when the account is gone or disabled, `password_refused`, `password_not_set`,
   *   `current_password_wrong`, `login_locked`, `busy`
   */
  async change(
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
    caller: CurrentCaller,
    context: RequestContext,
  ): Promise<void> {
    requireOwner(caller);
    const owner = await this.users.findActive(caller.userId);
    if (!owner) throw new AppError('invalid_token');
    const named = { fullName: owner.full_name, email: owner.email, username: owner.username, phone: owner.phone };
    // What is wrong with the new one is said before a guess at the present one is paid for.
    this.accounts.checkNewPassword(newPassword, named, currentPassword);
    try {
      const { passwordHash: compared, tries } = await this.users.checkOwnPassword(caller.userId, currentPassword);
      await this.users.unlessUndecided(tries, async () =>
        this.write(compared, await this.accounts.hashNewPassword(newPassword, named), caller, context),
      );
    } catch (error) {
      if (error instanceof AppError && GUESSES.includes(error.code)) {
        context.addressReservations.confirm('failures');
        await this.audit.recordRefusal('user.password_changed', error, { ...context, userId: caller.userId });
      }
      throw error;
    }
  }

  private async write(
    compared: string,
    passwordHash: string,
    { userId, sessionId }: CurrentCaller,
    context: RequestContext,
  ): Promise<void> {
    const notice = await this.database.transaction(async (transaction) => {
      const account = await this.accounts.changePassword(userId, compared, passwordHash, transaction);
      await this.sessions.endAll(userId, 'password_changed', context, sessionId, transaction);
      await this.users.forgetFailures(account, transaction);
      const { address, id: requestId } = context;
      const event = { type: 'user.password_changed', outcome: 'success', userId, subjectId: userId } as const;
      await this.audit.record({ ...event, address, requestId }, transaction);
      if (account.phone === null) return null;
      const { language } = context;
      const content = { template: 'notice.own_password_changed', language } as const;
      return this.messaging.queueNotice(account.phone, account, content, transaction);
    });
    if (notice) this.messaging.deliverBehind(notice, context.id);
  }
}
