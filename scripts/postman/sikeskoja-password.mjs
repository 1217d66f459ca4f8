/** What every login answers: docs/contract/sikeskoja.md#verify. */
export const LOGGED_IN = {
  status: 200,
  says: 'Login berhasil',
  fields: {
    '': 'success message data',
    data: 'token tokenType expiresIn refreshToken deviceToken user',
    'data.user': 'id email username phone role profile',
    'data.user.profile': 'fullName phone',
  },
};
export const TOKENS = {
  'the tokens can be used': [
    "pm.expect(body.data.tokenType).to.equal('Bearer');",
    "pm.expect(body.data.token.split('.')).to.have.lengthOf(3);",
    'pm.expect(body.data.expiresIn).to.be.above(0);',
  ],
};

export const byPassword = {
  name: 'Log in by password',
  about:
    'The fallback. `identifier` is an e-mail address, a username or a phone number in any spelling. The first request ' +
    'also brings the token with which this collection cleans up after itself.',
  items: [
    {
      name: 'Log in as the admin',
      about: 'With `adminIdentifier` and `adminPassword`, those of a demo account. Keeps `adminToken`.',
      call: 'POST /api/auth/login',
      json: { identifier: '{{adminIdentifier}}', password: '{{adminPassword}}' },
      ok: LOGGED_IN,
      tests: { ...TOKENS, 'is an admin': "pm.expect(body.data.user.role).to.equal('ADMIN');" },
      keep: { adminToken: 'body.data.token' },
    },
    {
      name: 'Log in by username',
      about: 'The demo operator. Keeps `operatorToken`, for requests that only an admin may make.',
      call: 'POST /api/auth/login',
      json: { identifier: 'Operator', password: '{{adminPassword}}' },
      ok: LOGGED_IN,
      tests: { 'is the operator': "pm.expect(body.data.user.role).to.equal('OPERATOR');" },
      keep: { operatorToken: 'body.data.token' },
    },
    {
      name: 'Log in by phone number',
      about: 'The same operator; the number may be spelled in any way.',
      call: 'POST /api/auth/login',
      json: { identifier: '+62 812-3456-7892', password: '{{adminPassword}}' },
      ok: LOGGED_IN,
      tests: { 'is the operator': "pm.expect(body.data.user.username).to.equal('operator');" },
    },
    {
      name: 'Wrong password',
      about: 'An unknown user and a wrong password get the same answer, so that nobody learns who has an account.',
      call: 'POST /api/auth/login',
      json: { identifier: 'nobody{{stamp}}@example.com', password: 'bukan-sandinya' },
      refusal: 'invalid_credentials',
    },
    {
      name: 'No password',
      about: 'What is wrong with a body stands in `details`, by field.',
      call: 'POST /api/auth/login',
      json: { identifier: '{{adminIdentifier}}' },
      refusal: 'validation_failed',
      tests: { 'names the field': "pm.expect(body.details.map(({ field }) => field)).to.eql(['password']);" },
    },
  ],
};
