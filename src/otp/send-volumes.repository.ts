import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

// Codes are kept for a day after they expire, so the table is the last day. Read once a minute by each instance.
const VERIFIED = statement<VerifiedVolumeRow>(
  'otp_verified_volumes',
  `SELECT left(phone, -4) AS prefix, count(*)::int AS count FROM otp_sessions
    WHERE consumed_at > now() - interval '1 day' GROUP BY 1`,
);

/** Codes that were used, by the range of numbers they went to. */
export interface VerifiedVolumeRow {
  prefix: string;
  count: number;
}

@Injectable()
export class SendVolumesRepository {
  constructor(private readonly database: Database) {}

  verifiedInLastDay(): Promise<VerifiedVolumeRow[]> {
    return this.database.run(VERIFIED, {});
  }
}
