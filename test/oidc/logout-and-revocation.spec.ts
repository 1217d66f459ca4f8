import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { runJob } from '../support/jobs.js';
import { bearer, logIn, me, newcomer } from '../support/logins.js';
import { CALLBACK, discovered, fieldOf, openOidcHouse, tokensFor, Visitor, type OidcHouse } from '../support/oidc.js';
import { until } from '../support/waits.js';

let house: OidcHouse;
/** The back channel of an application. */
let application: Server;
const told: string[] = [];
beforeAll(async () => {
  house = await openOidcHouse();
  application = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(application, 'listening');
});
afterAll(async () => {
  application.close();
  await house.close();
});

const backChannel = () => `http://127.0.0.1:${(application.address() as AddressInfo).port}/backchannel`;
const keys = () => createRemoteJWKSet(new URL(`${house.issuer}/jwks`));

async function loggedIn(wish: Record<string, unknown> = {}, more: Record<string, string> = {}) {
  const { id, username } = await newcomer(house, { role: 'SUPERVISOR' });
  const browser = new Visitor(house.service);
  await browser.logIn(username);
  const client = await house.client(wish);
  const config = await discovered(house, client);
  return { id, username, browser, client, config, tokens: await tokensFor(config, browser, more) };
}

/** Whether the tokens of an application are worth something. */
async function alive({ config, tokens }: Pick<Awaited<ReturnType<typeof loggedIn>>, 'config' | 'tokens'>) {
  const said = await openid.tokenIntrospection(config, tokens.access_token);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- whose it is does not matter: whether it is answered does
  const user = await openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck).then(
    () => true,
    () => false,
  );
  expect(user).toBe(said.active);
  return said.active;
}

const refreshes = ({ config, tokens }: Pick<Awaited<ReturnType<typeof loggedIn>>, 'config' | 'tokens'>) =>
  openid.refreshTokenGrant(config, String(tokens.refresh_token)).then(
    () => true,
    (error: unknown) => (error as { error?: string }).error,
  );

describe('a logout at an application', () => {
  it('ends the login here, its tokens, and is told to the others', async () => {
    const leaving = 'http://127.0.0.1:9/bye';
    const login = await loggedIn({ postLogoutRedirectUris: [leaving] });
    const { browser, config, tokens, id } = login;
    const neighbour = await discovered(house, await house.client({ backchannelLogoutUri: backChannel() }));
    const other = { config: neighbour, tokens: await tokensFor(neighbour, browser) };
    expect([await alive(login), await alive(other)]).toEqual([true, true]);
    expect(other.tokens.claims()?.['sid']).toBeTruthy();

    const parameters = { id_token_hint: tokens.id_token!, post_logout_redirect_uri: leaving, state: 'a&b=c' };
    const page = await browser.go(openid.buildEndSessionUrl(config, parameters));
    expect(page.text).toContain('Ya, keluar');
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:9;");
    told.length = 0;
    const { at } = await browser.go(
      '/oidc/session/end/confirm',
      'POST',
      `xsrf=${fieldOf(page.text, 'xsrf')}&logout=yes`,
    );
    expect([at.origin + at.pathname, at.searchParams.get('state')]).toEqual([leaving, 'a&b=c']);

    expect([await alive(login), await alive(other)]).toEqual([false, false]);
    expect(await refreshes(login)).toBe('invalid_grant');
    expect((await browser.send('GET', '/api/auth/me')).status).toBe(401);
    expect((await browser.go('/oidc/auth')).status).toBe(400);
    const gone = await browser.go('/oidc/session/end');
    const left = await browser.go('/oidc/session/end/confirm', 'POST', `xsrf=${fieldOf(gone.text, 'xsrf')}&logout=yes`);
    expect(left.text).toContain('Anda sudah keluar');
    const { payload } = await jwtVerify(told[0]!, keys(), { issuer: house.issuer, typ: 'logout+jwt' });
    expect(payload).toMatchObject({
      sub: id,
      sid: other.tokens.claims()?.['sid'],
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
  });

  it('may be thought better of', async () => {
    const { browser, config, tokens } = await loggedIn();
    const page = await browser.go(openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token! }));
    const stayed = await browser.go('/oidc/session/end/confirm', 'POST', `xsrf=${fieldOf(page.text, 'xsrf')}`);
    expect(stayed.text).toContain('Anda tetap masuk');
    expect(stayed.text).not.toContain('sudah keluar');
    expect((await browser.send('GET', '/api/auth/me')).status).toBe(200);
  });
});

