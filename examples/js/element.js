// An application around <masuk-login>: it hears of the login, and holds the tokens where no other script finds them.
const MASUK = 'http://localhost:5000';

const login = document.querySelector('#login');
const inside = document.querySelector('#inside');
/** In memory only: a reload logs this page out. `@masuk/client` refreshes tokens and can keep them in a store. */
let tokens = null;

login.addEventListener('masuk-login', async ({ detail }) => {
  tokens = detail; // { token, refreshToken, deviceToken, expiresIn, user }
  const response = await fetch(`${MASUK}/api/auth/me`, { headers: { authorization: `Bearer ${tokens.token}` } });
  const { data } = await response.json();
  document.querySelector('#greeted').textContent = data.profile.fullName ?? data.phone;
  login.hidden = true;
  inside.hidden = false;
});

login.addEventListener('masuk-step', ({ detail }) => console.info('step', detail.purpose, detail.step));
login.addEventListener('masuk-error', ({ detail }) => console.info('refused', detail.code));

document.querySelector('#logout').addEventListener('click', async () => {
  await fetch(`${MASUK}/api/auth/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  // Known devices have an allowance of codes of their own: what strangers do to the number does not concern them.
  login.deviceToken = tokens.deviceToken;
  tokens = null;
  login.reset();
  login.hidden = false;
  inside.hidden = true;
});
