import { conversations } from './dashboard-conversations.mjs';
import { NEW_STAMP } from './test-scripts.mjs';

const NAMES = { email: 'karyawan{{stamp}}@example.com', username: 'karyawan{{stamp}}' };
const PASSWORD = 'sandi-kantor-{{stamp}}';
const REGISTERED = {
  status: 201,
  says: 'Register success',
  success: false,
  fields: { '': 'message data', data: 'id name username email role created_at' },
};

const isItThere = {
  name: 'Is it there?',
  about: 'Signs of life of the service and its database.',
  items: [
    {
      name: 'A sign of life',
      about: 'For programs.',
      call: 'GET /',
      before: NEW_STAMP,
      headers: { Accept: 'application/json' },
      ok: { status: 200, fields: { '': 'status' } },
      tests: { 'is well': "pm.expect(body.status).to.equal('ok');" },
    },
    {
      name: 'A browser is sent on',
      about: 'Who asks for HTML is led to a page. Redirects are not followed here.',
      call: 'GET /',
      behavior: { followRedirects: false },
      headers: { Accept: 'text/html' },
      bodyless: true,
      ok: { status: 302 },
      tests: { 'stays on this service': "pm.expect(pm.response.headers.get('Location')).to.match(/^\\/\\w/);" },
    },
    {
      name: 'Does the database answer?',
      about: '503 when it does not.',
      call: 'GET /db-connect',
      ok: { status: 200, fields: { '': 'database status' } },
      tests: { 'is PostgreSQL': "pm.expect(body).to.eql({ database: 'postgresql', status: 'connected' });" },
      or: { when: 'pm.response.code === 503', refusal: 'database_unavailable' },
    },
  ],
};

const register = {
  name: 'Register',
  about: 'The roles are `admin`, `karyawan` and `agent`, which is another word for `karyawan`.',
  items: [
    {
      name: 'Register an employee',
      about: 'No token is needed while `REGISTRATION` is `open`. Keeps `karyawanId`.',
      call: 'POST /auth/register',
      json: { name: 'Karyawan {{stamp}}', ...NAMES, password: PASSWORD, role: 'karyawan' },
      ok: REGISTERED,
      tests: { 'has the role in lower case': "pm.expect(body.data.role).to.equal('karyawan');" },
      keep: { karyawanId: 'body.data.id' },
    },
    {
      name: 'An agent is an employee',
      about: 'Keeps `agentId`.',
      call: 'POST /auth/register',
      json: {
        name: 'Agen {{stamp}}',
        email: 'agen{{stamp}}@example.com',
        username: 'agen{{stamp}}',
        password: PASSWORD,
        role: 'agent',
      },
      ok: REGISTERED,
      tests: { 'is a karyawan': "pm.expect(body.data.role).to.equal('karyawan');" },
      keep: { agentId: 'body.data.id' },
    },
    {
      name: 'An e-mail address that is taken',
      about: 'The same whatever the case of its letters.',
      call: 'POST /auth/register',
      json: { name: 'Kembar', email: NAMES.email, username: 'lain{{stamp}}', password: PASSWORD, role: 'karyawan' },
      refusal: 'email_taken',
      tests: { 'names the field': "pm.expect(body.details.field).to.equal('email');" },
    },
    {
      name: 'A username that is taken',
      about: 'The same whatever the case of its letters.',
      call: 'POST /auth/register',
      json: {
        name: 'Kembar',
        email: 'lain{{stamp}}@example.com',
        username: NAMES.username,
        password: PASSWORD,
        role: 'karyawan',
      },
      refusal: 'username_taken',
      tests: { 'names the field': "pm.expect(body.details.field).to.equal('username');" },
    },
    {
      name: 'A form with nothing but a name',
      about: 'Each field that is missing is named.',
      call: 'POST /auth/register',
      json: { name: 'Karyawan {{stamp}}' },
      refusal: 'validation_failed',
      tests: {
        'names the fields': [
          "pm.expect(body.details.map(({ field }) => field)).to.have.members(['email', 'username', 'password', 'role']);",
        ],
      },
    },
    {
      name: 'A stranger who wants to be admin',
      about: 'Only an admin makes admins. (Outside production the first admin of an empty database may register so.)',
      call: 'POST /auth/register',
      json: {
        name: 'Orang Asing',
        email: 'asing{{stamp}}@example.com',
        username: 'asing{{stamp}}',
        password: PASSWORD,
        role: 'admin',
      },
      refusal: 'forbidden',
    },
    {
      name: 'An admin makes an admin',
      about: 'With `adminToken` of the folder SiKesKoja. Keeps `dashboardAdminId`.',
      call: 'POST /auth/register',
      json: {
        name: 'Admin {{stamp}}',
        email: 'admin{{stamp}}@example.com',
        username: 'admin{{stamp}}',
        password: PASSWORD,
        role: 'admin',
      },
      token: 'adminToken',
      ok: REGISTERED,
      tests: { 'is an admin': "pm.expect(body.data.role).to.equal('admin');" },
      keep: { dashboardAdminId: 'body.data.id' },
    },
  ],
};

