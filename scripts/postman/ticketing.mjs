import { NEW_STAMP, anotherThan } from './test-scripts.mjs';

const PERSON = { nama: 'Warga Lupa {{stamp}}', noHp: '62813{{stamp}}' };
const NEW_PASSWORD = 'sandi-baru-{{stamp}}';
const BOTH = { newPassword: NEW_PASSWORD, confirmPassword: NEW_PASSWORD };
const STATES = 'UNINITIALIZED INITIALIZING WAITING_FOR_QR AUTHENTICATING AUTHENTICATED READY DISCONNECTED';

const states = {
  name: 'State of the bot and the service',
  about: 'Whether codes can be sent, and whether the database answers. Open to everybody.',
  items: [
    {
      name: 'Is the bot ready?',
      about: '`UNINITIALIZED` where no WhatsApp device is configured; the developer inbox never counts as ready.',
      call: 'GET /api/forgot-password/bot-status',
      before: NEW_STAMP,
      ok: { status: 200, success: true, fields: { '': 'success data', data: 'state ready' } },
      tests: {
        'ready goes with the state': [
          `pm.expect(body.data.state).to.be.oneOf('${STATES}'.split(' '));`,
          "pm.expect(body.data.ready).to.equal(body.data.state === 'READY');",
        ],
      },
    },
    {
      name: 'Database and WhatsApp at a glance',
      about: '503 when the database is gone. A missing device alone is no failure.',
      call: 'GET /api/health',
      ok: { status: 200, success: true, fields: { '': 'success status database whatsapp' } },
      tests: {
        'the database is there': "pm.expect(body).to.include({ status: 'ok', database: 'connected' });",
        'WhatsApp is there or not': "pm.expect(body.whatsapp).to.be.oneOf(['connected', 'disconnected']);",
      },
      or: {
        when: 'pm.response.code === 503',
        ok: { status: 503, fields: { '': 'success status database whatsapp' } },
        tests: {
          'the database is gone': "pm.expect(body).to.include({ success: false, database: 'disconnected' });",
        },
      },
    },
  ],
};

const forgetful = {
  name: 'A person who forgot',
  about: 'An account of its own for this run, so that no demo account gets another password.',
  items: [
    {
      name: 'Make the person',
      about: 'By an admin, who vouches for the number: the password works at once. Keeps `forgetfulId`.',
      call: 'POST /api/auth/register',
      token: 'adminToken',
      json: { fullName: PERSON.nama, phone: '0813{{stamp}}', password: 'sandi-lama-{{stamp}}' },
      ok: { status: 201, says: 'Registrasi berhasil', fields: { data: 'user' } },
      keep: { forgetfulId: 'body.data.user.id' },
    },
    {
      name: 'Log in with the old password',
      about: 'Keeps `forgetfulToken`, to see it die.',
      call: 'POST /api/auth/login',
      json: { identifier: '0813{{stamp}}', password: 'sandi-lama-{{stamp}}' },
      ok: { status: 200, says: 'Login berhasil' },
      keep: { forgetfulToken: 'body.data.token' },
    },
  ],
};

const stepOne = {
  name: 'Step 1: ask for a code',
  about: 'Name and number must both be those of the account; case and double spaces in the name do not matter.',
  items: [
    {
      name: 'Ask for a reset code',
      about:
        'Where no device is ready and `OTP_ECHO` is on, the answer holds the code as `testOTP`, so that a front end ' +
        'can be tested without a phone; otherwise type it into `resetCode`. Keeps `resetCode`.',
      call: 'POST /api/forgot-password/request-otp',
      json: { nama: 'warga  LUPA {{stamp}}', noHp: PERSON.noHp },
      ok: { status: 200, says: 'OTP dikirim ke WhatsApp' },
      tests: {
        'says where the code went': [
          'const { testOTP, ...sent } = body;',
          "pm.expect(sent).to.have.all.keys('success', 'message', 'phoneNumber', 'data');",
          "pm.expect(sent.data).to.have.all.keys('expiresAt', 'resendAt');",
          "pm.expect(sent.phoneNumber).to.equal(`62813${pm.collectionVariables.get('stamp')}`);",
        ],
        'echoes the code as digits, or not at all': ["pm.expect(body.testOTP ?? '123456').to.match(/^\\d{4,8}$/);"],
      },
      keep: {
        resetCode: "body.testOTP ?? ''",
        wrongResetCode: anotherThan("(body.testOTP ?? '000000')"),
      },
    },
    {
      name: 'Ask for a reset code too early',
      about: 'The code of before lives and its cooldown runs.',
      call: 'POST /api/forgot-password/request-otp',
      json: PERSON,
      refusal: 'otp_active',
      tests: {
        'says how long': "pm.expect(body.details).to.have.all.keys('expiresAt', 'resendAt');",
      },
    },
    {
      name: 'Without a name',
      about: '`nama` is needed.',
      call: 'POST /api/forgot-password/request-otp',
      json: { noHp: PERSON.noHp },
      refusal: 'name_required',
    },
    {
      name: 'Without a number',
      about: '`noHp` is needed.',
      call: 'POST /api/forgot-password/request-otp',
      json: { nama: PERSON.nama },
      refusal: 'phone_number_required',
    },
    {
      name: "Somebody else's name",
      about: 'The number alone is not enough.',
      call: 'POST /api/forgot-password/request-otp',
      json: { nama: 'Orang Lain', noHp: PERSON.noHp },
      refusal: 'user_not_found',
    },
    {
      name: 'A number that is none',
      about: 'In any of the three steps.',
      call: 'POST /api/forgot-password/request-otp',
      json: { nama: PERSON.nama, noHp: 'nomor saya' },
      refusal: 'invalid_phone',
    },
  ],
};

