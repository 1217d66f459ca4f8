/**
 * The ceiling: the same login on bare node:http and prepared `pg` statements. Two statements, one send, one ES256
 * signature; no validation, no limits, no guess budget, no outbox, no audit, no logs. Not a service to copy.
 *
 * Environment: DATABASE_URL (with bare-ceiling.sql applied), PROVIDER_URL. Listens on a port of its own choice.
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
  RETURNING user_id`;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, idleTimeoutMillis: 60_000 });
const agent = new http.Agent({ keepAlive: true });
const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const hash = (text) => crypto.createHmac('sha256', 'pepper').update(text).digest('hex');
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(claims) {
  const input = `${base64({ alg: 'ES256', typ: 'JWT', kid: '1' })}.${base64(claims)}`;
  const signature = crypto.sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
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

async function requestCode(phone) {
  const code = String(crypto.randomInt(0, 1e6)).padStart(6, '0');
  const { rows } = await pool.query({ name: 'request', text: REQUEST, values: [phone, hash(phone + code)] });
  if (rows[0]) await send(phone, `Kode OTP: *${code}*`);
  return { success: rows.length > 0, data: rows[0] };
}

async function verifyCode(phone, code) {
  const refresh = crypto.randomBytes(32).toString('base64url');
  const values = [phone, hash(phone + code), hash(refresh)];
  const { rows } = await pool.query({ name: 'verify', text: VERIFY, values });
  if (!rows[0]) return { success: false };
  return { success: true, data: { token: sign({ sub: rows[0].user_id, exp: 9e9 }), refresh } };
}

const server = http.createServer((request, response) => {
  let raw = '';
  request.on('data', (chunk) => (raw += chunk));
  request.on('end', async () => {
    const body = JSON.parse(raw);
    const phone = `62${body.phone.slice(1)}`;
    const result = await (request.url.endsWith('/request') ? requestCode(phone) : verifyCode(phone, body.otpCode));
    const text = JSON.stringify(result);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    response.writeHead(result.success ? 200 : 400, headers);
    response.end(text);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`Server listening at http://127.0.0.1:${server.address().port}`));