describe('a login that ends here', () => {
  it.each<[string, (login: Awaited<ReturnType<typeof loggedIn>>) => Promise<unknown>]>([
    [
      'by a logout',
      ({ browser }) => browser.send('POST', '/api/auth/logout', '{}', { 'content-type': 'application/json' }),
    ],
    [
      'by disabling',
      ({ id }) =>
        house.service.send('PATCH', `/api/users/${id}`, '{"isActive":false}', {
          ...house.admin,
          'content-type': 'application/json',
        }),
    ],
    [
      'by running out',
      ({ id }) => house.database.query(`UPDATE login_sessions SET idle_expires_at = now() WHERE user_id = $1`, [id]),
    ],
  ])('ends the tokens of applications: %s', async (_, end) => {
    const login = await loggedIn();
    expect(await alive(login)).toBe(true);
    await end(login);
    expect(await alive(login)).toBe(false);
    expect(await refreshes(login)).toBe('invalid_grant');
    // And nobody is logged in at the provider any more.
    const { at, text } = await login.browser.go(
      openid.buildAuthorizationUrl(login.config, await pkce({ prompt: 'none' })),
    );
    expect([at.searchParams.get('error'), text]).toEqual(['login_required', expect.anything()]);
  });

  it('is told to applications that want to know', async () => {
    const { browser, id } = await loggedIn({ backchannelLogoutUri: backChannel() });
    told.length = 0;
    await browser.send('POST', '/api/auth/logout', '{}', { 'content-type': 'application/json' });
    await runJob(house.database, 'ended-oidc-sessions');
    await until('it is told', () => told.length > 0);
    expect((await jwtVerify(told[0]!, keys())).payload.sub).toBe(id);
    expect(told).toHaveLength(1);
  });
});

async function pkce(more: Record<string, string>): Promise<Record<string, string>> {
  const code_challenge = await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier());
  return { redirect_uri: CALLBACK, scope: 'openid', code_challenge, code_challenge_method: 'S256', ...more };
}

describe('an application that may less than before', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a scope', { scopes: ['profile', 'email'] }],
    ['a service', { resources: [] }],
    ['going without consent', { firstParty: false }],
  ])('loses what it was given for more: %s', async (_, change) => {
    const login = await loggedIn({ resources: ['https://api.example.go.id'] });
    const json = { ...house.admin, 'content-type': 'application/json' };
    const patch = async (fields: object) => {
      const path = `/api/oidc/clients/${login.client.id}`;
      return (await house.service.send('PATCH', path, JSON.stringify(fields), json)).status;
    };
    expect(await patch({ name: 'Lain', scopes: ['profile', 'phone', 'email', 'roles:baca'] })).toBe(200);
    expect(await alive(login)).toBe(true);
    expect(await patch({ scopes: ['profile', 'phone', 'email', 'roles:baca'], ...change })).toBe(200);
    expect(await alive(login)).toBe(false);
    expect(await refreshes(login)).toBe('invalid_grant');
  });
});

