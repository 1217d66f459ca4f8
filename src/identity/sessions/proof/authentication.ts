/** What a session has proved beside the login's own factor. */
export type SecondFactor = 'TOTP' | 'RECOVERY_CODE' | 'PASSKEY';

/** What is proved of a session, and when the last of it was. */
export interface Proved {
  readonly method: 'OTP' | 'PASSWORD';
  readonly secondFactor: SecondFactor | null;
  readonly provedAt: Date;
}

/** How somebody authenticated (OpenID Connect Core section 2). */
export interface Authentication {
  readonly acr: string;
  readonly amr: string[];
}

const FIRST = {
  OTP: { acr: 'urn:masuk:otp', amr: ['otp'] },
  PASSWORD: { acr: 'urn:masuk:pwd', amr: ['pwd'] },
} as const;

/** With two factors. `pop`: the proof that somebody holds a key, of the registry of RFC 8176; whether hardware keeps it is not known. */
export const WITH_SECOND = 'urn:masuk:mfa';
const SECOND = { TOTP: 'otp', RECOVERY_CODE: 'otp', PASSKEY: 'pop' } as const;

/** Those of a login's own factor. */
export const ACR_BY_CODE: string = FIRST.OTP.acr;
export const ACR_BY_PASSWORD: string = FIRST.PASSWORD.acr;

/** Every `acr` that a session may have. */
export const ACR_VALUES: readonly string[] = [ACR_BY_CODE, ACR_BY_PASSWORD, WITH_SECOND];

/** The marks of two factors in `amr` (RFC 8176 section 2). */
export const MULTIPLE = 'mfa';

export function authenticationOf({ method, secondFactor }: Pick<Proved, 'method' | 'secondFactor'>): Authentication {
  const { acr, amr } = FIRST[method];
  if (secondFactor === null) return { acr, amr: [...amr] };
  return { acr: WITH_SECOND, amr: [...new Set([...amr, SECOND[secondFactor]]), MULTIPLE] };
}

/** Seconds since 1970 (RFC 7519 section 2, NumericDate). */
export function numericDate(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
