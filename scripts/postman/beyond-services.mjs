const KEY_MADE = {
  status: 201,
  says: 'API key dibuat. Simpan sekarang, karena tidak akan ditampilkan lagi',
  fields: { '': 'success message data', data: 'id name key hint scopes requestsPerMinute expiresAt createdAt' },
};
const REVOKED = { status: 200, says: 'API key dicabut', fields: { '': 'success message' } };

export const apiKeys = {
  name: 'API keys',
  about: 'For other services. A key is shown once, when it is made; what it may do stands in its scopes.',
  items: [
    {
      name: 'Make a key',
      about: 'For checking tokens. Keeps `apiKey` (in the environment) and `apiKeyId`.',
      call: 'POST /api/api-keys',
      json: {
        name: 'Antrean {{stamp}}',
        scopes: ['tokens'],
        expiresAt: '2099-12-31T23:59:59Z',
        requestsPerMinute: 600,
      },
      token: 'adminToken',
      ok: KEY_MADE,
      tests: {
        'can be told by its first characters': 'pm.expect(body.data.key.startsWith(body.data.hint)).to.equal(true);',
      },
      keep: { apiKey: 'body.data.key', apiKeyId: 'body.data.id' },
    },
    {
      name: 'Make a key of another scope',
      about: 'Keeps `messagesKey`, `messagesKeyId`.',
      call: 'POST /api/api-keys',
      json: { name: 'Pengumuman {{stamp}}', scopes: ['messages'] },
      token: 'adminToken',
      ok: KEY_MADE,
      keep: { messagesKey: 'body.data.key', messagesKeyId: 'body.data.id' },
    },
    {
      name: 'Make a key of an unknown scope',
      about: 'The scopes are `sessions messages otp otp:read analytics webhooks tokens`.',
      call: 'POST /api/api-keys',
      json: { name: 'Apa saja', scopes: ['everything'] },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'Make a key as an operator',
      about: 'Only admins make keys.',
      call: 'POST /api/api-keys',
      json: { name: 'Diam-diam', scopes: ['tokens'] },
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'List the keys',
      about: 'Newest first, the revoked and expired ones too; never the keys themselves.',
      call: 'GET /api/api-keys',
      query: { limit: '2' },
      token: 'adminToken',
      ok: { status: 200, says: 'Daftar API key', fields: { '': 'success message data nextCursor' } },
      tests: {
        'has the newest two, without their keys': [
          "const ids = ['messagesKeyId', 'apiKeyId'].map((name) => pm.collectionVariables.get(name));",
          'pm.expect(body.data.map(({ id }) => id)).to.eql(ids);',
          "for (const key of body.data) pm.expect(key).to.not.have.property('key');",
        ],
      },
    },
  ],
};

export const tokens = {
  name: 'Tokens, for other services',
  about:
    'Introspection (RFC 7662) and revocation (RFC 7009), with a key of the scope `tokens`; and the key set, for ' +
    'services that check tokens by themselves. Forms and answers are those of the standards.',
  items: [
    {
      name: 'The key set',
      about: 'Keys that access tokens are verified with (RFC 7517); empty with `HS256`.',
      call: 'GET /.well-known/jwks.json',
      ok: { status: 200, fields: { '': 'keys' } },
      tests: {
        'has public keys only':
          "for (const key of body.keys) pm.expect(key).to.include.keys('kid', 'kty').and.not.have.property('d');",
        'may be kept for five minutes':
          "pm.expect(pm.response.headers.get('Cache-Control')).to.equal('public, max-age=300');",
      },
    },
    {
      name: 'Does a token live?',
      about: 'With the role of this moment. A form, as the standard wants it; JSON is taken too.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      apiKey: 'apiKey',
      ok: { status: 200, fields: { '': 'active token_type sub sid role iss aud exp iat jti acr amr auth_time' } },
      tests: { lives: "pm.expect(body).to.include({ active: true, token_type: 'Bearer' });" },
    },
    {
      name: 'Does an unknown token live?',
      about: 'The answer tells nothing else.',
      call: 'POST /api/auth/introspect',
      json: { token: 'tidak-dikenal' },
      apiKey: 'apiKey',
      ok: { status: 200, fields: { '': 'active' } },
      tests: { 'does not': 'pm.expect(body.active).to.equal(false);' },
    },
    {
      name: 'Introspect without a key',
      about: 'Neither a key nor the token of an admin.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      refusal: 'unauthenticated',
    },
    {
      name: 'Introspect with a key that is none',
      about: 'Unknown, expired, revoked or mistyped.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      headers: { 'X-API-Key': 'bukan-kunci' },
      refusal: 'invalid_api_key',
    },
    {
      name: 'Introspect with a key of another scope',
      about: 'The key is good, but not for this.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      apiKey: 'messagesKey',
      refusal: 'forbidden',
    },
    {
      name: 'End the session of a token',
      about: 'An unknown token is no error. The answer is empty.',
      call: 'POST /api/auth/revoke',
      form: { token: '{{token}}' },
      apiKey: 'apiKey',
      bodyless: true,
      ok: { status: 200 },
    },
    {
      name: 'The revoked token is dead',
      about: 'On our own routes and for introspection at once; elsewhere when it expires.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      apiKey: 'apiKey',
      ok: { status: 200, fields: { '': 'active' } },
      tests: { 'does not live': 'pm.expect(body.active).to.equal(false);' },
    },
    {
      name: 'End the key',
      about: 'It is refused at its next call.',
      call: 'DELETE /api/api-keys/:id',
      params: { id: '{{apiKeyId}}' },
      token: 'adminToken',
      ok: REVOKED,
    },
    {
      name: 'End the other key',
      about: 'So that none is left behind.',
      call: 'DELETE /api/api-keys/:id',
      params: { id: '{{messagesKeyId}}' },
      token: 'adminToken',
      ok: REVOKED,
    },
    {
      name: 'End a key that is none',
      about: 'An id that no key has.',
      call: 'DELETE /api/api-keys/:id',
      params: { id: '00000000-0000-7000-8000-000000000000' },
      token: 'adminToken',
      refusal: 'api_key_not_found',
    },
    {
      name: 'The ended key is refused',
      about: 'On every instance. Empties `apiKey`.',
      call: 'POST /api/auth/introspect',
      form: { token: '{{token}}' },
      apiKey: 'apiKey',
      refusal: 'invalid_api_key',
      keep: { apiKey: "''" },
    },
  ],
};

export const health = {
  name: 'Health',
  about: 'For those who watch over the service.',
  items: [
    {
      name: 'Live',
      about: 'The process answers; nothing else is asked.',
      call: 'GET /health/live',
      ok: { status: 200, fields: { '': 'status' } },
      tests: { 'is well': "pm.expect(body.status).to.equal('ok');" },
    },
    {
      name: 'Ready',
      about: 'Requests can be served; 503 when the database does not answer.',
      call: 'GET /health/ready',
      ok: { status: 200, success: true, fields: { '': 'success status database' } },
      tests: { 'the database is there': "pm.expect(body.database).to.equal('connected');" },
      or: {
        when: 'pm.response.code === 503',
        ok: { status: 503, fields: { '': 'success status database' } },
        tests: { 'the database is gone': "pm.expect(body.database).to.equal('disconnected');" },
      },
    },
  ],
};
