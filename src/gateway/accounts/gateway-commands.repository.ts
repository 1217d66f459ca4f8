import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { type AccountLease } from '../link/linked-account-state.js';

export type CommandKind = 'restart' | 'logout' | 'pairing-code';

/** A command for the instance that leases the linked account. */
export interface CommandRow {
  id: string;
  session_id: string;
  kind: CommandKind;
  phone: string | null;
  fence: number;
}

/** How it ended. */
export interface CommandEnd {
  sealed_result: Buffer | null;
  error: string | null;
}

const INSERT = statement<{ id: string }>(
  'gateway_commands_insert',
  `INSERT INTO gateway_commands (id, session_id, kind, phone, expires_at)
   SELECT :id::uuid, id, :kind::text, :phone::text, now() + :life_seconds::int * interval '1 second'
     FROM gateway_sessions WHERE id = :session_id::uuid RETURNING id`,
);

// Each is given out once for each owner: one that died with its owner is done by the next.
const TAKE = statement<CommandRow>(
  'gateway_commands_take',
  `WITH open AS (
     SELECT c.id, s.fence FROM gateway_commands c
       JOIN unnest(:ids::uuid[], :fences::int[]) AS h (session_id, fence) ON h.session_id = c.session_id
       JOIN gateway_sessions s ON s.id = h.session_id AND s.fence = h.fence AND s.owner = :owner::uuid
      WHERE c.done_at IS NULL AND c.expires_at > now() AND coalesce(c.taken_fence < h.fence, true)
      ORDER BY c.id FOR UPDATE OF c SKIP LOCKED
   )
   UPDATE gateway_commands c SET taken_fence = open.fence FROM open WHERE c.id = open.id
   RETURNING c.id, c.session_id, c.kind, c.phone, open.fence`,
);

const FINISH = statement(
  'gateway_commands_finish',
  `UPDATE gateway_commands SET done_at = now(), sealed_result = :sealed_result::bytea, error = :error::text
    WHERE id = :id::uuid AND done_at IS NULL AND taken_fence = :fence::int`,
);

/** Read once: the result of a command may be a code. */
const COLLECT = statement<CommandEnd>(
  'gateway_commands_collect',
  `DELETE FROM gateway_commands WHERE id = :id::uuid AND done_at IS NOT NULL RETURNING sealed_result, error`,
);

const FORGET_OLD = statement<{ id: string }>(
  'gateway_commands_forget_old',
  `DELETE FROM gateway_commands
    WHERE ${ofTheFirst({ table: 'gateway_commands', where: `expires_at < now() - interval '1 minute'`, order: 'expires_at', most: 500 })}
   RETURNING id`,
);

@Injectable()
export class GatewayCommandsRepository {
  constructor(private readonly database: Database) {}

  /** @returns whether there is such a linked account */
  async insert(
    command: { id: string; sessionId: string; kind: CommandKind; phone: string | null },
    lifeSeconds: number,
  ): Promise<boolean> {
    const { id, sessionId, kind, phone } = command;
    const values = { id, session_id: sessionId, kind, phone, life_seconds: lifeSeconds };
    return (await this.database.run(INSERT, values)).length > 0;
  }

  /** What is to be done for these linked accounts of one owner. */
  take(leases: readonly AccountLease[]): Promise<CommandRow[]> {
    return this.database.run(TAKE, {
      owner: leases[0]?.owner ?? null,
      ids: leases.map(({ sessionId }) => sessionId),
      fences: leases.map(({ fence }) => fence),
    });
  }

  async finish(command: Pick<CommandRow, 'id' | 'fence'>, end: CommandEnd): Promise<void> {
    const { id, fence } = command;
    await this.database.run(FINISH, { id, fence, sealed_result: end.sealed_result, error: end.error });
  }

  /** How it ended; null while it has not. The second time there is nothing. */
  async collect(id: string): Promise<CommandEnd | null> {
    const [row] = await this.database.run(COLLECT, { id });
    return row ?? null;
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}
