import { NEW_STAMP, anotherThan, newestCodeFor } from './test-scripts.mjs';

const PASSWORD = 'sandi-warga-{{stamp}}';
const LOGIN = { identifier: 'warga{{stamp}}', password: PASSWORD };
const ENDED = { status: 200, says: 'Sesi diakhiri', fields: { '': 'success message' } };
const RENEWED = {
  status: 200,
  says: 'Token diperbarui',
  fields: { '': 'success message data', data: 'token tokenType expiresIn refreshToken' },
};
const HELD = 'account secondFactor sessions codes limits messages conversation events origins';
const OWN_PHONE = "`0813${pm.collectionVariables.get('stamp')}`";
const NEW_PHONE = "`0821${pm.collectionVariables.get('stamp')}`";

export const ownAccount = {
  name: 'Own account',
  about: 'Making an account, and what people do with their own.',
  items: [
    {
      name: 'Register',
      about:
        'One of e-mail, username and phone is needed; the password is left out by those who log in by code only. ' +
        'Keeps `personId`, `registrationToken`.',
      call: 'POST /api/auth/register',
      before: NEW_STAMP,
      json: { fullName: 'Warga {{stamp}}', username: 'warga{{stamp}}', phone: '0813{{stamp}}', password: PASSWORD },
      ok: {
        status: 201,
        says: 'Registrasi berhasil',
        fields: {
          '': 'success message data',
          data: 'user registrationToken',
          'data.user': 'id email username phone role profile',
        },
      },
      tests: { 'is an ordinary user': "pm.expect(body.data.user.role).to.equal('USER');" },
      keep: { personId: 'body.data.user.id', registrationToken: 'body.data.registrationToken' },
    },
    {
      name: 'Register a number that is taken',
      about: 'Whatever its spelling.',
      call: 'POST /api/auth/register',
      json: { fullName: 'Kembar', phone: '+62 813{{stamp}}' },
      refusal: 'phone_taken',
    },
    {
      name: 'Register without any identity',
      about: 'A name alone tells nobody apart.',
      call: 'POST /api/auth/register',
      json: { fullName: 'Tanpa Nama Lain' },
      refusal: 'validation_failed',
    },
    {
      name: 'Register with a short password',
      about: '`details` names the rules that are broken.',
      call: 'POST /api/auth/register',
      json: { fullName: 'Sandi Pendek', username: 'pendek{{stamp}}', password: 'abc' },
      refusal: 'password_refused',
    },
    {
      name: 'Register as an admin',
      about: 'Roles other than `USER` and `KARYAWAN` are for an admin to give.',
      call: 'POST /api/auth/register',
      json: { fullName: 'Orang Asing', username: 'asing{{stamp}}', role: 'ADMIN' },
      refusal: 'forbidden',
    },
    {
      name: 'Log in by password before the number is proven',
      about: 'Anybody could have registered the number: until a code to it was used, nothing else logs in.',
      call: 'POST /api/auth/login',
      json: LOGIN,
      refusal: 'invalid_credentials',
    },
    {
      name: 'Ask for the first code',
      about: 'The number proves itself by it.',
      call: 'POST /api/auth/otp/request',
      json: { phone: '0813{{stamp}}' },
      ok: { status: 200, says: 'Kode OTP telah dikirim ke WhatsApp Anda' },
    },
    {
      name: 'Read the first code',
      about: 'In the developer inbox; or type it into `personCode`.',
      call: 'GET /dev/inbox',
      ok: { status: 200, success: true },
      tests: {
        'there is a code for the number': `pm.expect(${newestCodeFor(OWN_PHONE)}).to.match(/^\\d{4,8}$/);`,
      },
      keep: { personCode: newestCodeFor(OWN_PHONE) },
    },
    {
      name: 'Log in as the person',
      about:
        'With the token of the registration what was set there stays; without it password, e-mail and username would be ' +
        'cleared. Keeps `personToken`, `personRefreshToken`.',
      call: 'POST /api/auth/otp/verify',
      json: { phone: '0813{{stamp}}', otpCode: '{{personCode}}', registrationToken: '{{registrationToken}}' },
      ok: { status: 200, says: 'Login berhasil' },
      tests: { 'has kept the username': 'pm.expect(body.data.user.username).to.match(/^warga/);' },
      keep: { personToken: 'body.data.token', personRefreshToken: 'body.data.refreshToken' },
    },
    {
      name: 'Me',
      about: 'The account of the token.',
      call: 'GET /api/auth/me',
      token: 'personToken',
      ok: { status: 200, says: 'Data akun' },
      tests: { 'is the person': "pm.expect(body.data.id).to.equal(pm.collectionVariables.get('personId'));" },
    },
    {
      name: 'Me, without a token',
      about: 'The front end has to log in.',
      call: 'GET /api/auth/me',
      refusal: 'unauthenticated',
    },
    {
      name: 'Me, with a token that is none',
      about: 'The front end has to refresh.',
      call: 'GET /api/auth/me',
      headers: { Authorization: 'Bearer bukan-token' },
      refusal: 'invalid_token',
    },
    {
      name: 'Change my password, with a wrong present one',
      about: 'Ten of them in 15 minutes, then 429.',
      call: 'POST /api/auth/me/password',
      json: { currentPassword: 'sandi-salah-{{stamp}}', newPassword: 'sandi-baru-{{stamp}}' },
      token: 'personToken',
      refusal: 'current_password_wrong',
    },
    {
      name: 'Change my password, to the same one',
      about: 'A new password is another one.',
      call: 'POST /api/auth/me/password',
      json: { currentPassword: PASSWORD, newPassword: PASSWORD },
      token: 'personToken',
      refusal: 'password_refused',
    },
    {
      name: 'Change my password',
      about: 'Other sessions end.',
      call: 'POST /api/auth/me/password',
      json: { currentPassword: PASSWORD, newPassword: `${PASSWORD}-baru` },
      token: 'personToken',
      ok: { status: 200, says: 'Kata sandi diubah', fields: { '': 'success message' } },
    },
    {
      name: 'Change my password back',
      about: 'Later requests log in with the first one.',
      call: 'POST /api/auth/me/password',
      json: { currentPassword: `${PASSWORD}-baru`, newPassword: PASSWORD },
      token: 'personToken',
      ok: { status: 200, says: 'Kata sandi diubah', fields: { '': 'success message' } },
    },
    {
      name: 'Everything that is held about me',
      about: 'The right to one’s data.',
      call: 'GET /api/auth/me/export',
      token: 'personToken',
      ok: { status: 200, says: 'Semua data tentang akun ini', fields: { '': 'success message data', data: HELD } },
      tests: {
        'is about the person': "pm.expect(body.data.account.id).to.equal(pm.collectionVariables.get('personId'));",
      },
    },
  ],
};