describe('tokens', () => {
  it('are revoked by who has them: a refresh token with all of its grant', async () => {
    const login = await loggedIn();
    const { config, tokens } = login;
    await openid.tokenRevocation(config, String(tokens.refresh_token));
    expect(await alive(login)).toBe(false);
    expect(await refreshes(login)).toBe('invalid_grant');
  });

  it('for another service are signed, say for whom, and open neither our API nor userinfo', async () => {
    const resource = 'https://api.example.go.id';
    const wish = {
      resources: [resource],
      scopes: ['profile', 'roles', 'laporan:baca'],
    };
    const { id, browser, config } = await loggedIn(wish, { scope: 'openid' });
    const scope = 'openid roles laporan:baca';
    const parameters = await pkce({ resource, scope });
    const verifier = openid.randomPKCECodeVerifier();
    const challenge = await openid.calculatePKCECodeChallenge(verifier);
    const { at } = await browser.go(openid.buildAuthorizationUrl(config, { ...parameters, code_challenge: challenge }));
    const tokens = await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier: verifier }, { resource });
    // The ID token goes through others' hands: with a resource, too, it says who somebody is and no more.
    for (const claim of ['role', 'name', 'phone_number', 'email']) expect(tokens.claims()).not.toHaveProperty(claim);
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys(), {
      audience: resource,
      issuer: house.issuer,
    });
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(payload).toMatchObject({
      sub: id,
      role: 'SUPERVISOR',
      scope: 'roles laporan:baca',
      client_id: config.clientMetadata().client_id,
    });
    expect((await me(house.service, { token: tokens.access_token })).status).toBe(401);
    expect((await me(house.service, { token: tokens.id_token! })).status).toBe(401);
    const userinfo = await house.service.get('/oidc/me', bearer({ token: tokens.access_token }));
    expect(userinfo.status).toBe(401);
  });

  it('of our own API open nothing at the provider, and those of applications nothing of our API', async () => {
    const { username, tokens } = await loggedIn();
    const own = await logIn(house.service, username);
    expect((await house.service.get('/oidc/me', bearer(own))).status).toBe(401);
    expect((await me(house.service, { token: tokens.access_token })).status).toBe(401);
  });

  it('are signed by a new key without a restart, and a hint by the old one still counts', async () => {
    const { browser, config, tokens } = await loggedIn();
    const kid = (token: string) => decodeProtectedHeader(token).kid;
    await house.database.query(`UPDATE signing_keys SET state = 'RETIRED', retired_at = now() WHERE state = 'ACTIVE'`);
    // Another instance finds none that signs and makes one; this one hears of it by a token that it cannot place.
    await (await house.another({ PORT: '0' })).stop();
    const header = Buffer.from('{"alg":"ES256","typ":"at+jwt","kid":"unheard of"}').toString('base64url');
    await until('looked', async () => {
      await me(house.service, { token: `${header}.e30.AAAA` });
      return (await house.service.get('/oidc/jwks')).body.keys.length === 2;
    });
    const fresh = await tokensFor(config, browser);
    expect(kid(fresh.id_token!)).not.toBe(kid(tokens.id_token!));
    await jwtVerify(fresh.id_token!, keys());
    const page = await browser.go(openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token! }));
    expect(page.text).toContain('Ya, keluar');
  });
});

describe('a role that changes', () => {
  it('is the new one wherever it is told from now on', async () => {
    const client = await house.client({ scopes: ['roles'] });
    const { id, username } = await newcomer(house, { role: 'ADMIN' });
    const browser = new Visitor(house.service);
    await browser.logIn(username);
    const config = await discovered(house, client);
    const tokens = await tokensFor(config, browser, { scope: 'openid roles' });
    const json = { ...house.admin, 'content-type': 'application/json' };
    await house.service.send('PATCH', `/api/users/${id}`, '{"role":"USER"}', json);
    expect((await openid.fetchUserInfo(config, tokens.access_token, id))['role']).toBe('USER');
    const said = await openid.tokenIntrospection(config, tokens.access_token);
    expect([said.active, said['role']]).toEqual([true, undefined]);
  });
});

describe('what is kept', () => {
  it('of a person goes when they are erased', async () => {
    const { id, client } = await loggedIn();
    const held = () => house.database.query('SELECT kind FROM oidc_artifacts WHERE client_id = $1', [client.id]);
    const kinds = (await held()).map((row) => row['kind'] as string);
    expect([...new Set(kinds)].sort()).toEqual(['AccessToken', 'AuthorizationCode', 'Grant', 'RefreshToken']);
    expect((await house.service.send('DELETE', `/api/users/${id}`, undefined, house.admin)).status).toBe(200);
    expect(await held()).toEqual([]);
  });

  it('holds nothing that opens anything, and goes when its time is over', async () => {
    const { tokens } = await loggedIn();
    const rows = await house.database.query<{ row: string }>(
      `SELECT a::text || encode(sealed_payload, 'escape') AS row FROM oidc_artifacts a`,
    );
    const kept = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThan(3);
    for (const secret of [tokens.access_token, String(tokens.refresh_token)]) expect(kept).not.toContain(secret);
    await house.database.query(`UPDATE oidc_artifacts SET expires_at = now() - interval '6 minutes'`);
    await runJob(house.database, 'expired-oidc-artifacts');
    expect(await house.database.query('SELECT kind FROM oidc_artifacts')).toEqual([]);
  });

  it('is not in the log', () => {
    const lines = house.service.output().split('\n');
    expect(lines.some((line) => line.includes('"/oidc/auth"'))).toBe(true);
    const told = /code=|id_token_hint|state=|interaction\/[\w-]{20}|oidc-provider (?:NOTICE|WARNING)/;
    expect(lines.filter((line) => told.test(line))).toEqual([]);
  });
});
