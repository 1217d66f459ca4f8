// The three steps of a forgotten password with plain fetch, as a front end of the replaced ticketing system does them.
const API = 'http://localhost:5000/api/forgot-password';
const LOGIN_PAGE = 'login.html';

const at = (id) => document.getElementById(id);
let otpId = null;
let countdown;

async function post(path, body) {
  const response = await fetch(API + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

function show(step) {
  for (const id of ['step1', 'step2', 'step3']) at(id).hidden = id !== step;
  document.querySelector(`#${step} input`)?.focus();
}

/** Counts down the life of the code, `15:00` to `0:00`. */
function startTimer(expiresAt) {
  clearInterval(countdown);
  const tick = () => {
    const seconds = Math.max(0, Math.round((Date.parse(expiresAt) - Date.now()) / 1000));
    at('timer').textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    if (seconds === 0) clearInterval(countdown);
  };
  tick();
  countdown = setInterval(tick, 1000);
}

/** Lets a form send one call at a time and shows what came of it. */
function onSubmit(id, send) {
  at(id).addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = at(id).querySelector('button');
    if (button.disabled) return;
    button.disabled = true;
    try {
      await send();
    } catch {
      at('message').textContent = 'Tidak ada koneksi. Coba lagi.';
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit('step1', async () => {
  const answer = await post('/request-otp', { nama: at('nama').value, noHp: at('noHp').value });
  at('message').textContent = answer.testOTP ? `${answer.message} (uji: ${answer.testOTP})` : answer.message;
  // A code that was sent before and still lives is the one to type.
  const times = answer.success ? answer.data : answer.code === 'otp_active' ? answer.details : null;
  if (times === null) return;
  startTimer(times.expiresAt);
  show('step2');
});

onSubmit('step2', async () => {
  const answer = await post('/verify-otp', { noHp: at('noHp').value, otp: at('otp').value });
  at('message').textContent = answer.message;
  if (!answer.success) return;
  otpId = answer.data.otpId;
  show('step3');
});

onSubmit('step3', async () => {
  const answer = await post('/reset-password', {
    noHp: at('noHp').value,
    otp: at('otp').value,
    newPassword: at('newPassword').value,
    confirmPassword: at('confirmPassword').value,
    otpId,
  });
  at('message').textContent = answer.message;
  if (!answer.success) return;
  clearInterval(countdown);
  for (const form of document.querySelectorAll('form')) form.reset();
  otpId = null;
  setTimeout(() => location.assign(LOGIN_PAGE), 2000);
});
