import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { Conversations } from '../../incoming/bot/conversations.service.js';
import { Database } from '../../platform/database/database.js';
import { GatewayMessages } from '../../gateway/messages/gateway-messages.service.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { Codes } from '../../login/codes/codes.service.js';
import { SecondFactors } from '../../login/second-factor/second-factors.service.js';
import { PeopleImport } from '../../identity/people-import/people-import.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { Users } from '../../identity/users/users.service.js';
import { Verification } from '../../applications/verification/verification.service.js';
import { type Actor } from './user-administration.js';

/** Longer than any statement lives that began before the erasure and still saw the account; ms. */
const LOOK_AGAIN_AFTER = 10_000;

/** Erases people (UU PDP, article 8): what is left is an id in the audit log, and messages that nobody got. */
@Injectable()
export class Erasure implements OnApplicationShutdown {
  private readonly due = new Map<string, { timer: NodeJS.Timeout; numbers: readonly string[] }>();

  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly secondFactors: SecondFactors,
    private readonly codes: Codes,
    private readonly messaging: Messaging,
    private readonly conversations: Conversations,
    private readonly gateway: GatewayMessages,
    private readonly verification: Verification,
    private readonly audit: Audit,
    private readonly imports: PeopleImport,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.due.keys()].map((id) => this.lookAgain(id)));
  }

  /** @throws AppError `user_not_found`, `last_admin` */
  async erase(id: string, actor: Actor): Promise<void> {
    const { phone } = await this.accounts.get(id);
    const numbers = await this.database.transaction(async (transaction) => {
      await this.codes.forget(id, phone, transaction);
      const before = await this.accounts.erase(id, transaction);
      // The number was changed between the look and the lock.
      if (before.phone !== phone) await this.codes.forget(id, before.phone, transaction);
      await this.secondFactors.forget(id, transaction);
      await this.sessions.forget(id, transaction);
      await this.users.forgetFailures(before, transaction);
      await this.imports.forget(id, before, transaction);
      await this.messaging.forget(id, transaction);
      if (before.phone !== null) await this.conversations.forget(before.phone, transaction);
      const all = [...new Set([phone, before.phone])].filter((number) => number !== null);
      for (const number of all) {
        await this.verification.forget(number, transaction);
        await this.gateway.forget(number, transaction);
      }
      await this.audit.forget(id, all, transaction);
      const address = actor.userId === id ? null : actor.context.address;
      const event = { type: 'user.erased', outcome: 'success', userId: actor.userId, subjectId: id } as const;
      await this.audit.record({ ...event, address, requestId: actor.context.id }, transaction);
      return all;
    });
    this.due.set(id, { timer: setTimeout(() => void this.lookAgain(id), LOOK_AGAIN_AFTER).unref(), numbers });
  }

  /** A code that was asked for in the very moment of the erasure, or its refusal, may have been written after it. */
  private async lookAgain(id: string): Promise<void> {
    const { timer, numbers = [] } = this.due.get(id) ?? {};
    clearTimeout(timer);
    this.due.delete(id);
    try {
      await this.database.transaction(async (transaction) => {
        // The numbers are named: the message that would lead to a late code may be forgotten already.
        for (const number of numbers) await this.codes.forget(id, number, transaction);
        await this.messaging.forget(id, transaction);
        await this.audit.forgetNumbers(numbers, transaction);
      });
    } catch (err) {
      this.logger.warn({ err }, 'the second check after an erasure failed');
    }
  }
}
