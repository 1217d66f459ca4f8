import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Artifacts, type Payload } from './artifacts.js';
import { ArtifactsRepository } from './artifacts.repository.js';
import { ownClient } from './client-metadata.js';
import { OidcProviders } from './oidc-providers.js';

/** Ended sessions that applications are told of at once. */
const TOLD_AT_ONCE = 50;

/** Steps of two hundred of the provider's sessions that are looked at each minute: millions in a day. */
const SESSION_STEPS = 20;

/** Applications of a session, as the library keeps them. */
type Authorizations = Record<string, { readonly sid?: string } | undefined>;

/** Forgets what has expired, and tells applications of logins that ended outside of the provider. */
@Injectable()
export class OidcUpkeep implements OnModuleInit {
  constructor(
    private readonly settings: TokenSettings,
    private readonly jobs: Jobs,
    private readonly repository: ArtifactsRepository,
    private readonly artifacts: Artifacts,
    private readonly providers: OidcProviders,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('expired-oidc-artifacts', '*/10 * * * *', () => this.repository.forgetExpired());
    if (this.settings.jwtAlgorithm !== 'HS256')
      this.jobs.schedule('ended-oidc-sessions', '* * * * *', () => this.tellOfEnded());
  }

  /** @returns whether there may be more */
  private async tellOfEnded(): Promise<boolean> {
    const { ended, more } = await this.repository.revoked();
    await this.tellAll(ended);
    if (more) return true;
    await this.jobs.walk('oidc-sessions', SESSION_STEPS, async (after) => {
      const step = await this.repository.endedBehind(after);
      await this.tellAll(step.ended);
      return step.end;
    });
    return false;
  }

  private async tellAll(ended: readonly Buffer[]): Promise<void> {
    for (let from = 0; from < ended.length; from += TOLD_AT_ONCE) {
      const taken = await this.repository.take(ended.slice(from, from + TOLD_AT_ONCE));
      await Promise.all(taken.map((row) => this.tell(this.artifacts.open('Session', row))));
    }
  }

  private async tell(session: Payload): Promise<void> {
    const authorizations = (session.authorizations ?? {}) as Authorizations;
    for (const [clientId, authorization] of Object.entries(authorizations)) {
      // One that cannot be told keeps the others from nothing.
      await this.tellOne(clientId, session.accountId, authorization?.sid).catch((err: unknown) => {
        this.logger.warn({ err }, 'an application was not notified of a logout');
      });
    }
  }

  private async tellOne(clientId: string, accountId: string | undefined, sid: string | undefined): Promise<void> {
    const provider = await this.providers.current();
    const client = await provider.Client.find(clientId);
    if (client?.backchannelLogoutUri === undefined || accountId === undefined) return;
    await ownClient(client).backchannelLogout(accountId, sid);
  }
}
