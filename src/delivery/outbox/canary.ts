import { Injectable, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { NameSettings } from '../../platform/config/groups/names.js';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Ladder } from '../ladder/ladder.js';
import { MessagesRepository } from './messages.repository.js';
import { TO_DEVELOPERS } from '../providers/providers.js';
import { type OutgoingMessage } from '../providers/message-provider.js';
import { outgoingMessage } from '../templates/templates.js';
import { answerLanguage } from '../../platform/texts/language.js';

/** What a canary's messages are counted under: apart from those of people. */
const PURPOSE = 'canary';

/**
 * A message by each rung to a number of the operator's own, four times an hour: whether a provider delivers is seen at
 * night too, and before people complain. Off without `CANARY_PHONE`. A round that fails is begun anew by its job, so that a
 * number may hear the same twice: it is the operator's own.
 */
@Injectable()
export class Canary implements OnModuleInit {
  constructor(
    private readonly deliverySettings: DeliverySettings,
    private readonly nameSettings: NameSettings,
    private readonly regionSettings: RegionSettings,
    private readonly ladder: Ladder,
    private readonly repository: MessagesRepository,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    const { canaryPhone } = this.deliverySettings;
    if (canaryPhone) this.jobs.schedule('canary', '*/15 * * * *', () => this.sendByAll(canaryPhone));
  }

  private async sendByAll(phone: string): Promise<boolean> {
    const language = answerLanguage(this.regionSettings.messageLanguage, undefined);
    const message = outgoingMessage(
      { template: 'notice.canary', language },
      { phone, name: null, email: null },
      this.nameSettings,
    );
    const names = this.ladder.rungs.map(({ name }) => name).filter((name) => !TO_DEVELOPERS.includes(name));
    // All at once: one after the other, rungs that are down would take longer than a job may.
    await Promise.all(names.map((name) => this.sendBy(name, phone, message)));
    return false;
  }

  private async sendBy(only: string, phone: string, message: OutgoingMessage): Promise<void> {
    // What a rung does not take is in its last error already.
    const delivery = await this.ladder.send(message, { requestId: null, only });
    if (delivery.kind !== 'accepted') return;
    const { provider, providerMessageId, ms } = delivery;
    await this.repository.insertAccepted({
      id: uuidv7(),
      purpose: PURPOSE,
      recipient: phone,
      provider,
      providerMessageId,
      ms,
    });
  }
}
