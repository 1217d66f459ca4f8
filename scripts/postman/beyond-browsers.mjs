import { NATIONAL_PHONE, anotherThan, newestCodeFor } from './test-scripts.mjs';

const NEWEST_CODE = newestCodeFor(NATIONAL_PHONE);

const COOKIE = { Cookie: '__Host-masuk={{browserCookie}}' };
const OWN_PAGE = { Origin: '{{baseUrl}}' };
const HELD_BY_COOKIE = {
  status: 200,
  says: 'Login berhasil',
  fields: { '': 'success message data', data: 'user', 'data.user': 'id email username phone role profile' },
};
const COOKIE_LINES = [
  "const cookies = pm.response.headers.filter(({ key }) => key.toLowerCase() === 'set-cookie').map(({ value }) => value);",
  "const cookie = cookies.find((value) => value.startsWith('__Host-masuk='));",
];

const KEEPS_COOKIE = {
  'the cookie is for no script and no other site': [
    ...COOKIE_LINES,
    "for (const part of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) pm.expect(cookie).to.include(part);",
    "pm.expect(cookie).to.not.include('Domain');",
  ],
  'keeps the cookie': [
    ...COOKIE_LINES,
    "pm.collectionVariables.set('browserCookie', cookie.split(';')[0].replace('__Host-masuk=', ''));",
  ],
};

export const browserSessions = {
  name: 'Browser sessions',
  about:
    'What the service’s own pages call. No script ever sees a token: an `HttpOnly` cookie holds the session, and ' +
    'counts only on calls from the same origin. The collection carries it by hand, because a cookie jar sends it over ' +
    'https alone.',
  items: [
    {
      name: 'What a login screen must know',
      about: 'Lengths, lifetimes and languages; the same for everybody.',
      call: 'GET /api/auth/options',
      ok: {
        status: 200,
        says: 'Pilihan login',
        fields: {
          data:
            'appName otpLength otpExpiresIn resetOtpExpiresIn passwordMinLength passwordMaxLength registration ' +
            'messageLanguage allowedCountries',
        },
      },
    },
    {
      name: "Log in from another site's page",
      about: 'Refused before anything is looked at: another site must not plant a session.',
      call: 'POST /api/auth/browser/login',
      json: { identifier: '{{adminIdentifier}}', password: '{{adminPassword}}' },
      headers: { Origin: 'https://jahat.example' },
      refusal: 'foreign_origin',
    },
    {
      name: 'Log in by password, held by a cookie',
      about: 'Keeps `browserCookie`.',
      call: 'POST /api/auth/browser/login',
      json: { identifier: '{{adminIdentifier}}', password: '{{adminPassword}}' },
      headers: OWN_PAGE,
      ok: HELD_BY_COOKIE,
      tests: KEEPS_COOKIE,
    },
    {
      name: 'Me, by the cookie',
      about: 'It stands for an access token.',
      call: 'GET /api/auth/me',
      headers: { ...OWN_PAGE, ...COOKIE },
      ok: { status: 200, says: 'Data akun' },
    },
    {
      name: 'The cookie on another site',
      about: 'A page of somebody else cannot act with it.',
      call: 'POST /api/auth/me/phone',
      json: { phone: '0821{{stamp}}' },
      headers: { Origin: 'https://jahat.example', ...COOKIE },
      refusal: 'foreign_origin',
    },
    {
      name: 'Log the browser out',
      about: 'Takes the cookie back; the device stays known.',
      call: 'POST /api/auth/logout',
      json: {},
      headers: { ...OWN_PAGE, ...COOKIE },
      ok: { status: 200, says: 'Sesi diakhiri' },
      tests: {
        'takes the cookie back': [...COOKIE_LINES, 'pm.expect(cookie).to.match(/^__Host-masuk=;/);'],
      },
    },
    {
      name: 'The cookie is dead',
      about: 'As a token would be.',
      call: 'GET /api/auth/me',
      headers: { ...OWN_PAGE, ...COOKIE },
      refusal: 'unauthenticated',
    },
    {
      name: 'Ask for a code for the browser',
      about: 'As everywhere; while a code lives, that one is it.',
      call: 'POST /api/auth/otp/request',
      json: { phone: '{{phone}}' },
      ok: { status: 200, says: 'Kode OTP telah dikirim ke WhatsApp Anda' },
      or: { when: 'pm.response.code === 429', refusal: 'otp_rate_limited' },
    },
    {
      name: 'Read the code for the browser',
      about: 'In the developer inbox; or type it into `otpCode`.',
      call: 'GET /dev/inbox',
      ok: { status: 200, success: true },
      tests: { 'there is a code for the number': `pm.expect(${NEWEST_CODE}).to.match(/^\\d{4,8}$/);` },
      keep: { otpCode: NEWEST_CODE, wrongCode: anotherThan(NEWEST_CODE) },
    },
    {
      name: 'Log in by a wrong code, held by a cookie',
      about: 'The one answer for all codes that are not right.',
      call: 'POST /api/auth/browser/verify',
      json: { phone: '{{phone}}', otpCode: '{{wrongCode}}' },
      headers: OWN_PAGE,
      refusal: 'invalid_otp',
    },
    {
      name: 'Log in by code, held by a cookie',
      about: 'Keeps `browserCookie`.',
      call: 'POST /api/auth/browser/verify',
      json: { phone: '{{phone}}', otpCode: '{{otpCode}}' },
      headers: OWN_PAGE,
      ok: HELD_BY_COOKIE,
      tests: KEEPS_COOKIE,
    },
    {
      name: 'Log this browser out, too',
      about: 'So that no session is left behind.',
      call: 'POST /api/auth/logout',
      json: {},
      headers: { ...OWN_PAGE, ...COOKIE },
      ok: { status: 200, says: 'Sesi diakhiri' },
    },
  ],
};
