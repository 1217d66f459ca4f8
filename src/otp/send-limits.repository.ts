import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { type KnownDevice } from '../sessions/device-tokens.js';
import { ACTIVE_ACCOUNT_BY_PHONE } from '../users/users.sql.js';

const IS_KNOWN = statement<{ known: boolean }>(
  'otp_is_known_device',
  `SELECT known FROM (${ACTIVE_ACCOUNT_BY_PHONE}) a`,
);

@Injectable()
export class SendLimitsRepository {
  constructor(private readonly database: Database) {}

  /** Whether a device, out of a checked token, is a known one of the active account that has a number, E.164. */
  async isKnown({ userId, issuedAt }: KnownDevice, phone: string): Promise<boolean> {
    const [row] = await this.database.run(IS_KNOWN, { phone, device_user: userId, device_issued: issuedAt });
    return row?.known ?? false;
  }
}
