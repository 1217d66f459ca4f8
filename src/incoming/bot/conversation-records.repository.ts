import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement, type Statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { type ConversationState } from './menu.js';

/** A message as it is kept. */
export interface ConversationMessageRow {
  id: string;
  position: number;
  direction: 'IN' | 'OUT';
  kind: string;
  sealed_content: Buffer;
  provider: string | null;
  sent_by: string | null;
  created_at: Date;
}

/** A conversation. */
export interface ConversationRow {
  phone: string;
  state: ConversationState;
  sealed_name: Buffer | null;
  unread: number;
  created_at: Date;
  last_activity_at: Date;
}

/** A conversation with its newest message, as far as it is still kept. */
export interface ListedConversationRow extends ConversationRow {
  message: Omit<ConversationMessageRow, 'position' | 'provider' | 'sent_by'> | null;
}

type Flat = ConversationRow & {
  message_id: string | null;
  message_direction: 'IN' | 'OUT';
  message_kind: string;
  message_sealed_content: Buffer;
  message_created_at: Date;
};

/** What is sealed in a table, by its row's key. */
export interface SealedRow {
  key: string;
  sealed: Buffer;
}

const CONVERSATION = 'c.phone, c.state, c.sealed_name, c.unread, c.created_at, c.last_activity_at';
const MESSAGE = 'id, position, direction, kind, sealed_content, provider, sent_by, created_at';

/** Rows that are dropped or sealed anew at once. */
const BATCH = 500;

// A conversation without a message is what a delivery left that turned out to be another's repetition.
const LISTED = `SELECT ${CONVERSATION}, m.id AS message_id, m.direction AS message_direction, m.kind AS message_kind,
       m.sealed_content AS message_sealed_content, m.created_at AS message_created_at
  FROM conversations c LEFT JOIN conversation_messages m ON m.phone = c.phone AND m.position = c.last_position`;

const LIST = statement<Flat>(
  'conversations_list',
  `${LISTED}
    WHERE c.last_position > 0 AND (:state::text IS NULL OR c.state = :state::conversation_state)
      AND (c.last_activity_at, c.phone) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_phone::text, ''))
    ORDER BY c.last_activity_at DESC, c.phone DESC LIMIT :count::int`,
);

const FIND = statement<Flat>('conversations_find', `${LISTED} WHERE c.phone = :phone::text AND c.last_position > 0`);

const MESSAGES = statement<ConversationMessageRow>(
  'conversation_messages_page',
  `SELECT ${MESSAGE} FROM conversation_messages WHERE phone = :phone::text AND position < :before::int
    ORDER BY position DESC LIMIT :count::int`,
);

const MESSAGE_BY_ID = statement<ConversationMessageRow>(
  'conversation_messages_one',
  `SELECT ${MESSAGE} FROM conversation_messages WHERE id = :id::uuid AND phone = :phone::text`,
);

const FORGET = statement('conversations_forget', `DELETE FROM conversations WHERE phone = :phone::text`);

const DROP_MESSAGES = statement<{ id: string }>(
  'conversation_messages_drop',
  `DELETE FROM conversation_messages
    WHERE ${ofTheFirst({
      table: 'conversation_messages',
      where: `created_at < now() - :days::int * interval '1 day'`,
      order: 'created_at',
      most: BATCH,
    })}
   RETURNING id`,
);

// Nothing was said in it for so long that all of its messages are dropped by now.
const DROP_CONVERSATIONS = statement<{ phone: string }>(
  'conversations_drop',
  `DELETE FROM conversations
    WHERE ${ofTheFirst({
      table: 'conversations',
      where: `last_activity_at < now() - :days::int * interval '1 day'`,
      order: 'last_activity_at',
      most: BATCH,
    })}
   RETURNING phone`,
);

