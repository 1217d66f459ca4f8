/** A page that logs people in by Masuk. Its tokens live as long as the page: a reload asks Masuk, which knows the person. */
import * as oauth from './oauth4webapi.js';

const setting = (name) => document.querySelector(`meta[name="${name}"]`).content;
const issuer = new URL(setting('masuk-issuer'));
const client = { client_id: setting('masuk-client') };
const redirectUri = `${location.origin}/`;
// On this machine alone there is no TLS.
const insecure = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' };

/** What must be the same when the person comes back; it is no secret of theirs. */
const KEPT = 'masuk-request';

async function discover() {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

async function login() {
  const { authorization_endpoint: endpoint } = await discover();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state, nonce }));
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  location.assign(url);
}

/** The person has come back with a code. */
async function arrive(address) {
  const { verifier, state, nonce } = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
  sessionStorage.removeItem(KEPT);
  const server = await discover();
  const answer = oauth.validateAuthResponse(server, client, address, state);
  const exchange = [redirectUri, verifier, insecure];
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), answer, ...exchange);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const info = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
  return { user: await oauth.processUserInfoResponse(server, client, sub, info), tokens, server };
}

function show(text, { user, tokens, server } = {}) {
  document.querySelector('#state').textContent = text;
  const [enter, leave] = [document.querySelector('#login'), document.querySelector('#logout')];
  enter.hidden = user !== undefined;
  leave.hidden = user === undefined;
  enter.onclick = () => login().catch(failed);
  leave.onclick = () => {
    const url = new URL(server.end_session_endpoint);
    url.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: redirectUri });
    location.assign(url);
  };
}

function failed(error) {
  show(`The login did not work (${error.error ?? error.code ?? error.name}).`);
}

const address = new URL(location.href);
const isBack = address.searchParams.has('code') || address.searchParams.has('error');
// Neither a code nor a state stays in the address.
history.replaceState(null, '', '/');
if (isBack) {
  arrive(address).then((arrived) => show(`You are ${arrived.user.name}.`, arrived), failed);
} else {
  show('Nobody is logged in.');
}
