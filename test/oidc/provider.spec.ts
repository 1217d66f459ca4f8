import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { newcomer } from '../support/logins.js';
import { ask, discovered, openOidcHouse, Visitor, type OidcHouse } from '../support/oidc.js';

let house: OidcHouse;
beforeAll(async () => {
  house = await openOidcHouse();
}, 60_000);
afterAll(async () => house.close());

describe('an application that logs people in', () => {
  it('gets tokens by a code with PKCE, and says who the person is', async () => {
    const person = await newcomer(house, { fullName: 'Yosephina Wanggai', email: 'yos@example.go.id' });
    const config = await discovered(house, await house.client({ scopes: ['profile', 'phone', 'email'] }));
    const visitor = new Visitor(house.service);
    const { url, checks } = await ask(config);

    const page = await visitor.go(url);
    expect(page.status).toBe(200);
    expect(page.text).toContain('<h1>Dasbor</h1>');
    await visitor.logIn(person.username);
    const { at } = await visitor.go(page.at);
    expect(at.href).toContain('callback');
    expect(at.searchParams.get('iss')).toBe(house.issuer);

    const tokens = await openid.authorizationCodeGrant(config, at, checks);
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: house.issuer, sub: person.id, acr: 'urn:masuk:pwd', amr: ['pwd'] });
    expect(Math.abs(Date.now() / 1000 - Number(claims?.auth_time))).toBeLessThan(30);
    expect(await openid.fetchUserInfo(config, tokens.access_token, person.id)).toEqual({
      sub: person.id,
      name: 'Yosephina Wanggai',
      preferred_username: person.username,
      phone_number: person.e164,
      phone_number_verified: false,
      email: 'yos@example.go.id',
      email_verified: false,
    });
    const fresh = await openid.refreshTokenGrant(config, String(tokens.refresh_token));
    expect(fresh.refresh_token).not.toBe(tokens.refresh_token);
    expect(fresh.claims()?.sub).toBe(person.id);
  });
});
