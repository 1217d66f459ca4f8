import { Inject, Injectable } from '@nestjs/common';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { type IncomingMessage, type MediaReference } from '../../delivery/providers/message-provider.js';

/** What is sealed of a message. */
export interface ConversationContent {
  readonly text: string | null;
  readonly media: MediaReference | null;
  /** By the provider's clock, ISO 8601; null where it told no time, and for answers. */
  readonly sentAt: string | null;
}

/** Seals what was said: it can be about a person's health, and must not be readable from the database alone. */
@Injectable()
export class ConversationSeal {
  constructor(
    private readonly secret: AuthSecret,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  content(content: ConversationContent, messageId: string): Buffer {
    return this.secret.seal('conversation', JSON.stringify(content), messageId);
  }

  name(name: string, phone: string): Buffer {
    return this.secret.seal('conversation', name, phone);
  }

  /** Null for what was sealed under a secret that this instance does not have, while AUTH_SECRET is replaced. */
  openContent(sealed: Buffer, messageId: string): ConversationContent | null {
    const opened = this.open(sealed, messageId);
    return opened === null ? null : (JSON.parse(opened) as ConversationContent);
  }

  openName(sealed: Buffer | null, phone: string): string | null {
    return sealed === null ? null : this.open(sealed, phone);
  }

  /** Seals anew what the previous secret sealed; null for what needs it not. */
  anew(sealed: Buffer, context: string): Buffer | null {
    const { previous } = this.secret;
    if (!previous) return null;
    try {
      return this.secret.seal('conversation', previous.open('conversation', sealed, context), context);
    } catch {
      return null;
    }
  }

  /** Whether AUTH_SECRET is being replaced. */
  get changes(): boolean {
    return this.secret.previous !== undefined;
  }

  /**
   * What a message without an id is recognised by when it comes again: who said what and when
   * (docs/contract/dashboard.md#whapis-webhook). A plain hash would let whoever reads the database try out texts. The
   * first key is made with today's secret; the others count, too.
   *
   * @returns none where the provider tells neither an id nor a time: two such messages may be two
   */
  repeatKeys({ provider, providerMessageId, from, kind, text, media, sentAt }: IncomingMessage): Buffer[] {
    if (providerMessageId !== null || sentAt === null) return [];
    const said = [provider, from, kind, text, media?.id ?? null, media?.url ?? null, sentAt.getTime()];
    return this.secret.acceptedMacs('conversation-repeat', JSON.stringify(said));
  }

  private open(sealed: Buffer, context: string): string | null {
    try {
      return this.secret.open('conversation', sealed, context).toString();
    } catch (err) {
      this.logger.warn({ err }, 'a conversation could not be opened; is AUTH_SECRET being replaced?');
      return null;
    }
  }
}
