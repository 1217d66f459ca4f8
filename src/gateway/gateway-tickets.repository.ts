import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { ofTheFirst } from '../database/steps.js';

const INSERT = statement<{ expires_at: Date }>(
  'gateway_tickets_insert',
  `INSERT INTO gateway_tickets (ticket_hash, session_id, expires_at)
   VALUES (:ticket_hash::bytea, :session_id::uuid, now() + :seconds::int * interval '1 second') RETURNING expires_at`,
);

// Single use: of several that show it at once one finds it unused.
const EXCHANGE = statement<{ session_id: string }>(
  'gateway_tickets_exchange',
  `UPDATE gateway_tickets t SET viewer_hash = :viewer_hash::bytea, expires_at = now() + :seconds::int * interval '1 second'
     FROM gateway_sessions s
    WHERE t.ticket_hash = :ticket_hash::bytea AND t.viewer_hash IS NULL AND t.expires_at > now()
      AND s.id = t.session_id AND s.name = :session_name::text
   RETURNING t.session_id`,
);

const VIEWER = statement<{ session_id: string }>(
  'gateway_tickets_viewer',
  `SELECT t.session_id FROM gateway_tickets t JOIN gateway_sessions s ON s.id = t.session_id
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
  async insert(ticketHash: Buffer, sessionId: string, seconds: number): Promise<Date> {
    const [row] = await this.database.run(INSERT, { ticket_hash: ticketHash, session_id: sessionId, seconds });
    if (!row) throw new Error('an inserted ticket came back empty');
    return row.expires_at;
  }

  /** Uses a ticket up. @returns the session that it was for; null when it is none, not for this one, used or old */
  async exchange(ticketHash: Buffer, sessionName: string, viewerHash: Buffer, seconds: number): Promise<string | null> {
    const values = { ticket_hash: ticketHash, session_name: sessionName, viewer_hash: viewerHash, seconds };
    const [row] = await this.database.run(EXCHANGE, values);
    return row?.session_id ?? null;
  }

  /** @returns the session that a browser may look at */
  async viewer(viewerHash: Buffer, sessionName: string): Promise<string | null> {
    const [row] = await this.database.run(VIEWER, { viewer_hash: viewerHash, session_name: sessionName });
    return row?.session_id ?? null;
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}
