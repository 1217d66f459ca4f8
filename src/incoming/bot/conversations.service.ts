import { Injectable } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { IncomingMedia, type OpenedMedia } from '../../delivery/ladder/incoming-media.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { type MediaReference, type OutgoingMedia } from '../../delivery/providers/message-provider.js';
import { invalidField } from '../../platform/errors/invalid-field.js';
import { Users } from '../../identity/users/users.service.js';
import { maskPhone, parsePhone } from '../../platform/phone/phone.js';
import { isHiddenSender } from '../../platform/phone/sender.js';
import { botLanguage } from './bot-texts.js';
import { ConversationSeal, type ConversationContent } from './conversation-seal.js';
import { ConversationsRepository } from './conversations.repository.js';
import {
  ConversationRecordsRepository,
  type ConversationMessageRow,
  type ListedConversationRow,
} from './conversation-records.repository.js';
import { type ConversationState } from './menu.js';
import { type ReplyContent } from './reply-content.js';
import { afterConversation, beforePosition, readConversationCursor, readPositionCursor } from './page-cursors.js';

/** A message as it can be shown; what cannot be opened has no text. */
export interface ShownMessage {
  readonly id: string;
  readonly direction: 'IN' | 'OUT';
  readonly kind: string;
  readonly text: string | null;
  readonly at: Date;
}

/** A message of a history. */
export interface HistoryMessage extends ShownMessage {
  /** `canOpen`: whether the service can fetch the file for the staff. */
  readonly media: (MediaReference & { readonly canOpen: boolean }) | null;
  /** The provider it came in by. */
  readonly provider: string | null;
  /** By the provider's clock. */
  readonly sentAt: string | null;
  /** Account of who answered; null for the bot and for what came in. */
  readonly sentBy: string | null;
  readonly sentByName: string | null;
  /** What became of an answer, as far as it is known. */
  readonly delivery: string | null;
  /** Why the last try to send it failed; null once it was taken. */
  readonly reason: string | null;
}

/** A conversation as it can be shown. */
export interface ShownConversation {
  /** E.164, or `id:…` of who hides their number. */
  readonly phone: string;
  /** As the sender calls themselves. */
  readonly name: string | null;
  readonly state: ConversationState;
  readonly unread: number;
  readonly canReply: boolean;
  readonly lastMessage: ShownMessage | null;
  readonly startedAt: Date;
  readonly lastActivityAt: Date;
}

/** Who of the staff acts, and in which request. */
export interface StaffMember {
  readonly userId: string;
  readonly context: RequestContext;
}

/** What one person's conversation holds, oldest message first. */
export interface PersonalConversation {
  readonly state: ConversationState;
  readonly name: string | null;
  readonly startedAt: string;
  readonly messages: { direction: string; kind: string; text: string | null; fileName: string | null; at: string }[];
}

type Fate = Pick<HistoryMessage, 'delivery' | 'reason'>;

const UNKNOWN_FATE: Fate = { delivery: null, reason: null };

/** States of an answer that a provider has: why another one refused it before matters no more. */
const TAKEN: ReadonlySet<string> = new Set(['ACCEPTED', 'SENT', 'DELIVERED', 'READ']);

/** More than any conversation holds. */
const NO_END = 2_147_483_647;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

const E164 = /^\+[1-9]\d{6,14}$/;

/** The staff's side of conversations: what was said, answers by hand, who answers from now on. */
@Injectable()
export class Conversations {
  constructor(
    private readonly settings: RegionSettings,
    private readonly repository: ConversationsRepository,
    private readonly records: ConversationRecordsRepository,
    private readonly seal: ConversationSeal,
    private readonly messaging: Messaging,
    private readonly incomingMedia: IncomingMedia,
    private readonly users: Users,
    private readonly audit: Audit,
  ) {}

