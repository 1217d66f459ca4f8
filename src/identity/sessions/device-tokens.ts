import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse, stringify } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';

/** A device that has logged this account in before. */
export interface KnownDevice {
  readonly deviceId: string;
  readonly userId: string;
  readonly issuedAt: Date;
}

const VERSION = 1;
const TIME_BYTES = 6;
const BODY_BYTES = 1 + 16 + 16 + TIME_BYTES;
const MAC_BYTES = 32;

/**
 * Device tokens say "this device has logged that account in". They open nothing: they only keep the owner's allowances
 * apart from strangers'. So no table holds them; a MAC proves ours, and the account's `devices_valid_from` ends them.
 */
@Injectable()
export class DeviceTokens {
  constructor(private readonly secret: AuthSecret) {}

  /**
   * @param at when the login was, by the clock of `devices_valid_from`
   * @returns 95 characters of base64url
   */
  issue(deviceId: string, userId: string, at: Date): string {
    const body = Buffer.alloc(BODY_BYTES);
    body.writeUInt8(VERSION, 0);
    body.set(parse(deviceId), 1);
    body.set(parse(userId), 17);
    body.writeUIntBE(at.getTime(), 33, TIME_BYTES);
    return Buffer.concat([body, this.secret.mac('device-token', body)]).toString('base64url');
  }

  /** @returns the device, or null when the token is not valid, for whatever reason */
  read(token: string | null): KnownDevice | null {
    if (!token) return null;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== BODY_BYTES + MAC_BYTES || bytes[0] !== VERSION) return null;
    const body = bytes.subarray(0, BODY_BYTES);
    const macs = this.secret.acceptedMacs('device-token', body);
    if (!macs.some((mac) => timingSafeEqual(bytes.subarray(BODY_BYTES), mac))) return null;
    return {
      deviceId: stringify(body.subarray(1, 17)),
      userId: stringify(body.subarray(17, 33)),
      issuedAt: new Date(body.readUIntBE(33, TIME_BYTES)),
    };
  }
}