export const phoneChange = {
  name: 'Change of the number',
  about: 'With a login of the last ten minutes: a code to the new number, and both numbers are told.',
  items: [
    {
      name: 'Ask for a code on the new number',
      about: 'The limits are those of any code.',
      call: 'POST /api/auth/me/phone',
      json: { phone: '0821{{stamp}}' },
      token: 'personToken',
      ok: {
        status: 200,
        says: 'Kode OTP telah dikirim ke WhatsApp Anda',
        fields: { data: 'sessionId expiresAt resendAt channel' },
      },
    },
    {
      name: "Ask for somebody else's number",
      about: 'A demo account has it.',
      call: 'POST /api/auth/me/phone',
      json: { phone: '{{phone}}' },
      token: 'personToken',
      refusal: 'phone_taken',
    },
    {
      name: 'Read the code for the new number',
      about: 'In the developer inbox; or type it into `changeCode`.',
      call: 'GET /dev/inbox',
      ok: { status: 200, success: true },
      tests: {
        'there is a code for the number': `pm.expect(${newestCodeFor(NEW_PHONE)}).to.match(/^\\d{4,8}$/);`,
      },
      keep: { changeCode: newestCodeFor(NEW_PHONE), wrongCode: anotherThan(newestCodeFor(NEW_PHONE)) },
    },
    {
      name: 'Wrong code for the new number',
      about: 'The one answer for all codes that are not right.',
      call: 'POST /api/auth/me/phone/verify',
      json: { phone: '0821{{stamp}}', otpCode: '{{wrongCode}}' },
      token: 'personToken',
      refusal: 'invalid_otp',
    },
    {
      name: 'Make the new number mine',
      about: 'Other sessions of the account end.',
      call: 'POST /api/auth/me/phone/verify',
      json: { phone: '0821{{stamp}}', otpCode: '{{changeCode}}' },
      token: 'personToken',
      ok: { status: 200, says: 'Data akun' },
      tests: { 'has the new number': `pm.expect(body.data.phone).to.equal(${NEW_PHONE});` },
    },
  ],
};

