/**
 * Plays whole logins against a target, a fixed number at a time: request a code, read it on the phone, log in with it.
 * Prints one line of JSON. Closed loop: each of `concurrency` people begins the next login when the last one is done.
 *
 * usage: node login-load.mjs '{"base":"http://…","provider":"http://…","logins":3000,"concurrency":16,"first":0,"users":750}'
 */
import http from 'node:http';
import { phoneOf } from './phones.mjs';

const { base, provider, logins, concurrency, first, users } = JSON.parse(process.argv[2]);

/** More failures than this say nothing new. */
const FAILURES_SHOWN = 5;

/** People behind one address: with more, an address would have more unverified sends under way than it is allowed. */
const PEOPLE_AN_ADDRESS = 16;

/** One connection pool an address of the loopback network. */
const agents = Array.from(
  { length: Math.ceil(concurrency / PEOPLE_AN_ADDRESS) },
  (_, at) => new http.Agent({ keepAlive: true, maxSockets: 256, localAddress: `127.0.0.${at + 1}` }),
);
const took = { request: [], verify: [] };
const failures = new Map();
let begun = 0;
let succeeded = 0;

function call(agent, method, url, body) {
  const data = body && JSON.stringify(body);
  const headers = data
    ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data), origin: base }
    : {};
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
    request.end(data);
  });
}

/** One timed step; what is not a success is counted under what the target said. */
async function step(agent, name, path, body) {
  const started = performance.now();
  const { status, text } = await call(agent, 'POST', base + path, body);
  took[name].push(performance.now() - started);
  if (status >= 200 && status < 300) return true;
  const said = `${name} ${status} ${text.slice(0, 160)}`;
  failures.set(said, (failures.get(said) ?? 0) + 1);
  return false;
}

async function logIn(agent, user) {
  const { typed, digits } = phoneOf(user);
  if (!(await step(agent, 'request', '/api/auth/otp/request', { phone: typed }))) return;
  const { code } = JSON.parse((await call(agent, 'GET', `${provider}/code?number=${digits}`)).text);
  if (await step(agent, 'verify', '/api/auth/otp/verify', { phone: typed, otpCode: code })) succeeded += 1;
}

async function person(_, at) {
  const agent = agents[at % agents.length];
  while (begun < logins) {
    const user = first + (begun % users);
    begun += 1;
    await logIn(agent, user);
  }
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const started = performance.now();
await Promise.all(Array.from({ length: concurrency }, person));
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage();
for (const times of Object.values(took)) times.sort((a, b) => a - b);
const latency = (times) => ({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
const result = {
  logins,
  succeeded,
  perSecond: succeeded / seconds,
  request: latency(took.request),
  verify: latency(took.verify),
  cpuSeconds: (user + system) / 1e6,
  failures: [...failures].slice(0, FAILURES_SHOWN),
};
// The sockets that are kept alive would keep the process, too.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
