import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse, stringify } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { AppError } from '../../platform/errors/app-error.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

const VERSION = 1;
const BODY_BYTES = 1 + 16;
const MAC_BYTES = 32;

/**
 * Registration tokens say "this client registered that account". Shown with the first code that proves the account's number,
 * they keep what was set at registration; afterwards, and without a code, they are worth nothing. A MAC proves ours, so no
 * table holds them.
 */
@Injectable()
export class RegistrationTokens {
  constructor(private readonly secret: AuthSecret) {}

  /** @returns 66 characters of base64url */
  issue(userId: string): string {
    const body = Buffer.alloc(BODY_BYTES);
    body.writeUInt8(VERSION, 0);
    body.set(parse(userId), 1);
    return Buffer.concat([body, this.secret.mac('registration-token', body)]).toString('base64url');
  }

  /**
   * @returns the account that the token's client registered; null without a token
   * @throws AppError `validation_failed` for an invalid token: otherwise what was set at registration would be lost
   */
  read(token: string | null | undefined): string | null {
    if (token === null || token === undefined) return null;
    const bytes = Buffer.from(token, 'base64url');
    const body = bytes.subarray(0, BODY_BYTES);
    const isOurs =
      bytes.length === BODY_BYTES + MAC_BYTES &&
      bytes[0] === VERSION &&
      this.secret
        .acceptedMacs('registration-token', body)
        .some((mac) => timingSafeEqual(bytes.subarray(BODY_BYTES), mac));
    if (!isOurs) throw unknownToken();
    return stringify(body.subarray(1));
  }
}

function unknownToken(): AppError {
  return invalidField('registrationToken', 'noRegistrationToken');
}
