// Login by code with nothing but fetch: what the element and @masuk/client do for you, at its smallest.
const MASUK = 'http://localhost:5000';

const at = (id) => document.getElementById(id);
/** The number that the code went to, and the code's session. */
let sent = null;

async function call(path, body) {
  const response = await fetch(MASUK + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (answer.success) return answer;
  const { message, code, details } = answer;
  throw Object.assign(new Error(message), { code, details, wait: Number(response.headers.get('retry-after')) });
}

/** One call at a time, its button asleep meanwhile: a double click is one request. */
async function once(button, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    const left = error.details?.attemptsLeft;
    const more = left === undefined ? '' : ` Sisa ${left} percobaan.`;
    at('message').textContent = error.message + more + (error.wait > 0 ? ` Tunggu ${error.wait} detik.` : '');
  } finally {
    button.disabled = false;
  }
}

function expectCode(phone, { data, message }) {
  sent = { phone, sessionId: data.sessionId };
  at('phoneForm').hidden = true;
  at('codeForm').hidden = false;
  at('message').textContent = message;
  at('code').value = '';
  at('code').focus();
  at('resend').disabled = true;
  setTimeout(() => (at('resend').disabled = false), Date.parse(data.resendAt) - Date.now());
}

at('phoneForm').addEventListener('submit', (event) => {
  event.preventDefault();
  const phone = at('phone').value;
  void once(event.submitter ?? event.target.querySelector('button'), async () =>
    expectCode(phone, await call('/api/auth/otp/request', { phone })),
  );
});

at('resend').addEventListener('click', (event) => {
  const { phone } = sent;
  void once(event.target, async () => expectCode(phone, await call('/api/auth/otp/resend', { phone })));
});

at('codeForm').addEventListener('submit', (event) => {
  event.preventDefault();
  void once(at('codeForm').querySelector('button'), async () => {
    const { data } = await call('/api/auth/otp/verify', { ...sent, otpCode: at('code').value });
    // data.token goes into the Authorization header of your calls; data.refreshToken opens the next one, once.
    at('codeForm').hidden = true;
    at('message').textContent = `Halo, ${data.user.profile.fullName ?? data.user.phone}.`;
  });
});
