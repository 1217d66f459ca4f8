/**
 * The peer: Better Auth with its phone-number plugin on PostgreSQL, sending by the same provider as the service. Its own
 * limits are off; it has sessions in the database and no tokens to sign.
 *
 * Environment: DATABASE_URL, PROVIDER_URL, PORT (0 takes a free one). With the argument `migrate` it makes its tables and
 * ends.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import pg from 'pg';

const agent = new http.Agent({ keepAlive: true });

function send(number, message) {
  const form = new URLSearchParams({ device_id: 'bench', number, message }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) };
  return new Promise((resolve, reject) => {
    const url = `${process.env.PROVIDER_URL}/api/send`;
    const request = http.request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    });
    request.on('error', reject);
    request.end(form);
  });
}

const optionsAt = (baseURL) => ({
  baseURL,
  secret: randomBytes(32).toString('hex'),
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }),
  rateLimit: { enabled: false },
  logger: { level: 'error' },
  telemetry: { enabled: false },
  plugins: [phoneNumber({ sendOTP: ({ phoneNumber: to, code }) => send(to.replace('+', ''), `Kode OTP: *${code}*`) })],
});

if (process.argv[2] === 'migrate') {
  const { runMigrations } = await getMigrations(optionsAt('http://127.0.0.1'));
  await runMigrations();
  process.exit(0);
}

// It wants to know its own address, which a free port only has once it is taken.
const server = http.createServer();
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  server.on('request', toNodeHandler(betterAuth(optionsAt(url))));
  console.log(`Server listening at ${url}`);
});
