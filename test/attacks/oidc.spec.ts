import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { atOnce } from '../support/crowds.js';
import { CROWD } from '../support/house.js';
import { newcomer } from '../support/logins.js';
import {
  ask,
  CALLBACK,
  discovered,
  fieldOf,
  openOidcHouse,
  tokensFor,
  Visitor,
  type OidcHouse,
} from '../support/oidc.js';
import { OTHER_SITE } from '../support/own-page.js';
import { type Answer, type Service } from '../support/service.js';
import { until } from '../support/waits.js';

let house: OidcHouse;
let other: Service;
/** Behind a proxy, with an address for each test; whoever fails five times from one is stopped. */
let proxied: Service;
let dashboard: { id: string; secret: string | null };
let config: openid.Configuration;
beforeAll(async () => {
  house = await openOidcHouse({ ...CROWD, ADDRESS_FAILURES_PER_HOUR: '1000000' });
  other = await house.another({ PORT: '0' });
  proxied = await house.another({ PORT: '0', TRUST_PROXY: '127.0.0.1', ADDRESS_FAILURES_PER_HOUR: '5' });
  dashboard = await house.client({ redirectUris: [CALLBACK], postLogoutRedirectUris: ['http://127.0.0.1:9/bye'] });
  config = await discovered(house, dashboard);
});
afterAll(async () => house.close());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function token(service: Service, fields: Record<string, string>, from: Record<string, string> = {}): Promise<Answer> {
  return service.send('POST', '/oidc/token', new URLSearchParams(fields).toString(), { ...FORM, ...from });
}

async function visitor(): Promise<Visitor> {
  const { username } = await newcomer(house);
  const browser = new Visitor(house.service);
  await browser.logIn(username);
  return browser;
}

/** A code that has been given, with all that its application knows of it. */
async function given(browser?: Visitor) {
  const { url, checks } = await ask(config);
  const { at } = await (browser ?? (await visitor())).go(url);
  const code = at.searchParams.get('code') ?? '';
  const own = { client_id: dashboard.id, client_secret: dashboard.secret ?? '' };
  const exchange = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: checks.pkceCodeVerifier,
    ...own,
  };
  return { url, checks, at, code, own, exchange };
}

const active = async (value: string) => (await openid.tokenIntrospection(config, value)).active;

describe('V10.4.1: an address that people would be sent to', () => {
  it.each([
    ['another path', 'http://127.0.0.1:9/callback/../evil'],
    ['a longer path', 'http://127.0.0.1:9/callback/evil'],
    ['another host', 'http://evil.example/callback'],
    ['a host behind ours', 'http://127.0.0.1:9.evil.example/callback'],
    ['another port', 'http://127.0.0.1:99/callback'],
    ['another scheme', 'https://127.0.0.1:9/callback'],
    ['a script', 'javascript:alert(1)'],
    ['a fragment', 'http://127.0.0.1:9/callback#evil'],
    ['user info', 'http://127.0.0.1:9@evil.example/callback'],
    ['user info before ours', 'http://evil@127.0.0.1:9/callback'],
    ['an encoded path', 'http://127.0.0.1:9/%63allback'],
    ['an encoded slash', 'http://127.0.0.1:9/callback%2f..%2fevil'],
    ['a backslash', 'http://127.0.0.1:9\\@evil.example/callback'],
    ['a query of its own', 'http://127.0.0.1:9/callback?next=//evil.example'],
    ['another spelling of the host', 'http://localhost:9/callback'],
    ['a tab', 'http://127.0.0.1:9/callback\t'],
    ['nothing', ''],
  ])('is refused before anybody is sent anywhere: %s', async (_, uri) => {
    const browser = await visitor();
    const { url } = await ask(config, { redirect_uri: uri });
    const answer = await browser.go(url);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.text).not.toContain('<script');
    const pushed = new URLSearchParams([...url.searchParams, ['client_secret', dashboard.secret ?? '']]);
    expect((await house.service.send('POST', '/oidc/request', pushed.toString(), FORM)).status).toBe(400);
  });

  it('is refused after a logout too', async () => {
    const browser = await visitor();
    const { id_token } = await tokensFor(config, browser);
    for (const uri of ['http://127.0.0.1:9/bye/..', 'http://evil.example/', CALLBACK]) {
      const parameters = { id_token_hint: id_token!, post_logout_redirect_uri: uri };
      expect((await browser.go(openid.buildEndSessionUrl(config, parameters))).status).toBe(400);
    }
    // An address whose owner is not named does not count.
    const page = await browser.go('/oidc/session/end?post_logout_redirect_uri=http://127.0.0.1:9/bye');
    const done = await browser.go('/oidc/session/end/confirm', 'POST', `xsrf=${fieldOf(page.text, 'xsrf')}&logout=yes`);
    expect(done.at.origin).toBe(house.service.url);
  });

  it.each([
    ['http://evil.example/cb'],
    ['https://*.example.go.id/cb'],
    ['https://a.example/cb#x'],
    ['https://a@b.example/cb'],
    ['https://A.example/cb'],
    ['javascript:alert(1)'],
    ['com.example.app:/cb'],
    ['/cb'],
    ['https://a.example/x/../cb'],
  ])('is not even taken from an admin: %s', async (uri) => {
    await expect(house.client({ redirectUris: [uri] })).rejects.toThrow('invalid_redirect_uri');
  });
});

