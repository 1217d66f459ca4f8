import { LOGGED_IN, TOKENS, byPassword } from './sikeskoja-password.mjs';
import { NATIONAL_PHONE, NEW_STAMP, anotherThan, newestCodeFor } from './test-scripts.mjs';

const SENT = 'Kode OTP telah dikirim ke WhatsApp Anda';
const NEWEST_CODE = newestCodeFor(NATIONAL_PHONE);
const COOLDOWN = { when: 'pm.response.code === 429', refusal: 'otp_rate_limited' };
const TIMES = {
  'a new code may be asked for before this one expires': [
    'const { resendAt, expiresAt } = body.data;',
    'pm.expect(Date.parse(resendAt)).to.be.above(Date.parse(pm.response.headers.get("Date")) - 1000);',
    'pm.expect(Date.parse(expiresAt)).to.be.above(Date.parse(resendAt));',
  ],
};

const theDevice = {
  name: 'The WhatsApp device',
  about: 'Whether the service can send. Open to everybody; the device id is masked for all but admins.',
  items: [
    {
      name: 'Is the device connected?',
      about:
        'With a device: `connected: true` and the masked `deviceId`. Without one: still 200, but `success: false`, as ' +
        'Whacenter puts it. The developer inbox is no device.',
      call: 'GET /api/auth/otp/status',
      before: NEW_STAMP,
      ok: { status: 200, success: true, fields: { '': 'success data', data: 'connected deviceId' } },
      tests: {
        'tells a stranger a masked device id': 'pm.expect(body.data.deviceId).to.match(/^(.{4}….{4}|…)$/);',
      },
      or: {
        when: 'body.success === false',
        ok: {
          status: 200,
          success: false,
          says: 'device not connected or not found',
          fields: { '': 'success status message data' },
        },
        tests: {
          'is not connected': 'pm.expect(body).to.deep.include({ status: false, data: { connected: false } });',
        },
      },
    },
  ],
};

const cleanSlate = {
  name: 'A clean slate',
  about:
    'A number gets five codes an hour, a minute apart. These two requests give `phone` its codes and guesses back, so ' +
    'that the collection can be run again at once. They need `adminToken`.',
  items: [
    {
      name: 'Find the account of the number',
      about: 'Keeps `accountId`.',
      call: 'GET /api/users',
      query: { search: '{{phone}}' },
      token: 'adminToken',
      ok: { status: 200, says: 'Daftar akun', fields: { '': 'success message data nextCursor' } },
      tests: { 'there is one': 'pm.expect(body.data).to.have.lengthOf(1);' },
      keep: { accountId: 'body.data[0].id' },
    },
    {
      name: 'Forget its codes and guesses',
      about: 'An admin unlocks the account; an active code ends.',
      call: 'POST /api/users/:id/unlock',
      params: { id: '{{accountId}}' },
      token: 'adminToken',
      ok: { status: 200, says: 'Akun dibuka kembali', fields: { '': 'success message' } },
    },
  ],
};

const askForACode = {
  name: 'Ask for a code',
  about:
    'Sends a code to `phone`. While the newest code lives and its cooldown runs, the answer is that code again with ' +
    '`alreadySent: true`, and nothing is sent. 429 when the number had its codes for this hour.',
  call: 'POST /api/auth/otp/request',
  json: { phone: '{{phone}}' },
  ok: { status: 200, says: SENT },
  tests: {
    'names the code, its times and the way it took': [
      'const { alreadySent, ...sent } = body.data;',
      "pm.expect(sent).to.have.all.keys('sessionId', 'expiresAt', 'resendAt', 'channel');",
      'pm.expect(alreadySent).to.be.oneOf([undefined, true]);',
    ],
    ...TIMES,
  },
  keep: { otpSession: 'body.data.sessionId' },
  or: COOLDOWN,
};

