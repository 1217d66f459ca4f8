import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';

/** What a ticket is good for, and which API key asked for it; null: none did. */
export interface TicketRow {
  session_id: string;
  api_key_id: string | null;
}

const INSERT = statement<{ expires_at: Date }>(
  'gateway_tickets_insert',
  `INSERT INTO gateway_tickets (ticket_hash, session_id, api_key_id, expires_at)
   VALUES (:ticket_hash::bytea, :session_id::uuid, :api_key_id::uuid, now() + :seconds::int * interval '1 second') RETURNING expires_at`,
);

// Single use: of several that show it at once one finds it unused.
const EXCHANGE = statement<TicketRow>(
  'gateway_tickets_exchange',
  `UPDATE gateway_tickets t SET viewer_hash = :viewer_hash::bytea, expires_at = now() + :seconds::int * interval '1 second'
     FROM gateway_sessions s
    WHERE t.ticket_hash = :ticket_hash::bytea AND t.viewer_hash IS NULL AND t.expires_at > now()
      AND s.id = t.session_id AND s.name = :session_name::text
   RETURNING t.session_id, t.api_key_id`,
);

const VIEWER = statement<TicketRow>(
  'gateway_tickets_viewer',
  `SELECT t.session_id, t.api_key_id FROM gateway_tickets t JOIN gateway_sessions s ON s.id = t.session_id
    WHERE t.viewer_hash = :viewer_hash::bytea AND t.expires_at > now() AND s.name = :session_name::text`,
);

const FORGET_OLD = statement<{ session_id: string }>(
  'gateway_tickets_forget_old',
  `DELETE FROM gateway_tickets
    WHERE ${ofTheFirst({ table: 'gateway_tickets', where: 'expires_at < now()', order: 'expires_at', most: 500 })} RETURNING session_id`,
);

@Injectable()
export class GatewayTicketsRepository {
  constructor(private readonly database: Database) {}

  /** @returns its end */
  async insert(ticketHash: Buffer, sessionId: string, apiKeyId: string | null, seconds: number): Promise<Date> {
    const values = { ticket_hash: ticketHash, session_id: sessionId, api_key_id: apiKeyId, seconds };
    const [row] = await this.database.run(INSERT, values);
    if (!row) throw new Error('an inserted ticket came back empty');
    return row.expires_at;
  }

  /** Uses a ticket up. @returns null when it is unknown, for another linked account, used or old */
  async exchange(
    ticketHash: Buffer,
    sessionName: string,
    viewerHash: Buffer,
    seconds: number,
  ): Promise<TicketRow | null> {
    const values = { ticket_hash: ticketHash, session_name: sessionName, viewer_hash: viewerHash, seconds };
    const [row] = await this.database.run(EXCHANGE, values);
    return row ?? null;
  }

  /** The ticket that a browser has opened. */
  async viewer(viewerHash: Buffer, sessionName: string): Promise<TicketRow | null> {
    const [row] = await this.database.run(VIEWER, { viewer_hash: viewerHash, session_name: sessionName });
    return row ?? null;
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}