const login = {
  name: 'Log in, refresh',
  about: 'Tokens stand at the top of the answer, as OAuth has them. They are good at the other doors too.',
  items: [
    {
      name: 'Log in to the dashboard',
      about: '`identifier` is an e-mail address or a username. Keeps `dashboardToken`, `dashboardRefreshToken`.',
      call: 'POST /auth/login',
      json: { identifier: NAMES.username, password: PASSWORD },
      ok: {
        status: 200,
        says: 'Login success',
        success: false,
        fields: {
          '': 'message data access_token token_type refresh_token expires_in',
          data: 'id name username email role',
        },
      },
      tests: {
        'the tokens can be used': [
          "pm.expect(body.token_type).to.equal('bearer');",
          "pm.expect(body.access_token.split('.')).to.have.lengthOf(3);",
          'pm.expect(body.expires_in).to.be.above(0);',
        ],
      },
      keep: { dashboardToken: 'body.access_token', dashboardRefreshToken: 'body.refresh_token' },
    },
    {
      name: 'Log in to the dashboard with a wrong password',
      about: 'The same for an unknown user.',
      call: 'POST /auth/login',
      json: { identifier: 'nobody{{stamp}}', password: 'bukan-sandinya' },
      refusal: 'invalid_credentials',
    },
    {
      name: 'Who is logged in?',
      about: 'The account of the token.',
      call: 'GET /auth/me',
      token: 'dashboardToken',
      ok: { status: 200, fields: { '': 'data', data: 'id name username email phone role created_at' } },
      tests: {
        'is the employee': "pm.expect(body.data.id).to.equal(pm.collectionVariables.get('karyawanId'));",
      },
    },
    {
      name: 'Nobody is logged in',
      about: 'Without a token.',
      call: 'GET /auth/me',
      refusal: 'unauthenticated',
    },
    {
      name: 'Renew the tokens',
      about: 'A refresh token is exchanged once; the answer has the next one.',
      call: 'POST /auth/refresh',
      json: { refresh_token: '{{dashboardRefreshToken}}' },
      ok: { status: 200, fields: { '': 'access_token token_type refresh_token expires_in' } },
      tests: {
        'is another refresh token': [
          "pm.expect(body.refresh_token).to.not.equal(pm.collectionVariables.get('dashboardRefreshToken'));",
        ],
      },
      keep: { dashboardToken: 'body.access_token', dashboardRefreshToken: 'body.refresh_token' },
    },
    {
      name: 'A refresh token that is none',
      about: 'Unknown, expired or of a session that is over.',
      call: 'POST /auth/refresh',
      json: { refresh_token: 'tidak-dikenal' },
      refusal: 'invalid_refresh_token',
    },
  ],
};

const erase = (name, variable) => ({
  name,
  about: 'Erases an account of this run. Needs `adminToken` of the folder SiKesKoja.',
  call: 'DELETE /api/users/:id',
  params: { id: `{{${variable}}}` },
  token: 'adminToken',
  ok: { status: 200, says: 'Data akun dihapus' },
});

export const dashboard = {
  name: 'Dashboard',
  about:
    'The routes of the dashboard backend over the same accounts and sessions: no `success` on success, roles in lower ' +
    'case, `access_token`, `refresh_token` and `expires_in` at the top. Failures have the form of all others.',
  items: [
    isItThere,
    register,
    login,
    conversations,
    {
      name: 'Take the registered ones away',
      about: 'So that the folder leaves nothing behind.',
      items: [
        erase('Take the employee away', 'karyawanId'),
        erase('Take the agent away', 'agentId'),
        erase('Take the admin away', 'dashboardAdminId'),
      ],
    },
  ],
};
