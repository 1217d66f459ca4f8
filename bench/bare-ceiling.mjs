/**
 * The ceiling: what a login, a refresh, `me` and a login by password cost on bare node:http and prepared `pg` statements.
 * A login is two statements, one send and one ES256 signature; no validation, no limits, no guess budget, no outbox, no
 * audit, no logs. A yardstick, not a service to copy, and not the fastest one there could be: it is left as it is, so that
 * figures of different times can be compared.
 *
 * Environment: DATABASE_URL (with bare-ceiling.sql applied), PROVIDER_URL, PORT (0 takes a free one).
 */
import crypto from 'node:crypto';
import http from 'node:http';
import pg from 'pg';

const REQUEST = `
  WITH u AS (SELECT id FROM fl_user WHERE phone = $1 AND active),
       gone AS (DELETE FROM fl_otp USING u WHERE fl_otp.user_id = u.id RETURNING 1)
  INSERT INTO fl_otp (user_id, code_hash, expires_at) SELECT id, $2, now() + interval '5 min' FROM u
  RETURNING id, expires_at`;
const VERIFY = `
  WITH c AS (
    UPDATE fl_otp SET consumed = true
     WHERE user_id = (SELECT id FROM fl_user WHERE phone = $1) AND NOT consumed AND expires_at > now()
       AND attempts < 3 AND code_hash = $2
    RETURNING user_id
  )
  INSERT INTO fl_session (user_id, token_hash, expires_at) SELECT user_id, $3, now() + interval '30 days' FROM c
  RETURNING id, user_id`;
const OPEN = `
  INSERT INTO fl_session (user_id, token_hash, expires_at) VALUES ($1, $2, now() + interval '30 days')
  RETURNING id, user_id`;
const REFRESH = `
  UPDATE fl_session SET token_hash = $2, expires_at = now() + interval '30 days'
   WHERE token_hash = $1 AND expires_at > now()
  RETURNING id, user_id`;
const ME = `
  SELECT u.id, u.phone, u.name FROM fl_session s JOIN fl_user u ON u.id = s.user_id
   WHERE s.id = $1 AND s.expires_at > now() AND u.active`;
const FIND = 'SELECT id, password_hash FROM fl_user WHERE phone = $1 AND active';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, idleTimeoutMillis: 60_000 });
const agent = new http.Agent({ keepAlive: true });
const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const hash = (text) => crypto.createHmac('sha256', 'pepper').update(text).digest('hex');
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const ask = async (name, text, values) => (await pool.query({ name, text, values })).rows[0];

function sign(claims) {
  const input = `${base64({ alg: 'ES256', typ: 'JWT', kid: '1' })}.${base64(claims)}`;
  const signature = crypto.sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** The claims of a token that we have signed and that has not run out, else null. */
function claimsOf(token) {
  const [header, claims, signature] = token.split('.');
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' };
  const signed = Buffer.from(`${header}.${claims}`);
  if (!crypto.verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return null;
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return read.exp * 1000 > Date.now() ? read : null;
}

function send(number, message) {
  const form = new URLSearchParams({ device_id: 'bench', number, message }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) };
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${process.env.PROVIDER_URL}/api/send`,
      { method: 'POST', agent, headers },
      (answer) => {
        answer.resume();
        answer.on('end', resolve);
      },
    );
    request.on('error', reject);
    request.end(form);
  });
}

const national = (phone) => `62${phone.slice(1)}`;
const newRefreshToken = () => crypto.randomBytes(32).toString('base64url');
const tokens = (session, refreshToken) =>
  session && { token: sign({ sub: session.user_id, sid: session.id, exp: 9e9 }), refreshToken };

const routes = {
  'POST /api/auth/otp/request': async (body) => {
    const phone = national(body.phone);
    const code = String(crypto.randomInt(0, 1e6)).padStart(6, '0');
    const row = await ask('request', REQUEST, [phone, hash(phone + code)]);
    if (row) await send(phone, `Kode OTP: *${code}*`);
    return row;
  },
  'POST /api/auth/otp/verify': async (body) => {
    const phone = national(body.phone);
    const refresh = newRefreshToken();
    return tokens(await ask('verify', VERIFY, [phone, hash(phone + body.otpCode), hash(refresh)]), refresh);
  },
  'POST /api/auth/login': async (body) => {
    // Loaded when first used: a server that only takes codes does not hold it.
    const { verify } = await import('@node-rs/argon2');
    const user = await ask('find', FIND, [national(body.identifier)]);
    if (!user || !(await verify(user.password_hash, body.password))) return undefined;
    const refresh = newRefreshToken();
    return tokens(await ask('open', OPEN, [user.id, hash(refresh)]), refresh);
  },
  'POST /api/auth/refresh': async (body) => {
    const refresh = newRefreshToken();
    return tokens(await ask('refresh', REFRESH, [hash(body.refreshToken), hash(refresh)]), refresh);
  },
  'GET /api/auth/me': async (_body, { authorization }) => {
    const claims = claimsOf(authorization.slice('Bearer '.length));
    return claims && (await ask('me', ME, [claims.sid]));
  },
  'GET /health/ready': () => ask('ready', 'SELECT 1 AS ready', []),
};

const server = http.createServer((request, response) => {
  let raw = '';
  request.on('data', (chunk) => (raw += chunk));
  request.on('end', async () => {
    const data = await routes[`${request.method} ${request.url}`](raw && JSON.parse(raw), request.headers);
    const text = JSON.stringify({ success: Boolean(data), data });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    response.writeHead(data ? 200 : 400, headers);
    response.end(text);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`Server listening at http://127.0.0.1:${server.address().port}`),
);
