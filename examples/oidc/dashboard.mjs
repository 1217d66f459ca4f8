/** A dashboard on a server that logs its people in by Masuk. The settings: README.md. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import * as openid from 'openid-client';

const { MASUK_ISSUER = 'http://localhost:5000/oidc', CLIENT_ID = '', CLIENT_SECRET = '', PORT = '5601' } = process.env;
const { APP_URL = `http://localhost:${PORT}` } = process.env;
const issuer = new URL(MASUK_ISSUER);

const config = await openid.discovery(issuer, CLIENT_ID, CLIENT_SECRET, openid.ClientSecretBasic(CLIENT_SECRET), {
  // On this machine alone there is no TLS.
  execute: issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
});

/** Who is in which browser. A real one keeps this where all its instances see it, and for a time. */
const sessions = new Map();

function sessionOf(request, response) {
  const shown = /(?:^|; )dashboard=([\w-]{43})/.exec(request.headers.cookie ?? '')?.[1];
  if (sessions.has(shown)) return sessions.get(shown);
  const id = randomBytes(32).toString('base64url');
  const secure = APP_URL.startsWith('https:') ? '; Secure' : '';
  response.setHeader('set-cookie', `dashboard=${id}; HttpOnly; SameSite=Lax; Path=/${secure}`);
  sessions.set(id, {});
  return sessions.get(id);
}

/** To Masuk, with what must come back with the person. */
async function login(session) {
  session.checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  };
  return openid.buildAuthorizationUrl(config, {
    redirect_uri: `${APP_URL}/callback`,
    scope: 'openid profile phone',
    code_challenge: await openid.calculatePKCECodeChallenge(session.checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: session.checks.expectedState,
    nonce: session.checks.expectedNonce,
  });
}

/** From Masuk, with a code: who is it? */
async function arrive(session, url) {
  const { checks } = session;
  delete session.checks;
  const tokens = await openid.authorizationCodeGrant(config, url, checks);
  const { sub } = tokens.claims();
  session.user = await openid.fetchUserInfo(config, tokens.access_token, sub);
  session.idToken = tokens.id_token;
}

function logout(session) {
  const parameters = { id_token_hint: session.idToken, post_logout_redirect_uri: `${APP_URL}/` };
  delete session.user;
  delete session.idToken;
  return openid.buildEndSessionUrl(config, parameters);
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function home({ user }) {
  const known = user
    ? `<p id="user">${escaped(user.name)}, ${escaped(user.phone_number)}</p><p><a href="/logout">Log out</a></p>`
    : '<p><a href="/login">Log in with WhatsApp</a></p>';
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Dashboard</title><h1>Dashboard</h1>${known}</html>`;
}

async function answer(request, response) {
  const url = new URL(request.url, APP_URL);
  const session = sessionOf(request, response);
  const sendTo = (target) => response.writeHead(303, { location: String(target) }).end();
  response.setHeader('cache-control', 'no-store');
  if (url.pathname === '/login') return sendTo(await login(session));
  if (url.pathname === '/callback') {
    await arrive(session, url);
    return sendTo('/');
  }
  if (url.pathname === '/logout') return sendTo(logout(session));
  if (url.pathname !== '/') return response.writeHead(404).end();
  return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(home(session));
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    // Why a login failed is for the log; what is in the address is not.
    console.error(error.code ?? error.name, error.error ?? '');
    response.writeHead(400, { 'content-type': 'text/plain' }).end('The login did not work. Begin once more.');
  });
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Dashboard at ${APP_URL}`);
});
