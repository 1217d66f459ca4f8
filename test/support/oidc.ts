import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import * as openid from 'openid-client';
import { bearer, logIn, newcomer, PASSWORD } from './logins.js';
import { type Answer, type Service } from './service.js';
import { openHouse, type House } from './house.js';

/** A service that applications log people in by: it knows its own address. */
export interface OidcHouse extends House {
  readonly issuer: string;
  /** Headers of an admin. */
  readonly admin: Record<string, string>;
  /** Makes an application; `data` of the answer. */
  client(wish: Record<string, unknown>): Promise<{ id: string; secret: string | null }>;
}

/** Where test applications have people sent back to; nothing listens there unless a spec does. */
export const CALLBACK = 'http://127.0.0.1:9/callback';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @param variables over the usual ones; the caller closes it */
export async function openOidcHouse(variables: Record<string, string> = {}): Promise<OidcHouse> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const house = await openHouse({ PORT: String(port), PUBLIC_URL: url, ...variables });
  const { username } = await newcomer(house, { role: 'ADMIN' });
  const admin = bearer(await logIn(house.service, username));
  // A copy of the house would lack its methods.
  return Object.assign(house, {
    issuer: `${url}/oidc`,
    admin,
    client: async (wish: Record<string, unknown>) => {
      const usual = { kind: 'web', name: 'Dasbor', redirectUris: [CALLBACK], firstParty: true };
      const answer = await house.service.post('/api/oidc/clients', { ...usual, ...wish }, admin);
      if (answer.status !== 201) throw new Error(`no client: ${answer.status} ${answer.text}`);
      return answer.body.data;
    },
  });
}

/** What a client that others wrote knows of the service, found by discovery. */
export async function discovered(
  house: Pick<OidcHouse, 'issuer'>,
  client: { id: string; secret: string | null },
): Promise<openid.Configuration> {
  const authentication = client.secret === null ? openid.None() : openid.ClientSecretPost(client.secret);
  return openid.discovery(new URL(house.issuer), client.id, undefined, authentication, {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it warns of what it does: here is no TLS
    execute: [openid.allowInsecureRequests],
  });
}

/** A request for a code, and what the application must remember of it. */
export interface Asked {
  readonly url: URL;
  readonly checks: { pkceCodeVerifier: string; expectedState: string; expectedNonce: string };
}

export async function ask(config: openid.Configuration, more: Record<string, string> = {}): Promise<Asked> {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile phone email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

/** A browser as far as cookies and redirects go: it stops where it is sent to another service. */
export class Visitor {
  private readonly jar = new Map<string, { value: string; path: string }>();

  constructor(private readonly service: Pick<Service, 'url'>) {}

  /** The cookies that it would send to a path. */
  cookies(path: string): string {
    return [...this.jar]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([name, { value }]) => `${name.split(' ')[0]}=${value}`)
      .join('; ');
  }

  drop(name: RegExp): void {
    for (const key of this.jar.keys()) if (name.test(key)) this.jar.delete(key);
  }

  /** One request, without going where it is sent. */
  async send(method: string, address: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    const url = new URL(address, this.service.url);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
      headers: {
        cookie: this.cookies(url.pathname),
        accept: 'text/html,*/*;q=0.8',
        'sec-fetch-site': 'same-origin',
        ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...headers,
      },
    });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
  }

  /** Goes where it is sent, as long as that is the service; then the answer, and where it came from or wants to go. */
  async go(address: string | URL, method = 'GET', body?: string): Promise<Answer & { at: URL }> {
    let at = new URL(address, this.service.url);
    let answer = await this.send(method, at.href, body, {
      'sec-fetch-site': method === 'GET' ? 'cross-site' : 'same-origin',
    });
    for (let hops = 0; hops < 15; hops++) {
      const location = answer.headers.get('location');
      if (location === null) return { ...answer, at };
      at = new URL(location, at);
      if (at.origin !== this.service.url) return { ...answer, at };
      answer = await this.send('GET', at.href, undefined, { 'sec-fetch-site': 'cross-site' });
    }
    throw new Error(`sent round in circles: ${at.href}`);
  }

  /** Logs in by password on an own page. */
  async logIn(username: string): Promise<void> {
    const body = JSON.stringify({ identifier: username, password: PASSWORD });
    const answer = await this.send('POST', '/api/auth/browser/login', body, { 'content-type': 'application/json' });
    if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${answer.text}`);
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(name.length + 1);
    const path = attributes.find((each) => each.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const key = `${name} ${path}`;
    const isOver = attributes.some((each) => /^(expires=Thu, 01 Jan 1970|max-age=0)/i.test(each));
    if (value === '' || isOver) this.jar.delete(key);
    else this.jar.set(key, { value, path });
  }
}

/** A value that a form of a page holds. */
export function fieldOf(html: string, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
  if (value === undefined) throw new Error(`no field ${name} in ${html.slice(0, 500)}`);
  return value;
}

/** A whole login of an application by somebody who is logged in to the browser: the tokens. */
export async function tokensFor(config: openid.Configuration, visitor: Visitor, more: Record<string, string> = {}) {
  const { url, checks } = await ask(config, more);
  const { at } = await visitor.go(url);
  return openid.authorizationCodeGrant(config, at, checks);
}
