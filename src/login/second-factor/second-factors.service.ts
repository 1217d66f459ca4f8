import { Injectable } from '@nestjs/common';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Language } from '../../platform/config/languages.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type NoticeContent } from '../../delivery/templates/templates.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { Audit } from '../../records/audit/audit.service.js';
import { FactorsRepository } from './factors.repository.js';
import { PasskeysRepository, type PasskeyRow } from './passkeys.repository.js';

/** The second factors of an account. */
export interface HeldFactors {
  readonly totpSince: Date | null;
  readonly passkeys: readonly PasskeyRow[];
  readonly recoveryCodesLeft: number;
}

/** Who resets the factors of an account: an admin's request, or nobody where a command does. */
export interface ResetBy {
  readonly userId: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
}

/** The second factors of accounts, as others than their owner deal with them: shown, reset, forgotten. */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly settings: AccountSettings,
    private readonly regionSettings: RegionSettings,
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly repository: FactorsRepository,
    private readonly passkeys: PasskeysRepository,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
  ) {}

  async of(userId: string): Promise<HeldFactors> {
    const row = await this.repository.state(userId);
    const passkeys = await this.passkeys.of(userId);
    return { totpSince: row?.totp_since ?? null, passkeys, recoveryCodesLeft: row?.codes_left ?? 0 };
  }

  get mode(): 'off' | 'offer' | 'require' {
    return this.settings.staffSecondFactor;
  }

  /**
   * Takes all factors away from an account that has lost them. Its sessions end, and its owner is told.
   *
   * @throws AppError `user_not_found`, `own_second_factor`, `second_factor_not_enrolled`
   */
  async reset(userId: string, by: ResetBy): Promise<void> {
    // Whoever has an admin's session alone would get rid of the factor by which the session is to be proved.
    if (by.userId === userId) throw new AppError('own_second_factor');
    const notice = await this.database.transaction(async (transaction) => {
      const account = await this.accounts.lockForSecondFactor(userId, transaction);
      if (!account.has_second_factor) throw new AppError('second_factor_not_enrolled');
      await this.repository.forget(userId, transaction);
      await this.accounts.noteSecondFactor(userId, false, transaction);
      const from = { id: by.requestId, address: null };
      await this.sessions.endAll(userId, 'second_factor_reset', from, null, transaction);
      const detail = by.userId === null ? { detail: { by: 'second-factor:reset' } } : {};
      const event = { type: 'user.second_factor_reset', outcome: 'success', subjectId: userId, ...detail } as const;
      await this.audit.record({ ...event, ...by }, transaction);
      return this.queueNotice(
        account,
        { template: 'notice.second_factor_reset', language: this.regionLanguage },
        transaction,
      );
    });
    if (notice) this.messaging.deliverBehind(notice, by.requestId);
  }

  /** Forgets everything, where a person is erased: in the transaction that does. */
  async forget(userId: string, within: Transaction): Promise<void> {
    await this.repository.forget(userId, within);
  }

  /** Tells an account's owner what happened to their factors; null where there is no number to tell, or it was told often. */
  async queueNotice(account: ManagedAccountRow, content: NoticeContent, within: Transaction) {
    if (account.phone === null) return null;
    return this.messaging.queueNotice(account.phone, account, content, within);
  }

  private get regionLanguage(): Language {
    const { messageLanguage } = this.regionSettings;
    return messageLanguage === 'negotiate' ? 'id' : messageLanguage;
  }
}
