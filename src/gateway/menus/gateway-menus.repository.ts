import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';

/** A menu that an answer may belong to. */
export interface OpenMenu {
  whatsapp_id: string;
  sealed_choices: Buffer;
}

const REMEMBER = statement(
  'gateway_menus_remember',
  `INSERT INTO gateway_menus (session_id, whatsapp_id, contact_hash, sealed_choices, expires_at)
   VALUES (:session_id::uuid, :whatsapp_id::text, :contact_hash::bytea, :sealed_choices::bytea, now() + :hours::int * interval '1 hour')
       ON CONFLICT (session_id, whatsapp_id) DO NOTHING`,
);

// One that never left does not count. An answer that quotes a menu belongs to it, and may change what was chosen; one that
// comes a second time (WhatsApp delivers again what was not confirmed) means the same as the first time.
const FIND = statement<OpenMenu>(
  'gateway_menus_find',
  `SELECT m.whatsapp_id, m.sealed_choices FROM gateway_menus m
     JOIN gateway_messages g ON g.session_id = m.session_id AND g.whatsapp_id = m.whatsapp_id
    WHERE m.session_id = :session_id::uuid AND m.contact_hash = ANY (:contact_hashes::bytea[]) AND m.expires_at > now()
      AND g.state NOT IN ('QUEUED', 'FAILED', 'CANCELLED')
      AND CASE WHEN :quoted::text IS NOT NULL THEN m.whatsapp_id = :quoted::text
               ELSE m.answer_id IS NULL OR m.answer_id = :answer_id::text END
    ORDER BY m.answer_id = :answer_id::text DESC NULLS LAST, m.created_at DESC LIMIT 1`,
);

const ANSWER = statement<{ whatsapp_id: string }>(
  'gateway_menus_answer',
  `UPDATE gateway_menus SET answer_id = :answer_id::text
    WHERE session_id = :session_id::uuid AND whatsapp_id = :whatsapp_id::text
      AND (answer_id IS NULL OR answer_id = :answer_id::text OR whatsapp_id = :quoted::text)
   RETURNING whatsapp_id`,
);

const FORGET_OLD = statement<{ whatsapp_id: string }>(
  'gateway_menus_forget_old',
  `DELETE FROM gateway_menus
    WHERE ${ofTheFirst({ table: 'gateway_menus', where: 'expires_at < now()', order: 'expires_at', most: 1_000 })} RETURNING whatsapp_id`,
);

/** Menus that went out as texts. */
@Injectable()
export class GatewayMenusRepository {
  constructor(private readonly database: Database) {}

  async remember(
    menu: { sessionId: string; whatsappId: string; contactHash: Buffer; sealedChoices: Buffer },
    hours: number,
  ): Promise<void> {
    await this.database.run(REMEMBER, {
      session_id: menu.sessionId,
      whatsapp_id: menu.whatsappId,
      contact_hash: menu.contactHash,
      sealed_choices: menu.sealedChoices,
      hours,
    });
  }

  /**
   * The menu that a message may answer.
   *
   * @param quoted WhatsApp's id of the message that it quotes, if it does
   */
  async find(
    sessionId: string,
    contactHashes: readonly Buffer[],
    { answerId, quoted }: { answerId: string; quoted: string | null },
  ): Promise<OpenMenu | null> {
    const values = { session_id: sessionId, contact_hashes: contactHashes, answer_id: answerId, quoted };
    const [menu] = await this.database.run(FIND, values);
    return menu ?? null;
  }

  /** @returns whether the answer counts: not when another message answered meanwhile */
  async answer(
    sessionId: string,
    whatsappId: string,
    { answerId, quoted }: { answerId: string; quoted: string | null },
  ): Promise<boolean> {
    const values = { session_id: sessionId, whatsapp_id: whatsappId, answer_id: answerId, quoted };
    return (await this.database.run(ANSWER, values)).length > 0;
  }

  /** Forgets up to a thousand. @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length === 1000;
  }
}
