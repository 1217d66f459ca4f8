import { type UsedApiKey } from '../../identity/api-keys/api-keys.service.js';
import { type CodeSettings } from '../../platform/config/groups/codes.js';

/**
 * Whether a caller is handed the code that goes to somebody's phone: for tests without a phone. Production never starts
 * with `OTP_ECHO`. Without a key it is an admin, or this very machine.
 */
export function mayReadCodes({ otpEcho }: Pick<CodeSettings, 'otpEcho'>, key: UsedApiKey | undefined): boolean {
  return otpEcho && (key === undefined || key.scopes.includes('otp:read'));
}
