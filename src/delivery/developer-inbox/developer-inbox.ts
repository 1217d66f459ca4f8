import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { DeveloperInboxRepository } from './developer-inbox.repository.js';
import { type OutgoingMessage } from '../providers/message-provider.js';

/** A message as the inbox shows it. */
export interface InboxMessage {
  id: string;
  /** National form. */
  to: string;
  text: string;
  /** The code by itself, if the message carries one. */
  code: string | null;
  /** ISO 8601 in UTC. */
  at: string;
}

/** One in so many messages trims the table: it stays within a few of its limit without a schedule. */
const TRIM_EVERY = 20;

/** What the `console` provider sends to: messages to read in a browser while no WhatsApp device is configured. */
@Injectable()
export class DeveloperInbox {
  private kept = 0;

  constructor(
    private readonly secret: AuthSecret,
    private readonly repository: DeveloperInboxRepository,
  ) {}

  async keep({ to, text, code }: OutgoingMessage): Promise<void> {
    const id = uuidv7();
    await this.repository.insert(id, to, this.secret.seal('message-content', JSON.stringify({ text, code }), id));
    if (this.kept++ % TRIM_EVERY === 0) await this.repository.trim();
  }

  /** Newest first. */
  async newest(): Promise<InboxMessage[]> {
    const rows = await this.repository.newest();
    return rows.map(({ id, recipient, sealed_content, created_at }) => {
      const { text, code } = JSON.parse(this.secret.open('message-content', sealed_content, id).toString()) as {
        text: string;
        code?: string;
      };
      return { id, to: nationalPhone(recipient), text, code: code ?? null, at: created_at.toISOString() };
    });
  }
}