describe('V10.4.2: a code', () => {
  it('that comes twice kills the tokens that it gave', async () => {
    const { exchange } = await given();
    const { body } = await token(house.service, exchange);
    expect(await active(body.access_token)).toBe(true);
    expect((await token(other, exchange)).body.error).toBe('invalid_grant');
    expect(await active(body.access_token)).toBe(false);
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: dashboard.id };
    expect((await token(other, { ...refresh, client_secret: dashboard.secret! })).body.error).toBe('invalid_grant');
    const events = () => house.database.query(`SELECT 1 FROM audit_events WHERE type = 'oidc.replayed'`);
    await until('it is recorded', async () => (await events()).length > 0);
  });

  it('that comes at two instances at once gives nobody valid tokens', async () => {
    for (let round = 0; round < 3; round++) {
      const { exchange } = await given();
      const answers = await atOnce(8, (at) => token(at % 2 === 0 ? house.service : other, exchange));
      const won = answers.filter(({ status }) => status === 200);
      expect(won.length).toBeLessThanOrEqual(1);
      for (const { body } of won) expect(await active(body.access_token)).toBe(false);
      expect(answers.filter(({ body }) => body.error === 'invalid_grant').length).toBe(8 - won.length);
    }
  });

  it.each<[string, (given: Record<string, string>) => Record<string, string | undefined>]>([
    ['without its verifier', () => ({ code_verifier: undefined })],
    ['with another verifier', () => ({ code_verifier: openid.randomPKCECodeVerifier() })],
    ['with the challenge for a verifier', () => ({ code_verifier: 'A'.repeat(43) })],
    ['for another address', () => ({ redirect_uri: `${CALLBACK}/x` })],
    ['without an address', () => ({ redirect_uri: undefined })],
    ['with a wrong secret', () => ({ client_secret: `mcs_${'x'.repeat(43)}` })],
    ['without a secret', () => ({ client_secret: undefined })],
  ])('is worth nothing %s', async (_, change) => {
    const { exchange } = await given();
    const fields = Object.entries({ ...exchange, ...change(exchange) }).filter(([, value]) => value !== undefined);
    const answer = await token(house.service, Object.fromEntries(fields));
    expect([400, 401]).toContain(answer.status);
    expect(answer.body.access_token).toBeUndefined();
    expect(answer.headers.get('cache-control')).toContain('no-store');
  });

  it('of another application is worth nothing, and neither is its refresh token', async () => {
    const foreign = await house.client({});
    const theirs = { client_id: foreign.id, client_secret: foreign.secret ?? '' };
    const { exchange } = await given();
    expect((await token(house.service, { ...exchange, ...theirs })).body.error).toBe('invalid_grant');
    const { body } = await token(house.service, exchange);
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    expect((await token(house.service, { ...refresh, ...theirs })).body.error).toBe('invalid_grant');
    // Nor may it look at it, or end it.
    const at = await discovered(house, foreign);
    expect((await openid.tokenIntrospection(at, body.access_token)).active).toBe(false);
    await openid.tokenRevocation(at, body.access_token).catch(() => undefined);
    expect(await active(body.access_token)).toBe(true);
  });

  it('that somebody else was given is noticed by the application (code injection)', async () => {
    const victim = await ask(config);
    const attacker = await given();
    const injected = new URL(attacker.at);
    injected.searchParams.set('state', victim.checks.expectedState);
    await expect(openid.authorizationCodeGrant(config, injected, victim.checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('of another provider is noticed by the application (mix-up)', async () => {
    const { at, checks } = await given();
    expect(at.searchParams.get('iss')).toBe(house.issuer);
    const mixedUp = new URL(at);
    mixedUp.searchParams.set('iss', 'https://evil.example');
    await expect(openid.authorizationCodeGrant(config, mixedUp, checks)).rejects.toThrow('invalid response');
    mixedUp.searchParams.delete('iss');
    await expect(openid.authorizationCodeGrant(config, mixedUp, checks)).rejects.toThrow('invalid response');
    expect((await openid.authorizationCodeGrant(config, at, checks)).access_token).toBeTruthy();
  });
});

describe('V10.4.6: a request', () => {
  it.each<[string, Record<string, string | undefined>, string]>([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with PKCE that says no method', { code_challenge_method: undefined }, 'invalid_request'],
    ['for tokens in the address', { response_type: 'token' }, 'unsupported_response_type'],
    ['for an id token in the address', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['for scopes that it may not have', { scope: 'openid roles' }, 'invalid_scope'],
    ['for a service that it may not ask for', { resource: 'https://api.example' }, 'invalid_target'],
    ['with a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['with an address of one', { request_uri: 'http://127.0.0.1:1/' }, 'request_uri_not_supported'],
  ])('%s is refused', async (_, change, error) => {
    const { url } = await ask(config);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    const { at, text } = await (await visitor()).go(url);
    const said = at.searchParams.get('error') ?? new URLSearchParams(at.hash.slice(1)).get('error') ?? text;
    expect(said).toContain(error);
    expect(at.searchParams.get('code')).toBeNull();
  });

  it.each(['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer'])(
    'for a grant that there is not is refused: %s',
    async (grant_type) => {
      const fields = {
        grant_type,
        username: 'a',
        password: 'b',
        client_id: dashboard.id,
        client_secret: dashboard.secret!,
      };
      expect((await token(house.service, fields)).body.error).toBe('unsupported_grant_type');
    },
  );

  it('carries a state that only the application reads, whatever is in it', async () => {
    const state = `"><script>alert(1)</script>&code=x\r\nSet-Cookie: a=b#${'é'.repeat(200)}`;
    const { url } = await ask(config, { state });
    const { at, headers } = await (await visitor()).go(url);
    expect(at.searchParams.get('state')).toBe(state);
    expect(at.searchParams.getAll('code')).toHaveLength(1);
    expect(headers.get('set-cookie') ?? '').not.toContain('a=b');
    const posted = await (await visitor()).go((await ask(config, { state, response_mode: 'form_post' })).url);
    expect(posted.text).not.toContain('<script>alert');
  });

  it.each([
    ['markup', '"><img src=x onerror=alert(1)>'],
    ['an attribute', '" onfocus="alert(1)'],
    ['a name', 'admin'],
    ['an e-mail address', 'admin@example.go.id'],
    ['a very long one', '0'.repeat(4_000)],
    ['a line break', '0812\r\n3456789'],
  ])('shows nobody a hint that is not a phone number: %s', async (_, hint) => {
    const page = await new Visitor(house.service).go((await ask(config, { login_hint: hint })).url);
    expect(page.text).toContain('<masuk-login');
    expect(page.text).not.toMatch(/<masuk-login[^>]* phone=/);
    expect(page.text).not.toContain('onerror');
    expect(page.text).not.toContain('onfocus');
  });

  it('that occurs twice is refused', async () => {
    const { url } = await ask(config);
    url.searchParams.append('redirect_uri', 'https://evil.example/');
    expect((await (await visitor()).go(url)).status).toBe(400);
  });
});

describe('V3.5.1, V10.7.1: pages of ours', () => {
  it('let nobody consent or refuse from another site, or in another browser', async () => {
    const theirs = await discovered(house, await house.client({ firstParty: false }));
    const browser = await visitor();
    const page = await browser.go((await ask(theirs)).url);
    expect(page.text).toContain('Izinkan');
    for (const path of ['confirm', 'abort']) {
      const address = `${page.at.pathname}/${path}`;
      expect((await browser.send('POST', address, '', OTHER_SITE)).status).toBe(403);
      expect((await (await visitor()).send('POST', address, '')).status).toBe(400);
    }
    // Who is logged in by now is not who was asked.
    const { username } = await newcomer(house);
    await browser.logIn(username);
    expect((await browser.send('POST', `${page.at.pathname}/confirm`, '')).status).toBe(400);
  });

  it('log nobody out, and no device in, without what only the page holds', async () => {
    const browser = await visitor();
    await tokensFor(config, browser);
    await browser.go('/oidc/session/end');
    for (const xsrf of ['', 'x'.repeat(48)]) {
      const body = `xsrf=${xsrf}&logout=yes`;
      expect((await browser.send('POST', '/oidc/session/end/confirm', body, OTHER_SITE)).status).toBe(400);
    }
    expect((await browser.send('GET', '/api/auth/me')).status).toBe(200);
    expect((await browser.send('POST', '/oidc/device', 'xsrf=x&user_code=BBBB-BBBB&confirm=yes')).text).not.toContain(
      'BBBB',
    );
  });

  it('open nothing by the name of an interaction alone', async () => {
    const browser = await visitor();
    const page = await new Visitor(house.service).go((await ask(config)).url);
    expect((await browser.send('GET', page.at.pathname)).status).toBe(400);
    expect((await browser.send('GET', page.at.pathname.replace('interaction', 'auth'))).status).toBe(400);
    for (const path of ['auth', 'device'])
      expect((await new Visitor(house.service).send('GET', `/oidc/${path}/x`)).status).toBe(400);
    for (const uid of ['..%2f..%2fapi', '%00', 'x'.repeat(60)])
      expect((await browser.send('GET', `/oidc/interaction/${uid}`)).status).toBe(400);
  });

  it('are shown in no frame, run nothing of others, and say nothing to a cache', async () => {
    const page = await new Visitor(house.service).go((await ask(config)).url);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(page.headers.get('cache-control')).toBe('no-store');
    const failed = await new Visitor(house.service).go('/oidc/auth?client_id="><script>alert(1)</script>');
    expect(failed.status).toBe(400);
    expect(failed.text).not.toContain('<script');
    expect(failed.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('V9.1.1: a cookie', () => {
  it('that was made up or changed is refused', async () => {
    const browser = await visitor();
    await tokensFor(config, browser);
    browser.drop(/^masuk-oidc\.sig/);
    browser.drop(/^__Host-masuk /);
    const { at } = await browser.go((await ask(config, { prompt: 'none' })).url);
    expect(at.searchParams.get('error')).toBe('login_required');
  });
});

describe('V2.4.1: somebody who begins and begins', () => {
  it('fills no table: neither for long nor without end', async () => {
    await new Visitor(house.service).go('/oidc/device');
    const lives = `SELECT max(expires_at - created_at) < interval '31 minutes' AS short FROM oidc_artifacts
                    WHERE kind IN ('Session', 'Interaction') AND login_session_id IS NULL`;
    expect(await house.database.query(lives)).toEqual([{ short: true }]);
    const from = { 'x-forwarded-for': '203.0.113.1' };
    await house.database.query(
      `INSERT INTO rate_limits (name, subject, window_started_at, used) VALUES ('oidc_starts', $1, now(), 600)`,
      [from['x-forwarded-for']],
    );
    for (const path of ['/oidc/auth', '/oidc/device', '/oidc/session/end']) {
      const { status, headers } = await proxied.get(path, from);
      expect([path, status, headers.get('retry-after')]).toEqual([path, 429, expect.any(String)]);
    }
    // Nor by pushing requests in the name of an application without a secret, as anybody may.
    const page = await house.client({ kind: 'browser' });
    const push = async (client_id: string, more: Record<string, string>) => {
      const { url } = await ask(config, { client_id, ...more });
      return (await proxied.send('POST', '/oidc/request', url.searchParams.toString(), { ...FORM, ...from })).status;
    };
    expect(await push(page.id, {})).toBe(429);
    expect(await push(page.id, { client_secret: '' })).toBe(429);
    expect(await push(dashboard.id, { client_secret: dashboard.secret! })).toBe(201);
  });
});

describe('V6.3.1: somebody who tries secrets', () => {
  it('is stopped at some time, from that address', async () => {
    const { id, secret } = await house.client({});
    const from = { 'x-forwarded-for': '203.0.113.2' };
    const guess = (client_secret: string) =>
      token(proxied, { grant_type: 'refresh_token', refresh_token: 'x', client_id: id, client_secret }, from);
    const statuses = [];
    for (let at = 0; at < 7; at++) statuses.push((await guess(`mcs_${at}`)).status);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    const right = await guess(secret!);
    expect([right.status, Number(right.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
  });
});
