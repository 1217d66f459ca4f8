import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import { statement } from './statement.js';

const PING = statement('ping', 'SELECT 1');

/** A probe must answer before the orchestrator's own patience ends. */
const PATIENCE = 2_000;

@Injectable()
export class DatabaseHealth {
  constructor(private readonly database: Database) {}

  /** Whether the database answers within two seconds. */
  async answers(): Promise<boolean> {
    const patience = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE).unref());
    const ping = this.database.run(PING, {}).then(
      () => true,
      () => false,
    );
    return Promise.race([ping, patience]);
  }
}
