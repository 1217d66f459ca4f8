const FIELDS =
  'id name kind logoUri redirectUris postLogoutRedirectUris backchannelLogoutUri scopes resources firstParty accessTokenSeconds refreshTokenSeconds createdBy createdAt updatedAt';
const ONE = { '': 'success message data', data: FIELDS };
const CLIENT = { id: '{{oidcClientId}}' };
const NOBODY = { id: '00000000-0000-7000-8000-000000000000' };

export const oidcClients = {
  name: 'Applications (OpenID Connect)',
  about:
    'Who may log people in here. The login itself is the standard’s: its addresses stand in ' +
    '`{{baseUrl}}/oidc/.well-known/openid-configuration`.',
  items: [
    {
      name: 'Make an application',
      about: 'On a server: it gets a secret, shown this once. Keeps `oidcClientId`.',
      call: 'POST /api/oidc/clients',
      json: {
        kind: 'web',
        name: 'Dasbor Laporan',
        redirectUris: ['https://dasbor.example.go.id/callback'],
        postLogoutRedirectUris: ['https://dasbor.example.go.id/'],
        scopes: ['profile', 'phone'],
        firstParty: true,
      },
      token: 'adminToken',
      ok: {
        status: 201,
        says: 'Aplikasi dibuat. Simpan client secret-nya sekarang, karena tidak akan ditampilkan lagi',
        fields: { '': 'success message data', data: `${FIELDS} secret` },
      },
      keep: { oidcClientId: 'body.data.id' },
    },
    {
      name: 'Make one that sends people anywhere',
      about: 'Addresses are `https` or this machine, whole, without wildcard, fragment or user info.',
      call: 'POST /api/oidc/clients',
      json: { kind: 'web', name: 'Dasbor', redirectUris: ['https://*.example.go.id/callback'] },
      token: 'adminToken',
      refusal: 'invalid_redirect_uri',
    },
    {
      name: 'Make one as an operator',
      about: 'Only admins do.',
      call: 'POST /api/oidc/clients',
      json: { kind: 'browser', name: 'Diam-diam', redirectUris: ['https://a.example/'] },
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'List the applications',
      about: 'Newest first; never their secrets.',
      call: 'GET /api/oidc/clients',
      query: { limit: '5' },
      token: 'adminToken',
      ok: { status: 200, says: 'Daftar aplikasi', fields: { '': 'success message data nextCursor' } },
      tests: { 'keeps their secrets': "for (const each of body.data) pm.expect(each).to.not.have.property('secret');" },
    },
    {
      name: 'One application',
      about: 'Never its secret.',
      call: 'GET /api/oidc/clients/:id',
      params: CLIENT,
      token: 'adminToken',
      ok: { status: 200, says: 'Aplikasi', fields: ONE },
    },
    {
      name: 'Change an application',
      about: 'What is left out stays.',
      call: 'PATCH /api/oidc/clients/:id',
      params: CLIENT,
      json: { name: 'Dasbor Kinerja', accessTokenSeconds: 600 },
      token: 'adminToken',
      ok: { status: 200, says: 'Aplikasi diubah', fields: ONE },
      tests: { 'is called so now': "pm.expect(body.data.name).to.equal('Dasbor Kinerja');" },
    },
    {
      name: 'Replace its secret',
      about: 'The old one is worth nothing from now on.',
      call: 'POST /api/oidc/clients/:id/secret',
      params: CLIENT,
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Client secret diganti, yang lama tidak berlaku lagi',
        fields: { '': 'success message data', data: 'secret' },
      },
    },
    {
      name: 'Delete an application',
      about: 'With all that was issued to it.',
      call: 'DELETE /api/oidc/clients/:id',
      params: CLIENT,
      token: 'adminToken',
      ok: { status: 200, says: 'Aplikasi dihapus', fields: { '': 'success message' } },
    },
    {
      name: 'Delete one that there is not',
      about: 'An id that no application has.',
      call: 'DELETE /api/oidc/clients/:id',
      params: NOBODY,
      token: 'adminToken',
      refusal: 'oidc_client_not_found',
    },
  ],
};
