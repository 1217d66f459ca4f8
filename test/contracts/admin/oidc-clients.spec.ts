import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { discovered, openOidcHouse, tokensFor, Visitor, type OidcHouse } from '../../support/oidc.js';

let house: OidcHouse;
beforeAll(async () => {
  house = await openOidcHouse();
});
afterAll(async () => house.close());

const json = () => ({ ...house.admin, 'content-type': 'application/json' });
const make = (wish: Record<string, unknown>) =>
  house.service.post(
    '/api/oidc/clients',
    { kind: 'web', name: 'Dasbor', redirectUris: ['https://a.example/cb'], ...wish },
    house.admin,
  );

it('makes an application, whose secret is shown once and kept as a hash', async () => {
  const { status, body, headers } = await make({
    scopes: ['phone', 'laporan:baca'],
    resources: ['https://api.example'],
  });
  expect(status).toBe(201);
  expect(headers.get('cache-control')).toBe('no-store');
  const { secret, ...shown } = body.data;
  expect(secret).toMatch(/^mcs_[\w-]{43}$/);
  expect(shown).toMatchObject({
    kind: 'web',
    redirectUris: ['https://a.example/cb'],
    postLogoutRedirectUris: [],
    scopes: ['openid', 'phone', 'laporan:baca'],
    firstParty: false,
    accessTokenSeconds: 3600,
    logoUri: null,
  });
  expect((await house.service.get(`/api/oidc/clients/${shown.id}`, house.admin)).body.data).toEqual(shown);
  const listed = await house.service.get('/api/oidc/clients?limit=1', house.admin);
  expect(listed.body).toMatchObject({ data: [shown] });
  const [row] = await house.database.query<{ row: string }>(
    `SELECT oidc_clients::text AS row FROM oidc_clients WHERE id = $1`,
    [shown.id],
  );
  expect(row?.row).not.toContain(secret.slice(4));
});

it.each([
  ['a kind that there is not', { kind: 'spa' }],
  ['a name with an address in it', { name: 'Login di http://evil.example' }],
  ['a name with markup', { name: '*Kode* <b>' }],
  ['a name with a code in it', { name: 'Kode 123456' }],
  ['a name with controls', { name: 'a\u202eb' }],
  ['no addresses', { redirectUris: [] }],
  ['invalid addresses', { redirectUris: ['javascript:alert(1)'] }],
  ['a logo without TLS', { logoUri: 'http://cdn.example/logo.png' }],
  ['a back channel without TLS', { backchannelLogoutUri: 'http://a.example/out' }],
  ['tokens that live too long', { accessTokenSeconds: 86_400 }],
  ['tokens for our own API', { resources: ['masuk'] }],
  ['an invalid service', { resources: ['not a uri'] }],
  ['a scope with a space', { scopes: ['a b'] }],
  ['a device that is sent somewhere', { kind: 'device' }],
])('takes none with %s', async (_, wish) => {
  const { status, body } = await make(wish);
  expect([status, body.code]).toEqual([400, expect.stringMatching(/^(validation_failed|invalid_redirect_uri)$/)]);
});

it('lets applications on a device use a scheme of their own, and gives them no secret', async () => {
  const { status, body } = await make({
    kind: 'native',
    redirectUris: ['id.go.example.app:/cb', 'http://127.0.0.1/cb'],
  });
  expect([status, body.data.secret]).toEqual([201, null]);
  const rotated = await house.service.post(`/api/oidc/clients/${body.data.id}/secret`, {}, house.admin);
  expect([rotated.status, rotated.body.code]).toEqual([404, 'oidc_client_not_found']);
});

it('shows the values of its addresses’ queries to those alone who may change it, and writes none down', async () => {
  const addresses = {
    logoUri: 'https://a.example/logo.png?key=geheim',
    redirectUris: ['https://a.example/kembali?key=geheim'],
    postLogoutRedirectUris: ['https://a.example/keluar?key=geheim'],
    backchannelLogoutUri: 'https://a.example/logout?key=geheim',
  };
  const client = await house.client(addresses);
  const path = `/api/oidc/clients/${client.id}`;
  await house.service.send(
    'PATCH',
    path,
    JSON.stringify({ backchannelLogoutUri: addresses.backchannelLogoutUri }),
    json(),
  );
  expect((await house.service.get(path, house.admin)).body.data).toMatchObject(addresses);
  const { username } = await newcomer(house, { role: 'SUPERVISOR' });
  const supervisor = bearer(await logIn(house.service, username));
  for (const read of [path, '/api/oidc/clients']) {
    const answer = await house.service.get(read, supervisor);
    expect(answer.text).not.toContain('geheim');
    expect([answer.body.data].flat()[0]).toMatchObject({ backchannelLogoutUri: 'https://a.example/logout?key=…' });
  }
  const events = await house.database.query<{ detail: string }>(
    'SELECT detail::text AS detail FROM audit_events WHERE subject_id = $1',
    [client.id],
  );
  expect(events).toHaveLength(2);
  for (const { detail } of events) expect(detail).not.toContain('geheim');
});

