import { createServer } from 'node:http';
import passport from 'passport';
import { KeysUnavailable, masukStrategy } from './masuk-strategy.mjs';

const { MASUK_URL = 'http://127.0.0.1:5000', PORT = '5001', KEYS_COOLDOWN_MS = '10000' } = process.env;
const { MASUK_ISSUER = MASUK_URL, MASUK_AUDIENCE = 'masuk' } = process.env;

passport.use(
  'masuk',
  masukStrategy({
    jwksUri: `${MASUK_URL}/.well-known/jwks.json`,
    issuer: MASUK_ISSUER,
    audience: MASUK_AUDIENCE,
    cooldown: Number(KEYS_COOLDOWN_MS),
  }),
);

/** @returns {Promise<object | null>} who calls; null when nobody that we know */
function callerOf(request) {
  return new Promise((resolve, reject) => {
    // Passport hands on why a token was refused in `info`; keys that could not be had are no refusal.
    const judged = (error, user, info) => {
      if (error || info instanceof KeysUnavailable) reject(error ?? info);
      else resolve(user || null);
    };
    passport.authenticate('masuk', { session: false }, judged)(request, {}, reject);
  });
}

const server = createServer((request, response) => {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
    response.end(JSON.stringify(body));
  };
  callerOf(request).then(
    (user) => {
      if (user) answer(200, { success: true, data: user });
      else answer(401, { success: false, code: 'invalid_token' }, { 'www-authenticate': 'Bearer' });
    },
    (error) => {
      console.error(error.message);
      answer(503, { success: false, code: 'keys_unavailable' }, { 'retry-after': '5' });
    },
  );
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`consumer listening at http://127.0.0.1:${server.address().port}`);
});
