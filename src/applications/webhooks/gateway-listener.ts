import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionSettings } from '../../platform/config/groups/retention.js';
import { GatewayEvents } from '../../gateway/link/gateway-events.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { whatsappId } from '../../platform/phone/phone.js';
import { isHiddenSender } from '../../platform/phone/sender.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { boundedText } from './webhook-events.js';
import { Webhooks } from './webhooks.service.js';

/** Makes events of what happens in the gateway. Login codes raise no event. */
@Injectable()
export class GatewayListener implements OnModuleInit {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly events: GatewayEvents,
    private readonly webhooks: Webhooks,
    private readonly deliveries: DeliveriesRepository,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    const days = this.settings.webhookRetentionDays;
    this.jobs.schedule('old-webhook-deliveries', '43 * * * *', () => this.deliveries.forgetOld(days));
    this.events.subscribe({
      accountChanged: ({ name, apiKeyId }, state) =>
        this.webhooks.emit('session.status', apiKeyId, { sessionId: name, status: state.toLowerCase() }),
      messageEnded: ({ to, status, messageId, error }, { name, apiKeyId }) => {
        const event = { sessionId: name, to: whatsappId(to), status, messageId, error };
        return this.webhooks.emit('message.status', apiKeyId, event);
      },
      messageNoted: async ({ whatsappId: messageId, status, at, fromLadder }, { name, apiKeyId }) => {
        if (fromLadder) return;
        const event = { sessionId: name, messageId, status, at: at?.toISOString() ?? null };
        await this.webhooks.emit('message.status', apiKeyId, event);
      },
      messagesReceived: async (messages, { name, apiKeyId }) => {
        for (const { fromMe, from, providerMessageId, kind, text, choice, pushName, sentAt } of messages) {
          if (fromMe) continue;
          await this.webhooks.emit('message.received', apiKeyId, {
            ...{ sessionId: name, messageId: providerMessageId, ...toldSender(from), kind, name: pushName },
            ...boundedText(text),
            ...(choice === null ? {} : { choice }),
            sentAt: sentAt?.toISOString() ?? null,
          });
        }
      },
    });
  }
}

/** Who wrote: as a WhatsApp id, or, without a number, by what WhatsApp calls them. */
function toldSender(from: string): { from: string | null; senderId?: string } {
  return isHiddenSender(from) ? { from: null, senderId: from } : { from: whatsappId(from) };
}