const stepTwo = {
  name: 'Step 2: show the code',
  about: 'A right code stays valid: step 3 uses it up. A wrong one costs a guess.',
  items: [
    {
      name: 'Step 3 before step 2',
      about: 'The code is right, but nobody has shown it yet.',
      call: 'POST /api/forgot-password/reset-password',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}', ...BOTH },
      refusal: 'otp_not_verified',
    },
    {
      name: 'Show a wrong code',
      about: 'The one answer for wrong, used, expired and replaced codes.',
      call: 'POST /api/forgot-password/verify-otp',
      json: { noHp: PERSON.noHp, otp: '{{wrongResetCode}}' },
      refusal: 'invalid_otp',
      tests: { 'tells how many guesses are left': 'pm.expect(body.details.attemptsLeft).to.be.within(0, 9);' },
    },
    {
      name: 'Show the code',
      about: 'Keeps `otpId`, which step 3 may be given.',
      call: 'POST /api/forgot-password/verify-otp',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}' },
      ok: { status: 200, says: 'OTP verified', fields: { '': 'success message data', data: 'otpId' } },
      keep: { otpId: 'body.data.otpId' },
    },
  ],
};

const stepThree = {
  name: 'Step 3: set the password',
  about: 'Every session of the account ends with it, and its owner is told over WhatsApp.',
  items: [
    {
      name: 'Two passwords that differ',
      about: '`confirmPassword` is the new password once more.',
      call: 'POST /api/forgot-password/reset-password',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}', newPassword: NEW_PASSWORD, confirmPassword: 'sandi-lain' },
      refusal: 'passwords_differ',
    },
    {
      name: 'A password that is too short',
      about: '`details` names every rule that is broken. The code stays valid.',
      call: 'POST /api/forgot-password/reset-password',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}', newPassword: 'abc', confirmPassword: 'abc' },
      refusal: 'password_refused',
      tests: { 'names the rule': "pm.expect(body.details.map(({ rule }) => rule)).to.eql(['too_short']);" },
    },
    {
      name: 'Set the new password',
      about: '`otpId` is optional.',
      call: 'POST /api/forgot-password/reset-password',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}', ...BOTH, otpId: '{{otpId}}' },
      ok: { status: 200, says: 'Password updated, please login', fields: { '': 'success message' } },
    },
    {
      name: 'Use the reset code again',
      about: 'It is gone.',
      call: 'POST /api/forgot-password/reset-password',
      json: { noHp: PERSON.noHp, otp: '{{resetCode}}', ...BOTH },
      refusal: 'invalid_otp',
    },
  ],
};

const afterwards = {
  name: 'After the reset',
  about: 'What was open is closed, and the new password holds. The last request takes the person away again.',
  items: [
    {
      name: 'The old token is dead',
      about: 'As every session of the account.',
      call: 'GET /api/auth/me',
      token: 'forgetfulToken',
      refusal: 'invalid_token',
    },
    {
      name: 'The old password is dead',
      about: 'The usual refusal.',
      call: 'POST /api/auth/login',
      json: { identifier: '0813{{stamp}}', password: 'sandi-lama-{{stamp}}' },
      refusal: 'invalid_credentials',
    },
    {
      name: 'The new password holds',
      about: 'The person is back.',
      call: 'POST /api/auth/login',
      json: { identifier: '0813{{stamp}}', password: NEW_PASSWORD },
      ok: { status: 200, says: 'Login berhasil' },
    },
    {
      name: 'Take the person away',
      about: 'Erases the account of this run. Needs `adminToken` of the folder SiKesKoja.',
      call: 'DELETE /api/users/:id',
      params: { id: '{{forgetfulId}}' },
      token: 'adminToken',
      ok: { status: 200, says: 'Data akun dihapus' },
    },
  ],
};

export const ticketing = {
  name: 'Ticketing (forgot password)',
  about:
    'Another password in three steps, with a code on WhatsApp, under `/api/forgot-password`: ask for a code by name ' +
    'and number, show it, set the password. Messages are those of the ticketing system, in its own mixture of ' +
    'languages.',
  items: [states, forgetful, stepOne, stepTwo, stepThree, afterwards],
};
