import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { every, type Recurring } from '../../platform/background/timers.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { FactorsRepository } from './factors.repository.js';

const LABEL = 'totp-secret';

const RESEAL_EVERY = 15_000;

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Secrets of one-time passwords are sealed under `AUTH_SECRET`, each for its owner alone, and anew while that is replaced. */
@Injectable()
export class TotpSeal implements OnModuleInit, OnApplicationShutdown {
  private resealing: Recurring | undefined;

  constructor(
    private readonly secret: AuthSecret,
    private readonly repository: FactorsRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'secrets of one-time passwords were not sealed again');
    // No job of the cluster: only instances that know both secrets can do it.
    if (!this.secret.previous) return;
    void this.resealAll().catch(onError);
    this.resealing = every(RESEAL_EVERY, () => this.resealAll(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.resealing?.stop();
  }

  /** @param owner id of the account, or of the login session that is still to confirm it */
  seal(totp: Buffer, owner: string): Buffer {
    return this.secret.seal(LABEL, totp, owner);
  }

  /** @throws when it was sealed for somebody else, or under another `AUTH_SECRET` */
  open(sealed: Buffer, owner: string): Buffer {
    return this.secret.open(LABEL, sealed, owner);
  }

  /** Again and again, as instances with the previous secret go on writing. */
  private async resealAll(): Promise<void> {
    for (let after = FIRST, more = true; more;) {
      const rows = await this.repository.sealedAfter(after);
      for (const { user_id: userId, sealed_totp: before } of rows) {
        const totp = this.openPrevious(before, userId);
        if (totp) await this.repository.reseal(userId, before, this.seal(totp, userId));
      }
      more = rows.length > 0;
      after = rows.at(-1)?.user_id ?? after;
    }
  }

  /** What the previous secret alone opens; null for what needs no new seal. */
  private openPrevious(sealed: Buffer, owner: string): Buffer | null {
    try {
      return this.secret.previous?.open(LABEL, sealed, owner) ?? null;
    } catch {
      return null;
    }
  }
}
