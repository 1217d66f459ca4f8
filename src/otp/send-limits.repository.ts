import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { type KnownDevice } from '../sessions/device-tokens.js';
import { ACTIVE_ACCOUNT_BY_PHONE } from '../users/users.sql.js';

// Codes are kept for a day after they expire, so the table is the last day. Read once a minute by each instance.
const VERIFIED = statement<VerifiedVolumeRow>(
  'otp_verified_volumes',
  `SELECT left(phone, -4) AS prefix, count(*)::int AS count FROM otp_sessions
    WHERE consumed_at > now() - interval '1 day' GROUP BY 1`,
);

const IS_KNOWN = statement<{ known: boolean }>(
  'otp_is_known_device',
  `SELECT known FROM (${ACTIVE_ACCOUNT_BY_PHONE}) a`,
);

/** Codes that were used, by the range of numbers they went to. */
export interface VerifiedVolumeRow {
  prefix: string;
  count: number;
}

@Injectable()
export class SendLimitsRepository {
  constructor(private readonly database: Database) {}

  verifiedInLastDay(): Promise<VerifiedVolumeRow[]> {
    return this.database.run(VERIFIED, {});
  }

  /** Whether a device, out of a checked token, is a known one of the active account that has a number, E.164. */
  async isKnown({ userId, issuedAt }: KnownDevice, phone: string): Promise<boolean> {
    const [row] = await this.database.run(IS_KNOWN, { phone, device_user: userId, device_issued: issuedAt });
    return row?.known ?? false;
  }
}
