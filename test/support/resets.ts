import { type FakeWhacenter } from './fake-whacenter.js';
import { type Answer, type Service } from './service.js';

type Headers = Record<string, string>;

/** What the third step sends. */
export interface TypedReset {
  noHp: string;
  otp: string;
  newPassword: string;
  confirmPassword: string;
  otpId?: string;
}

const BASE = '/api/forgot-password';

/** A password that every profile takes, unless it is somebody's name. */
export const NEW_PASSWORD = 'kopi-susu-di-teras-9';

export const requestReset = (service: Service, nama: unknown, noHp: unknown, headers?: Headers): Promise<Answer> =>
  service.post(`${BASE}/request-otp`, { nama, noHp }, headers);

export const verifyReset = (service: Service, noHp: unknown, otp: unknown, headers?: Headers): Promise<Answer> =>
  service.post(`${BASE}/verify-otp`, { noHp, otp }, headers);

/** The third step with the same new password twice; `more` changes what it likes. */
export const resetPassword = (
  service: Service,
  noHp: string,
  otp: string,
  more: Partial<Record<keyof TypedReset, unknown>> = {},
  headers?: Headers,
): Promise<Answer> =>
  service.post(
    `${BASE}/reset-password`,
    { noHp, otp, newPassword: NEW_PASSWORD, confirmPassword: NEW_PASSWORD, ...more },
    headers,
  );

/** Asks for a code to reset a password and reads it off the phone; fails when it did not go out. */
export async function resetCodeOf(
  service: Service,
  whacenter: FakeWhacenter,
  name: string,
  phone: string,
  headers?: Headers,
): Promise<string> {
  const before = whacenter.messagesFor(phone).length;
  const answer = await requestReset(service, name, phone, headers);
  const code = whacenter.codeFor(phone);
  if (answer.status !== 200 || code === undefined || whacenter.messagesFor(phone).length === before)
    throw new Error(`no code: ${answer.status} ${answer.text}`);
  return code;
}

/** The first two steps; the code that was verified. */
export async function verifiedCodeOf(
  service: Service,
  whacenter: FakeWhacenter,
  name: string,
  phone: string,
  headers?: Headers,
): Promise<string> {
  const code = await resetCodeOf(service, whacenter, name, phone, headers);
  const answer = await verifyReset(service, phone, code, headers);
  if (answer.status !== 200) throw new Error(`not verified: ${answer.status} ${answer.text}`);
  return code;
}