export const sessions = {
  name: 'Sessions and refresh tokens',
  about:
    'A session lives as long as it is refreshed. A refresh token is exchanged once; the same one again is a lost ' +
    'answer for half a minute, while its successor is unused, and theft after that.',
  items: [
    {
      name: 'Log in on another device',
      about: 'Keeps `otherToken`.',
      call: 'POST /api/auth/login',
      json: LOGIN,
      headers: {
        'User-Agent': 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
      },
      ok: { status: 200, says: 'Login berhasil' },
      keep: { otherToken: 'body.data.token' },
    },
    {
      name: 'Where am I logged in?',
      about: 'Living sessions, last used first. Keeps `otherSessionId`.',
      call: 'GET /api/auth/sessions',
      token: 'personToken',
      ok: { status: 200, says: 'Daftar sesi', fields: { '': 'success message data nextCursor' } },
      tests: {
        'two sessions, one of them the current': [
          'pm.expect(body.data.map(({ current }) => current)).to.have.members([true, false]);',
          'for (const session of body.data)',
          '  pm.expect(session).to.have.all.keys(',
          "    'id', 'device', 'place', 'method', 'createdAt', 'lastUsedAt', 'expiresAt', 'current');",
        ],
      },
      keep: { otherSessionId: 'body.data.find(({ current }) => !current).id' },
    },
    {
      name: 'Log the other device out',
      about: 'Its tokens are worth nothing from now on.',
      call: 'DELETE /api/auth/sessions/:id',
      params: { id: '{{otherSessionId}}' },
      token: 'personToken',
      ok: ENDED,
    },
    {
      name: 'Log it out again',
      about: 'It is gone; so are the sessions of others, for all one can see.',
      call: 'DELETE /api/auth/sessions/:id',
      params: { id: '{{otherSessionId}}' },
      token: 'personToken',
      refusal: 'session_not_found',
    },
    {
      name: 'The other device is out',
      about: 'At once.',
      call: 'GET /api/auth/me',
      token: 'otherToken',
      refusal: 'invalid_token',
    },
    {
      name: 'Refresh',
      about: 'Keeps both refresh tokens: `usedRefreshToken` and the new `personRefreshToken`.',
      call: 'POST /api/auth/refresh',
      json: { refreshToken: '{{personRefreshToken}}' },
      ok: RENEWED,
      keep: {
        usedRefreshToken: "pm.collectionVariables.get('personRefreshToken')",
        personRefreshToken: 'body.data.refreshToken',
        personToken: 'body.data.token',
      },
    },
    {
      name: 'Refresh again: the answer was lost',
      about: 'Within 30 seconds the used token gets the same successor.',
      call: 'POST /api/auth/refresh',
      json: { refreshToken: '{{usedRefreshToken}}' },
      ok: RENEWED,
      tests: {
        'is the same successor': [
          "pm.expect(body.data.refreshToken).to.equal(pm.collectionVariables.get('personRefreshToken'));",
        ],
      },
    },
    {
      name: 'Refresh with the successor',
      about: 'From now on the first token can only be stolen.',
      call: 'POST /api/auth/refresh',
      json: { refreshToken: '{{personRefreshToken}}' },
      ok: RENEWED,
      keep: { personRefreshToken: 'body.data.refreshToken', personToken: 'body.data.token' },
    },
    {
      name: 'A stolen refresh token',
      about: 'It comes after its successor was used: the whole session ends, for whoever holds it.',
      call: 'POST /api/auth/refresh',
      json: { refreshToken: '{{usedRefreshToken}}' },
      refusal: 'invalid_refresh_token',
    },
    {
      name: 'The session of the stolen token is over',
      about: 'The newest token died with it.',
      call: 'POST /api/auth/refresh',
      json: { refreshToken: '{{personRefreshToken}}' },
      refusal: 'invalid_refresh_token',
    },
    {
      name: 'Log in once more',
      about: 'To have something to log out of. Keeps `personToken`.',
      call: 'POST /api/auth/login',
      json: LOGIN,
      ok: { status: 200, says: 'Login berhasil' },
      keep: { personToken: 'body.data.token', personRefreshToken: 'body.data.refreshToken' },
    },
    {
      name: 'Log out',
      about: 'With the access token; with `refreshToken` in the body when that one is dead already.',
      call: 'POST /api/auth/logout',
      token: 'personToken',
      ok: ENDED,
    },
    {
      name: 'Log out again, by the refresh token',
      about: 'A session that is over is no error.',
      call: 'POST /api/auth/logout',
      json: { refreshToken: '{{personRefreshToken}}' },
      ok: ENDED,
    },
    {
      name: 'Log out without any token',
      about: 'There is nothing to end.',
      call: 'POST /api/auth/logout',
      refusal: 'unauthenticated',
    },
  ],
};
