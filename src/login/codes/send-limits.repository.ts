import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';
import { type KnownDevice } from '../../identity/sessions/device-tokens.js';

const IS_KNOWN = statement<{ known: boolean }>(
  'codes_is_known_device',
  `SELECT known
     FROM ${FUNCTIONS}.account_with_number(
            :phone::text, :device_user::uuid, :device_id::uuid, :device_issued::timestamptz,
            :device_life::int * interval '1 second')`,
);

@Injectable()
export class SendLimitsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Whether a device, out of a checked token, is a known one of the active account that has a number, E.164.
   *
   * @param life of device tokens, in seconds
   */
  async isKnown(device: KnownDevice, life: number, phone: string): Promise<boolean> {
    const { userId: device_user, deviceId: device_id, issuedAt: device_issued } = device;
    const values = { phone, device_user, device_id, device_issued, device_life: life };
    const [row] = await this.database.run(IS_KNOWN, values);
    return row?.known ?? false;
  }
}