  /** Newest activity first. @throws AppError `validation_failed` for an invalid cursor */
  async list(query: {
    state: ConversationState | null;
    cursor: string | null;
    limit: number;
  }): Promise<{ conversations: ShownConversation[]; nextCursor: string | null }> {
    const after = query.cursor === null ? null : readConversationCursor(query.cursor);
    const rows = await this.records.list({ state: query.state, after, count: query.limit + 1 });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      conversations: page.map((row) => this.shown(row)),
      nextCursor: rows.length > page.length && last ? afterConversation(last) : null,
    };
  }

  /** @throws AppError `invalid_phone`, `conversation_not_found` */
  async one(typed: string): Promise<ShownConversation> {
    return this.shown(await this.find(this.phone(typed)));
  }

  /**
   * Both directions, newest first.
   *
   * @param typed the number in any spelling
   * @throws AppError `invalid_phone`, `conversation_not_found`, `validation_failed` for an invalid cursor
   */
  async history(
    typed: string,
    cursor: string | null,
    limit: number,
  ): Promise<{ messages: HistoryMessage[]; nextCursor: string | null }> {
    const { phone } = await this.find(this.phone(typed));
    const before = cursor === null ? NO_END : readPositionCursor(cursor);
    const rows = await this.records.messages(phone, before, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      messages: await this.inHistory(page),
      nextCursor: rows.length > page.length && last ? beforePosition(last.position) : null,
    };
  }

  /**
   * Answers by hand, and takes the conversation over: its state is `AGENT` from now on. The answer leaves behind this
   * one, by the provider that the newest message came in by when that can send.
   *
   * @throws AppError `invalid_phone` also for numbers of countries that are not served, `conversation_not_found`:
   *   nobody is written to who has not written first, `media_not_sendable`: no provider that is set up sends such files
   */
  async reply(typed: string, { text, media }: ReplyContent, by: StaffMember): Promise<HistoryMessage> {
    const phone = this.phone(typed);
    if (!this.canReply(phone)) throw new AppError('invalid_phone');
    if (media && !this.messaging.takesMedia(media.kind)) throw new AppError('media_not_sendable');
    const { queued, message } = await this.repository.transaction(async (transaction) => {
      const conversation = await this.repository.lock(phone, transaction);
      const position = conversation && (await this.repository.noteReplied(phone, transaction));
      if (position === null) throw new AppError('conversation_not_found');
      const content = {
        template: 'text',
        text,
        ...(media && { media }),
        language: botLanguage(this.settings),
        via: conversation?.last_provider ?? null,
      } as const;
      const queued = await this.messaging.queueText(phone, content, transaction);
      const { id } = queued;
      const sealedContent = this.seal.content(kept(text, media), id);
      const kind = media?.kind ?? 'text';
      await this.repository.say({ id, phone, position, kind, sealedContent, sentBy: by.userId }, transaction);
      await this.record('conversation.replied', id, { phone: maskPhone(phone) }, by, transaction);
      const [message] = await this.records.messages(phone, position + 1, 1, transaction);
      return { queued, message };
    });
    this.messaging.deliverBehind(queued, by.context.id);
    if (!message) throw new Error('a reply that was written is gone');
    const names = await this.users.namesOf([by.userId]);
    return this.historyMessage(message, { delivery: 'PENDING', reason: null }, names);
  }

  /**
   * Opens a file that came in.
   *
   * @throws AppError `invalid_phone`, `conversation_not_found`, `media_not_found`, and what `IncomingMedia.fetch` throws
   */
  async media(typed: string, messageId: string): Promise<OpenedMedia> {
    const { phone } = await this.find(this.phone(typed));
    const row = UUID.test(messageId) ? await this.records.message(phone, messageId) : null;
    const media = row && this.seal.openContent(row.sealed_content, row.id)?.media;
    if (!row || !media || row.direction !== 'IN' || row.provider === null) throw new AppError('media_not_found');
    return this.incomingMedia.fetch(row.provider, media);
  }

  /**
   * Says who answers from now on, or that what was written is read: all of it, or up to a message.
   *
   * @throws AppError `invalid_phone`, `conversation_not_found`, `validation_failed` for a message of somebody else
   */
  async change(
    typed: string,
    { state, read, readTo }: { state: ConversationState | null; read: boolean; readTo: string | null },
    by: StaffMember,
  ): Promise<ShownConversation> {
    const phone = this.phone(typed);
    return this.repository.transaction(async (transaction) => {
      const before = await this.repository.lock(phone, transaction);
      if (!before) throw new AppError('conversation_not_found');
      const last = read ? NO_END : await this.positionOf(readTo, phone, transaction);
      await this.repository.change(phone, { state, readTo: last }, transaction);
      if (state !== null && state !== before.state) {
        const detail = { phone: maskPhone(phone), from: before.state, to: state };
        await this.record('conversation.changed', null, detail, by, transaction);
      }
      return this.shown(await this.find(phone, transaction));
    });
  }

  /** All that is kept of a number's conversation, for the person whose number it is; null when there is none. */
  async personalDataOf(phone: string): Promise<PersonalConversation | null> {
    const row = await this.records.find(phone);
    if (!row) return null;
    const messages = await this.records.messages(phone, NO_END, NO_END);
    return {
      state: row.state,
      name: this.seal.openName(row.sealed_name, phone),
      startedAt: row.created_at.toISOString(),
      messages: messages.toReversed().map((message) => {
        const { text, media } = this.seal.openContent(message.sealed_content, message.id) ?? {
          text: null,
          media: null,
        };
        const { direction, kind, created_at } = message;
        return { direction, kind, text, fileName: media?.fileName ?? null, at: created_at.toISOString() };
      }),
    };
  }

  /** Forgets a number's conversation, and that answers went to it; what is on its way is not sent any more. */
  async forget(phone: string, within: Transaction): Promise<void> {
    await this.records.forget(phone, within);
    await this.messaging.forgetNumber(phone, within);
  }

  /** Numbers of other countries write, too, and people who hide theirs: what cannot be answered can be read. */
  private phone(typed: string): string {
    if (isHiddenSender(typed)) return typed;
    const phone = parsePhone(typed, this.settings.allowedCountries) ?? `+${typed.replace(/^\+/, '')}`;
    if (!E164.test(phone)) throw new AppError('invalid_phone');
    return phone;
  }

  private canReply(phone: string): boolean {
    return parsePhone(phone, this.settings.allowedCountries) !== null;
  }

  private async find(phone: string, within?: Transaction): Promise<ListedConversationRow> {
    const row = await this.records.find(phone, within);
    if (!row) throw new AppError('conversation_not_found');
    return row;
  }

  /** @throws AppError `validation_failed` for the id of a message that is not in this conversation */
  private async positionOf(id: string | null, phone: string, within: Transaction): Promise<number | null> {
    if (id === null) return null;
    const message = await this.records.message(phone, id, within);
    if (!message) throw invalidField('readTo', 'unknownMessage');
    return message.position;
  }

  private async inHistory(rows: readonly ConversationMessageRow[]): Promise<HistoryMessage[]> {
    const answers = rows.filter(({ direction }) => direction === 'OUT');
    const staff = new Set(rows.flatMap(({ sent_by: account }) => account ?? []));
    const [states, names] = await Promise.all([
      this.messaging.statesOf(answers.map(({ id, created_at: createdAt }) => ({ id, createdAt }))),
      this.users.namesOf([...staff]),
    ]);
    const stateOf = new Map(states.map(({ id, state, last_error }) => [id, fateOf(state, last_error)]));
    return rows.map((row) => this.historyMessage(row, stateOf.get(row.id) ?? UNKNOWN_FATE, names));
  }

  private historyMessage(row: ConversationMessageRow, fate: Fate, names: ReadonlyMap<string, string>): HistoryMessage {
    const content = this.seal.openContent(row.sealed_content, row.id);
    const media = content?.media ?? null;
    const canOpen = media !== null && row.provider !== null && this.incomingMedia.canFetch(row.provider, media);
    return {
      id: row.id,
      direction: row.direction,
      kind: row.kind,
      text: content?.text ?? null,
      media: media && { ...media, canOpen },
      provider: row.provider,
      sentAt: content?.sentAt ?? null,
      sentBy: row.sent_by,
      sentByName: (row.sent_by !== null && names.get(row.sent_by)) || null,
      ...fate,
      at: row.created_at,
    };
  }

  private shown(row: ListedConversationRow): ShownConversation {
    const { phone, state, unread, message } = row;
    const lastMessage = message && {
      id: message.id,
      direction: message.direction,
      kind: message.kind,
      text: this.seal.openContent(message.sealed_content, message.id)?.text ?? null,
      at: message.created_at,
    };
    const name = this.seal.openName(row.sealed_name, phone);
    const [canReply, startedAt, lastActivityAt] = [this.canReply(phone), row.created_at, row.last_activity_at];
    return { phone, name, state, unread, canReply, lastMessage, startedAt, lastActivityAt };
  }

  private record(
    type: string,
    subjectId: string | null,
    detail: Record<string, unknown>,
    { userId, context }: StaffMember,
    within: Transaction,
  ): Promise<void> {
    const { address, id: requestId } = context;
    return this.audit.record({ type, outcome: 'success', userId, subjectId, address, requestId, detail }, within);
  }
}

function fateOf(delivery: string, reason: string | null): Fate {
  return { delivery, reason: TAKEN.has(delivery) ? null : reason };
}

/** What is kept of an answer; of a file the caption as its text. */
function kept(text: string, media: OutgoingMedia | undefined): ConversationContent {
  if (!media) return { text, media: null, sentAt: null };
  const { url, fileName, caption } = media;
  return { text: caption, media: { id: null, url, mimeType: null, fileName }, sentAt: null };
}