const byCode = {
  name: 'Log in by code',
  about:
    'The heart of the service: ask, read, log in. Without a WhatsApp device the code is in the developer inbox; with ' +
    'one, skip "Read the code" and type it into the variable `otpCode`.',
  items: [
    askForACode,
    {
      name: 'Ask again: the same code lives',
      about: 'A reload or a second tab is no error: the same `sessionId`, and no second message.',
      call: 'POST /api/auth/otp/request',
      json: { phone: '{{phone}}' },
      ok: { status: 200, says: SENT, fields: { data: 'sessionId expiresAt resendAt channel alreadySent' } },
      tests: {
        'is the code of before': [
          "pm.expect(body.data.sessionId).to.equal(pm.collectionVariables.get('otpSession'));",
          'pm.expect(body.data.alreadySent).to.equal(true);',
        ],
      },
      or: COOLDOWN,
    },
    {
      name: 'Ask for another one too early',
      about: 'A resend always wants a new code. Before `resendAt` it is refused, and `Retry-After` says for how long.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '{{phone}}' },
      refusal: 'otp_rate_limited',
    },
    {
      name: 'Forget the cooldown',
      about: 'So that nobody has to wait a minute for the next request.',
      call: 'POST /api/users/:id/unlock',
      params: { id: '{{accountId}}' },
      token: 'adminToken',
      ok: { status: 200, says: 'Akun dibuka kembali' },
    },
    {
      name: 'Ask for a new code',
      about: 'The old one is dead from now on. Keeps `otpSession`.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '{{phone}}' },
      ok: {
        status: 200,
        says: SENT,
        fields: { '': 'success message data', data: 'sessionId expiresAt resendAt channel' },
      },
      tests: {
        'is another code': "pm.expect(body.data.sessionId).to.not.equal(pm.collectionVariables.get('otpSession'));",
        ...TIMES,
      },
      keep: { otpSession: 'body.data.sessionId' },
      or: COOLDOWN,
    },
    {
      name: 'Read the code',
      about: 'The developer inbox, newest message first. There is none in production. Keeps `otpCode`.',
      call: 'GET /dev/inbox',
      ok: { status: 200, success: true, fields: { '': 'success message data' } },
      tests: {
        'there is a code for the number': `pm.expect(${NEWEST_CODE}).to.match(/^\\d{4,8}$/);`,
      },
      keep: { otpCode: NEWEST_CODE, wrongCode: anotherThan(NEWEST_CODE) },
    },
    {
      name: 'Wrong code',
      about: 'Wrong, used, expired, replaced and never sent codes get this one answer. Each guess counts.',
      call: 'POST /api/auth/otp/verify',
      json: { phone: '{{phone}}', otpCode: '{{wrongCode}}' },
      refusal: 'invalid_otp',
      tests: { 'tells how many guesses are left': 'pm.expect(body.details.attemptsLeft).to.be.within(0, 9);' },
    },
    {
      name: 'A code that is no text',
      about: '`otpCode` is a text of digits: leading zeros count.',
      call: 'POST /api/auth/otp/verify',
      json: { phone: '{{phone}}', otpCode: true },
      refusal: 'validation_failed',
      tests: { 'names the field': "pm.expect(body.details.map(({ field }) => field)).to.eql(['otpCode']);" },
    },
    {
      name: 'Log in with the code',
      about: '`sessionId` is optional. Keeps `token` and `deviceToken`.',
      call: 'POST /api/auth/otp/verify',
      json: { phone: '{{phone}}', otpCode: '{{otpCode}}', sessionId: '{{otpSession}}' },
      ok: LOGGED_IN,
      tests: {
        ...TOKENS,
        'is the owner of the number': 'pm.expect(body.data.user.profile.phone).to.equal(body.data.user.phone);',
      },
      keep: { token: 'body.data.token', deviceToken: 'body.data.deviceToken' },
    },
    {
      name: 'The same code again',
      about: 'A code is good once.',
      call: 'POST /api/auth/otp/verify',
      json: { phone: '{{phone}}', otpCode: '{{otpCode}}' },
      refusal: 'invalid_otp',
    },
    {
      name: 'Whose token is this?',
      about: 'The account behind `token`.',
      call: 'GET /api/auth/me',
      token: 'token',
      ok: {
        status: 200,
        says: 'Data akun',
        fields: { '': 'success message data', data: 'id email username phone role profile' },
      },
      tests: {
        'is the account of the number': "pm.expect(body.data.id).to.equal(pm.collectionVariables.get('accountId'));",
      },
    },
    {
      name: 'Ask from a known device',
      about:
        'With the `deviceToken` of an earlier login a device has its own allowance of codes and guesses, so that a ' +
        'stranger who knows the number cannot use up its owner’s.',
      call: 'POST /api/auth/otp/request',
      json: { phone: '{{phone}}' },
      headers: { 'X-Device-Token': '{{deviceToken}}' },
      ok: { status: 200, says: SENT },
      or: COOLDOWN,
    },
  ],
};

const refused = {
  name: 'Refused numbers and bodies',
  about: 'What a front end has to expect when people mistype, and what it never sees unless it has a fault itself.',
  items: [
    {
      name: 'A number that is not registered',
      about: 'Or whose account is not active. With `UNKNOWN_PHONE=conceal` this is 200, as for any other number.',
      call: 'POST /api/auth/otp/request',
      json: { phone: '0852{{stamp}}' },
      refusal: 'phone_not_registered',
    },
    {
      name: 'A new code for a number that is not registered',
      about: 'As for a first one.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '0852{{stamp}}' },
      refusal: 'phone_not_registered',
    },
    {
      name: 'No phone number at all',
      about: 'Letters, landlines and countries that are not allowed.',
      call: 'POST /api/auth/otp/request',
      json: { phone: 'nomor saya' },
      refusal: 'invalid_phone',
    },
    {
      name: 'Broken JSON',
      about: 'A fault of the program, not of the person.',
      call: 'POST /api/auth/otp/request',
      json: '{ "phone": ',
      refusal: 'invalid_json',
    },
    {
      name: 'No JSON',
      about: 'Another content type.',
      call: 'POST /api/auth/otp/request',
      text: 'phone=081234567890',
      refusal: 'unsupported_media_type',
    },
  ],
};

export const sikeskoja = {
  name: 'SiKesKoja',
  about:
    'Login by a one-time code on WhatsApp, with the paths, fields and messages of the SiKesKoja front end, under ' +
    '`/api/auth`. Success is `{ success, message, data }`, failure `{ success, message, code, details? }`: show ' +
    '`message`, switch on `code`.',
  items: [theDevice, byPassword, cleanSlate, byCode, refused],
};
