import { Module } from '@nestjs/common';
import { Settings } from '../platform/config/settings.js';
import { HttpModule } from '../platform/http/http.module.js';
import { LOGGER, type ServiceLogger } from '../platform/log/logger.js';
import { JobsModule } from '../platform/jobs/jobs.module.js';
import { UsersModule } from '../identity/users/users.module.js';
import { Canary } from './outbox/canary.js';
import { DeveloperInbox } from './developer-inbox/developer-inbox.js';
import { DeveloperInboxRepository } from './developer-inbox/developer-inbox.repository.js';
import { PersonalMessagesRepository } from './outbox/personal-data.repository.js';
import { Ladder, PROVIDERS } from './ladder/ladder.js';
import { IncomingMedia } from './ladder/incoming-media.js';
import { LadderStatus } from './ladder/ladder-status.js';
import { MessagesRepository } from './outbox/messages.repository.js';
import { Messaging } from './outbox/messaging.service.js';
import { OutcomeWriter } from './outbox/outcome-writer.js';
import { CloudApiProvider } from './providers/cloud-api/cloud-api.js';
import { ConsoleProvider } from './providers/console/console.js';
import { type MessageProvider } from './providers/message-provider.js';
import { ProviderHealth } from './ladder/provider-health.js';
import { ProviderHealthRepository } from './ladder/provider-health.repository.js';
import { Receipts } from './outbox/receipts.js';
import { ReceiptsRepository } from './outbox/receipts.repository.js';
import { ADDITIONAL_PROVIDERS, type AdditionalProviders } from './ladder/additional-providers.js';
import { TestNumbers } from './outbox/test-numbers.js';
import { type SurpriseListener } from './providers/redaction.js';
import { TwilioProvider } from './providers/twilio/twilio.js';
import { WhacenterProvider } from './providers/whacenter/whacenter.js';
import { WhapiProvider } from './providers/whapi/whapi.js';

type Made = MessageProvider | Promise<MessageProvider>;
type Maker = (settings: Settings, onSurprise: SurpriseListener, inbox: DeveloperInbox) => Made;

/** How each rung is made; its variables are set, as the rules checked. Adding one: CONTRIBUTING.md, "Where does it go". */
const MAKERS: Record<string, Maker> = {
  whacenter: ({ whacenterBaseUrl, whacenterDeviceId = '' }, onSurprise) =>
    new WhacenterProvider({ baseUrl: whacenterBaseUrl, deviceId: whacenterDeviceId, onSurprise }),
  whapi: ({ whapi: { baseUrl, token = '', webhookSecret } }, onSurprise) =>
    new WhapiProvider({ baseUrl, token, hasWebhook: webhookSecret !== undefined, onSurprise }),
  'cloud-api': ({ cloudApi: { baseUrl, version, token = '', phoneId = '', template = '', appSecret } }, onSurprise) =>
    new CloudApiProvider({
      baseUrl,
      version,
      token,
      phoneId,
      template,
      hasWebhook: appSecret !== undefined,
      onSurprise,
    }),
  sms: ({ twilio: { accountSid = '', authToken = '', from = '', baseUrl }, publicUrl }, onSurprise) => {
    // Twilio calls addresses that the whole world can, and signs over what it calls.
    const reachable = publicUrl.startsWith('https:') && { statusCallback: `${publicUrl}/webhook/sms` };
    return new TwilioProvider({ baseUrl, accountSid, authToken, from, ...reachable, onSurprise });
  },
  email: async ({ smtpUrl = '', smtpFrom = '' }) => {
    // Loaded where it is used: nodemailer costs each start a tenth of a second.
    const { EmailProvider } = await import('./providers/email/email.js');
    return new EmailProvider({ url: smtpUrl, from: smtpFrom });
  },
  console: (_settings, _onSurprise, inbox) => new ConsoleProvider((message) => inbox.keep(message)),
};

async function makeLadder(
  settings: Settings,
  logger: ServiceLogger,
  inbox: DeveloperInbox,
  handedIn: AdditionalProviders,
): Promise<MessageProvider[]> {
  const onSurprise: SurpriseListener = (surprise) => logger.warn(surprise, 'provider_contract_surprise');
  const rungs = settings.providers.map(async (name) => {
    const made = MAKERS[name]?.(settings, onSurprise, inbox) ?? handedIn[name];
    if (!made) throw new Error(`there is no provider ${name}`);
    return made;
  });
  return Promise.all(rungs);
}

@Module({
  imports: [HttpModule, JobsModule, UsersModule],
  providers: [
    Messaging,
    IncomingMedia,
    Canary,
    Ladder,
    LadderStatus,
    OutcomeWriter,
    MessagesRepository,
    PersonalMessagesRepository,
    ProviderHealth,
    ProviderHealthRepository,
    Receipts,
    ReceiptsRepository,
    TestNumbers,
    DeveloperInbox,
    DeveloperInboxRepository,
    { provide: PROVIDERS, useFactory: makeLadder, inject: [Settings, LOGGER, DeveloperInbox, ADDITIONAL_PROVIDERS] },
  ],
  exports: [IncomingMedia, LadderStatus, Messaging, Receipts, TestNumbers, DeveloperInbox],
})
export class MessagingModule {}
