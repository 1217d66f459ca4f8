import { Secret, TOTP } from 'otpauth';
import { type House } from './house.js';
import { bearer, type Tokens } from './logins.js';
import { type Answer, type Service } from './service.js';

const PERIOD = 30;

/** The second factor that somebody of staff has enrolled. */
export interface EnrolledTotp {
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
  /** Of the session that enrolled it, which has proved it. */
  readonly tokens: Tokens;
}

/** Calls of the second factor's routes, at a service. */
export const secondFactor = (service: Service, tokens: Pick<Tokens, 'token'>) => {
  const path = (name: string) => `/api/auth/second-factor${name === '' ? '' : `/${name}`}`;
  return {
    state: (): Promise<Answer> => service.get(path(''), bearer(tokens)),
    post: (name: string, body: object = {}): Promise<Answer> => service.post(path(name), body, bearer(tokens)),
    remove: (name: string): Promise<Answer> => service.send('DELETE', path(name), undefined, bearer(tokens)),
  };
};

/** The code that an app shows so many steps from now, by the clock of the house. */
export function codeOf(house: House, secret: string, steps = 0): string {
  const timestamp = Date.now() + ahead(house) + steps * PERIOD * 1000;
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp });
}

/** How far the clock of a house was moved, in ms. */
function ahead(house: House): number {
  try {
    return house.clock.ahead;
  } catch {
    return 0;
  }
}

/** A code that is not right now, nor in the steps around. */
export function wrongCodeOf(house: House, secret: string, nth = 0): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => codeOf(house, secret, steps));
  for (let guess = nth * 10; ; guess += 1) {
    const code = String(guess).padStart(6, '0');
    if (!right.includes(code)) return code;
  }
}

/** Enrols an authenticator app. The step of the moment is used up. */
export async function enrolTotp(
  house: House,
  tokens: Pick<Tokens, 'token'>,
  service = house.service,
): Promise<EnrolledTotp> {
  const calls = secondFactor(service, tokens);
  const setup = await calls.post('totp/setup');
  if (setup.status !== 200) throw new Error(`no key: ${setup.status} ${setup.text}`);
  const { secret } = setup.body.data;
  const enrolled = await calls.post('totp', { code: codeOf(house, secret) });
  if (enrolled.status !== 200) throw new Error(`not enrolled: ${enrolled.status} ${enrolled.text}`);
  const { tokens: renewed, recoveryCodes } = enrolled.body.data;
  return { secret, recoveryCodes, tokens: renewed };
}
