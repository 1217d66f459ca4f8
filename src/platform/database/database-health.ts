import { Injectable } from '@nestjs/common';
import { within } from '../background/timers.js';
import { Database } from './database.js';
import { statement } from './statement.js';

/** `transaction_read_only` is on also where the server is a standby. */
const STATE = statement<{ read_only: boolean }>(
  'database_state',
  `SELECT current_setting('transaction_read_only')::boolean AS read_only`,
);

/** A probe must answer before the orchestrator's own patience ends. */
const PATIENCE = 2_000;

export type DatabaseState = 'connected' | 'read-only' | 'disconnected';

@Injectable()
export class DatabaseHealth {
  constructor(private readonly database: Database) {}

  /** Whether the database answers within two seconds, and whether it can be written to. */
  async state(): Promise<DatabaseState> {
    const asked = this.database.run(STATE, {}).then(
      ([row]) => (row?.read_only ? 'read-only' : 'connected'),
      () => 'disconnected' as const,
    );
    return within(PATIENCE, asked, 'disconnected' as const);
  }
}
