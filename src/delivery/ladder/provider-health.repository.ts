import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

const NOTE_ERROR = statement(
  'provider_health_note_error',
  `INSERT INTO provider_health (provider, last_error, last_error_text, last_error_at)
   VALUES (:provider::text, :last_error::text, :last_error_text::text, now())
   ON CONFLICT (provider) DO UPDATE
      SET last_error = excluded.last_error, last_error_text = excluded.last_error_text, last_error_at = now()`,
);

const ERRORS = statement<ProviderErrorRow>(
  'provider_health_errors',
  `SELECT provider, last_error, last_error_text, last_error_at FROM provider_health`,
);

/** The last time that a provider did not take a message, or told that one which it took had failed. */
export interface ProviderErrorRow {
  provider: string;
  /** From our own list of reasons. */
  last_error: string;
  /** The provider's own words. */
  last_error_text: string | null;
  last_error_at: Date;
}

@Injectable()
export class ProviderHealthRepository {
  constructor(private readonly database: Database) {}

  async noteError(provider: string, lastError: string, text: string | null): Promise<void> {
    await this.database.run(NOTE_ERROR, { provider, last_error: lastError, last_error_text: text });
  }

  async errors(): Promise<ProviderErrorRow[]> {
    return this.database.run(ERRORS, {});
  }
}
