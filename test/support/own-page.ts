import { type Answer, type Service } from './service.js';

/** What a browser says of a call that a page of the service itself makes. */
export const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

/** What a browser says of a call from somebody else's page. */
export const OTHER_SITE = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };

/** A browser that is logged in, by what it keeps and sends. */
export interface Browser {
  /** `name=value` of the cookie that holds the session. */
  readonly session: string;
  /** `name=value` of the one that makes the device known. */
  readonly device: string;
  /** Headers of a call from an own page, with all cookies. */
  readonly headers: { 'sec-fetch-site': string; cookie: string };
}

/** Each `Set-Cookie` of an answer by its cookie's name. */
export function cookiesOf(answer: Answer): Map<string, string> {
  return new Map(answer.headers.getSetCookie().map((line) => [line.slice(0, line.indexOf('=')), line]));
}

/** What a browser keeps of the answer to a login on an own page; fails when nobody was logged in. */
export function browserOf(answer: Answer): Browser {
  const kept = (name: string) => cookiesOf(answer).get(name)?.split(';')[0];
  const [session, device] = [kept('__Host-masuk'), kept('__Host-masuk-device')];
  if (answer.status !== 200 || session === undefined || device === undefined)
    throw new Error(`no login: ${answer.status} ${answer.text}`);
  return { session, device, headers: { ...OWN_PAGE, cookie: `${session}; ${device}` } };
}

/** Logs a browser in by password on an own page. */
export async function browserLogin(
  service: Service,
  identifier: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<Browser> {
  const all = { ...OWN_PAGE, ...headers };
  return browserOf(await service.post('/api/auth/browser/login', { identifier, password }, all));
}