const SEALED_MESSAGES = statement<SealedRow>(
  'conversation_messages_sealed',
  `SELECT id::text AS key, sealed_content AS sealed FROM conversation_messages WHERE id > :after::uuid ORDER BY id LIMIT ${BATCH}`,
);
const RESEAL_MESSAGES = statement(
  'conversation_messages_reseal',
  `UPDATE conversation_messages m SET sealed_content = r.anew FROM unnest(:keys::uuid[], :old::bytea[], :anew::bytea[]) AS r(id, old, anew)
    WHERE m.id = r.id AND m.sealed_content = r.old`,
);
const SEALED_NAMES = statement<SealedRow>(
  'conversations_sealed',
  `SELECT phone AS key, sealed_name AS sealed
     FROM conversations
    WHERE phone > :after::text AND sealed_name IS NOT NULL
    ORDER BY phone LIMIT ${BATCH}`,
);
const RESEAL_NAMES = statement(
  'conversations_reseal',
  `UPDATE conversations c SET sealed_name = r.anew FROM unnest(:keys::text[], :old::bytea[], :anew::bytea[]) AS r(phone, old, anew)
    WHERE c.phone = r.phone AND c.sealed_name = r.old`,
);

const SEALED = {
  messages: { select: SEALED_MESSAGES, update: RESEAL_MESSAGES, first: '00000000-0000-0000-0000-000000000000' },
  names: { select: SEALED_NAMES, update: RESEAL_NAMES, first: '' },
} satisfies Record<string, { select: Statement<SealedRow>; update: Statement<never>; first: string }>;

/** What is kept of conversations: to show it, to drop it when its time is over, to forget it. */
@Injectable()
export class ConversationRecordsRepository {
  constructor(private readonly database: Database) {}

  async list(filter: {
    state: ConversationState | null;
    after: { at: Date; phone: string } | null;
    count: number;
  }): Promise<ListedConversationRow[]> {
    const { state, after, count } = filter;
    const cursor = { after_at: after?.at ?? null, after_phone: after?.phone ?? null };
    return (await this.database.run(LIST, { state, ...cursor, count })).map(listed);
  }

  async find(phone: string, within: Transaction = this.database): Promise<ListedConversationRow | null> {
    const [row] = await within.run(FIND, { phone });
    return row ? listed(row) : null;
  }

  /** Null when this conversation does not have it. */
  async message(
    phone: string,
    id: string,
    within: Transaction = this.database,
  ): Promise<ConversationMessageRow | null> {
    const [row] = await within.run(MESSAGE_BY_ID, { phone, id });
    return row ?? null;
  }

  /** Newest first, those before a position. */
  async messages(
    phone: string,
    before: number,
    count: number,
    within: Transaction = this.database,
  ): Promise<ConversationMessageRow[]> {
    return within.run(MESSAGES, { phone, before, count });
  }

  async forget(phone: string, within: Transaction): Promise<void> {
    await within.run(FORGET, { phone });
  }

  /** One batch of what is older. @returns whether there may be more */
  async dropOlderThan(days: number): Promise<boolean> {
    if ((await this.database.run(DROP_MESSAGES, { days })).length === BATCH) return true;
    return (await this.database.run(DROP_CONVERSATIONS, { days })).length === BATCH;
  }

  /**
   * Seals anew, batch by batch, what `anew` has another sealing for.
   *
   * @returns how many rows that were
   */
  async reseal(what: keyof typeof SEALED, anew: (sealed: Buffer, key: string) => Buffer | null): Promise<number> {
    const { select, update, first } = SEALED[what];
    let changed = 0;
    for (let after: string | undefined = first; after !== undefined;) {
      const rows: SealedRow[] = await this.database.run(select, { after });
      const changes = rows.flatMap(({ key, sealed }) => {
        const fresh = anew(sealed, key);
        return fresh ? [{ key, old: sealed, anew: fresh }] : [];
      });
      if (changes.length > 0) {
        const columns = { keys: changes.map(({ key }) => key), old: changes.map(({ old }) => old) };
        await this.database.run(update, { ...columns, anew: changes.map((change) => change.anew) });
      }
      changed += changes.length;
      after = rows.length === BATCH ? rows.at(-1)?.key : undefined;
    }
    return changed;
  }
}

function listed(row: Flat): ListedConversationRow {
  const { message_id: id, message_direction: direction, message_kind: kind, ...rest } = row;
  const { message_sealed_content: sealed_content, message_created_at: created_at, ...conversation } = rest;
  return { ...conversation, message: id === null ? null : { id, direction, kind, sealed_content, created_at } };
}