it('changes what is named, leaves the rest, and all of it counts at once', async () => {
  const client = await house.client({ firstParty: true, accessTokenSeconds: 600 });
  const config = await discovered(house, client);
  const { username } = await newcomer(house);
  const browser = new Visitor(house.service);
  await browser.logIn(username);
  const tokens = await tokensFor(config, browser);
  expect(tokens.expires_in).toBe(600);

  const path = `/api/oidc/clients/${client.id}`;
  const refused = await house.service.send('PATCH', path, '{"redirectUris":["http://a.example/"]}', json());
  expect([refused.status, refused.body.code]).toEqual([400, 'invalid_redirect_uri']);
  const changed = await house.service.send('PATCH', path, '{"name":"Laporan","refreshTokenSeconds":0}', json());
  expect(changed.body.data).toMatchObject({ name: 'Laporan', firstParty: true, refreshTokenSeconds: 0 });
  expect((await tokensFor(config, browser)).refresh_token).toBeUndefined();

  const blank = '{"name":"","logoUri":"","redirectUris":"","firstParty":"","refreshTokenSeconds":""}';
  expect((await house.service.send('PATCH', path, blank, json())).body.data).toMatchObject({
    ...{ name: 'Laporan', redirectUris: changed.body.data.redirectUris, firstParty: true, refreshTokenSeconds: 0 },
  });

  const rotated = await house.service.post(`${path}/secret`, {}, house.admin);
  await expect(openid.tokenIntrospection(config, tokens.access_token)).rejects.toMatchObject({
    error: 'invalid_client',
  });
  const again = await discovered(house, { id: client.id, secret: rotated.body.data.secret });
  expect((await openid.tokenIntrospection(again, tokens.access_token)).active).toBe(true);

  expect((await house.service.send('DELETE', path, undefined, house.admin)).status).toBe(200);
  expect((await house.service.get('/oidc/me', { authorization: `Bearer ${tokens.access_token}` })).status).toBe(401);
  expect((await house.service.get(path, house.admin)).body.code).toBe('oidc_client_not_found');
  const events = await house.database.query<{ type: string }>(
    `SELECT type FROM audit_events WHERE subject_id = $1 ORDER BY occurred_at`,
    [client.id],
  );
  expect(events.map(({ type }) => type)).toEqual(
    ['created', 'changed', 'changed', 'secret_rotated', 'deleted'].map((what) => `oidc_client.${what}`),
  );
});

it('takes a secret by either way of the standard', async () => {
  const { id, secret } = await house.client({});
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const ask = (body: string, headers = {}) => house.service.send('POST', '/oidc/token', body, { ...form, ...headers });
  const fields = 'grant_type=refresh_token&refresh_token=x';
  expect((await ask(fields, { authorization: `Basic ${basic}` })).body.error).toBe('invalid_grant');
  expect((await ask(`${fields}&client_id=${id}&client_secret=${secret}`)).body.error).toBe('invalid_grant');
  const none = await ask(`${fields}&client_id=${id}`);
  expect([none.status, none.body.error]).toEqual([401, 'invalid_client']);
});

it('is not there with a shared secret, which every application would need to check tokens', async () => {
  const shared = await house.another({
    PORT: '0',
    JWT_ALGORITHM: 'HS256',
    JWT_SECRET: 'x7Qm2Lp9Vt4Rb6Ny8Kc1Zd3Wf5Hg0JsPu',
  });
  for (const path of ['.well-known/openid-configuration', 'jwks', 'auth', 'interaction/abc']) {
    const { status, body } = await shared.get(`/oidc/${path}`);
    expect([status, body.code]).toEqual([404, 'not_found']);
  }
});

describe('two admins at one application', () => {
  const patch = (id: string, change: object, tag: string | null) =>
    house.service.send('PATCH', `/api/oidc/clients/${id}`, JSON.stringify(change), {
      ...json(),
      ...(tag !== null && { 'if-match': tag }),
    });
  const seen = async (id: string) => house.service.get(`/api/oidc/clients/${id}`, house.admin);

  it('tells the second what the first has changed, and overwrites nothing', async () => {
    const { id } = (await make({ name: 'Antrean' })).body.data;
    const tag = (await seen(id)).headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    const first = await patch(id, { name: 'Antrean Poli' }, tag);
    expect(first.status).toBe(200);
    const late = await patch(id, { firstParty: true }, tag);
    expect([late.status, late.body.code]).toEqual([412, 'application_changed']);
    expect(late.body.details).toEqual((await seen(id)).body.data);
    expect(late.body.details).toMatchObject({ name: 'Antrean Poli', firstParty: false });
    expect(late.text).not.toMatch(/secret/i);
    // A proxy that packs answers weakens the tag.
    expect((await patch(id, { firstParty: true }, `W/${first.headers.get('etag')}`)).status).toBe(200);
    expect((await patch(id, { name: 'Antrean' }, '*')).status).toBe(200);
    expect((await patch(id, { name: 'Antrean 2' }, null)).status).toBe(200);
    // Nobody reads by it what they may not.
    expect((await patch('0190d0c0-0000-7000-8000-000000000001', {}, tag)).status).toBe(404);
  });

  it('lets one of many through that start from the same state', async () => {
    const { id } = (await make({ name: 'Kasir' })).body.data;
    const tag = (await seen(id)).headers.get('etag') ?? '';
    const answers = await Promise.all(['A', 'B', 'C', 'D'].map((name) => patch(id, { name: `Kasir ${name}` }, tag)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  it('does not take a new secret for a change of what they see', async () => {
    const { id } = (await make({ name: 'Lab' })).body.data;
    const tag = (await seen(id)).headers.get('etag') ?? '';
    expect((await house.service.post(`/api/oidc/clients/${id}/secret`, {}, house.admin)).status).toBe(200);
    expect((await patch(id, { name: 'Lab 2' }, tag)).status).toBe(200);
  });
});
