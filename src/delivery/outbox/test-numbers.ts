import { Injectable } from '@nestjs/common';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { TestPhoneSettings } from '../../platform/config/groups/test-phones.js';
import { type TestOutcome } from '../../platform/config/test-phones.js';
import { Users } from '../../identity/users/users.service.js';
import { DeveloperInbox } from '../developer-inbox/developer-inbox.js';
import { type Delivery } from '../ladder/ladder.js';
import { type OutgoingMessage } from '../providers/message-provider.js';

/** The channel that a test number's messages are said to have gone by. */
const CHANNEL = 'test';

/** Of the time that a send may take, the part that a slow one takes. */
const SLOW_PART = 0.75;

/** The numbers as admins see them: never with a code. */
export interface ListedTestNumbers {
  /** The end of their last day; null: there are none. */
  readonly until: Date | null;
  readonly numbers: readonly { phone: string; outcome: TestOutcome['kind']; inForce: boolean }[];
}

/** Numbers for testers: reviewers of app stores, monitors, people who write tests (`TEST_PHONES`). Nothing is sent to one. */
@Injectable()
export class TestNumbers {
  constructor(
    private readonly testPhoneSettings: TestPhoneSettings,
    private readonly modeSettings: ModeSettings,
    private readonly deliverySettings: DeliverySettings,
    private readonly users: Users,
    private readonly inbox: DeveloperInbox,
  ) {}

  /**
   * What happens with a message to a number; null for every other number, and for all of them once the end date has
   * passed. In production a number counts only while its account has the role USER: a code that somebody else knows
   * must open nothing that matters.
   *
   * @param phone E.164
   */
  async outcome(phone: string): Promise<TestOutcome | null> {
    const { testPhones } = this.testPhoneSettings;
    const outcome = testPhones?.outcomes.get(phone);
    // eslint-disable-next-line no-restricted-properties -- a day of the calendar that a person chose
    if (!testPhones || !outcome || Date.now() > testPhones.until.getTime()) return null;
    return !this.modeSettings.production || (await this.users.roleByPhone(phone)) === 'USER' ? outcome : null;
  }

  async all(): Promise<ListedTestNumbers> {
    const { testPhones } = this.testPhoneSettings;
    const listed = [...(testPhones?.outcomes ?? [])].map(async ([phone, { kind: outcome }]) => ({
      ...{ phone, outcome },
      inForce: (await this.outcome(phone)) !== null,
    }));
    return { until: testPhones?.until ?? null, numbers: await Promise.all(listed) };
  }

  /**
   * Whether a code is the fixed one of a number that does not count (any more): issued while it did, it must not open
   * an account that has got another role since.
   */
  async isStale(phone: string, code: string): Promise<boolean> {
    const listed = this.testPhoneSettings.testPhones?.outcomes.get(phone);
    return listed?.kind === 'fixed-code' && listed.code === code && (await this.outcome(phone)) === null;
  }

  /** Acts as a provider would, without one. */
  async deliver(outcome: TestOutcome, message: OutgoingMessage): Promise<Delivery> {
    const failed = { kind: 'failed', words: undefined, retryAfter: 30, heldBack: false, refusedBy: [] } as const;
    switch (outcome.kind) {
      case 'not-on-whatsapp':
        return { ...failed, reason: 'recipient-not-on-whatsapp' };
      case 'provider-down':
      case 'locked':
        return { ...failed, reason: 'provider-disconnected', words: 'device not connected or not found' };
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, this.deliverySettings.sendTimeout * 1000 * SLOW_PART));
        return this.taken(message);
      case 'delivered':
      case 'fixed-code':
        return this.taken(message);
    }
  }

  private async taken(message: OutgoingMessage): Promise<Delivery> {
    if (!this.modeSettings.production) await this.inbox.keep(message);
    return { kind: 'accepted', provider: CHANNEL, providerMessageId: null, ms: 0, receipts: false, refusedBy: [] };
  }
}
