/** What every refusal has to say: its status and, where no other language is asked for, its sentence. */
const REFUSALS = {
  invalid_json: [400, 'Isi permintaan bukan JSON yang sah'],
  validation_failed: [400, 'Data yang dikirim tidak valid'],
  idempotency_key_invalid: [400, 'Idempotency-Key tidak valid: harus 1 sampai 255 karakter dalam tanda kutip'],
  invalid_phone: [400, 'Nomor telepon tidak valid'],
  webhook_url_refused: [400, 'Alamat webhook tidak diizinkan'],
  invalid_otp: [400, 'Kode OTP tidak valid atau sudah kadaluarsa'],
  name_required: [400, 'Nama harus diisi'],
  phone_number_required: [400, 'NoHp harus diisi'],
  otp_active: [400, 'Sudah ada OTP aktif'],
  otp_not_verified: [400, 'Kode OTP belum diverifikasi'],
  passwords_differ: [400, 'Konfirmasi kata sandi tidak sama'],
  current_password_wrong: [400, 'Kata sandi saat ini salah'],
  password_refused: [400, 'Kata sandi tidak memenuhi syarat'],
  unauthenticated: [401, 'Anda harus login terlebih dahulu'],
  invalid_token: [401, 'Token tidak valid atau sudah kadaluarsa'],
  invalid_refresh_token: [401, 'Sesi sudah berakhir, silakan login kembali'],
  invalid_api_key: [401, 'API key tidak valid'],
  invalid_credentials: [401, 'Email, username, nomor telepon atau kata sandi salah'],
  forbidden: [403, 'Anda tidak berhak melakukan ini'],
  second_factor_required: [403, 'Buktikan faktor kedua Anda untuk melanjutkan'],
  invalid_second_factor: [400, 'Kode atau passkey tidak valid, atau sudah dipakai'],
  passkey_not_found: [404, 'Passkey tidak ditemukan'],
  second_factor_not_enrolled: [409, 'Akun ini belum memiliki faktor kedua itu'],
  foreign_origin: [403, 'Permintaan ini hanya dapat dikirim dari halaman layanan ini sendiri'],
  phone_not_registered: [404, 'Nomor telepon tidak terdaftar atau akun tidak aktif'],
  session_not_found: [404, 'Sesi tidak ditemukan'],
  user_not_found: [404, 'User tidak ditemukan'],
  import_unreadable: [400, 'Data pengguna tidak bisa dibaca. Periksa format dan kolomnya.'],
  import_not_found: [404, 'Impor tidak ditemukan'],
  import_not_checked: [
    409,
    'Impor ini tidak bisa dikonfirmasi: masih diperiksa, atau sudah dikonfirmasi atau dibatalkan',
  ],
  conversation_not_found: [404, 'Percakapan tidak ditemukan'],
  media_not_found: [404, 'File tidak ditemukan, atau sudah tidak disimpan oleh provider'],
  invalid_redirect_uri: [
    400,
    'Alamat aplikasi tidak diizinkan. Gunakan alamat https yang lengkap, atau localhost, tanpa fragmen.',
  ],
  oidc_client_not_found: [404, 'Aplikasi tidak ditemukan'],
  api_key_not_found: [404, 'API key tidak ditemukan'],
  verification_not_found: [404, 'Tidak ada kode OTP untuk nomor ini'],
  email_taken: [409, 'Email sudah dipakai'],
  username_taken: [409, 'Username sudah dipakai'],
  phone_taken: [409, 'Nomor telepon sudah dipakai'],
  phone_required: [409, 'Akun ini tidak memiliki nomor telepon'],
  unsupported_media_type: [415, 'Content-Type ini tidak didukung di sini'],
  idempotency_key_reused: [422, 'Idempotency-Key sudah dipakai untuk permintaan lain'],
  otp_rate_limited: [429, 'Terlalu banyak permintaan kode, coba lagi nanti'],
  database_unavailable: [503, 'Layanan sedang tidak tersedia, coba beberapa saat lagi'],
};

const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const indented = (lines) => lines.map((line) => `  ${line}`);
const test = (name, lines) => [`pm.test(${quoted(name)}, () => {`, ...indented(lines), '});'];

/** Runs after each request of the collection, whatever it was. */
export const AFTER_EVERY_REQUEST = [
  '// Every answer, whatever the request. Each request has tests of its own besides.',
  "pm.test('has an id for the log', () => pm.response.to.have.header('X-Request-Id'));",
  'if (pm.response.code >= 400 && pm.response.json().code !== undefined) {',
  ...indented([
    ...test('is a failure in the one shape', [
      'const failure = pm.response.json();',
      'pm.expect(failure.success).to.equal(false);',
      "pm.expect(failure.message).to.be.a('string').and.not.equal('');",
      'pm.expect(failure.code).to.match(/^[a-z][a-z0-9_]*$/);',
      "pm.expect(['success', 'message', 'code', 'details']).to.include.members(Object.keys(failure));",
    ]),
  ]),
  '}',
  'if ([429, 503].includes(pm.response.code)) {',
  ...indented(
    test('says in whole seconds how long to wait', [
      "pm.expect(pm.response.headers.get('Retry-After')).to.match(/^[1-9]\\d*$/);",
    ]),
  ),
  '}',
];

/** Makes up the digits by which one run tells its accounts from those of the run before. */
export const NEW_STAMP = [
  '// Nine digits that no run before had: names and numbers of this folder hold them.',
  "pm.collectionVariables.set('stamp', String(Date.now()).slice(-9));",
];

/** The variable `phone` as the inbox spells it, as an expression: people may spell it in any way. */
export const NATIONAL_PHONE = "pm.variables.get('phone').replace(/\\D/g, '').replace(/^(62)?0?/, '0')";

/** The newest code in the developer inbox for a number in national form, as an expression. */
export const newestCodeFor = (phone) => `body.data.find(({ to, code }) => to === ${phone} && code)?.code`;

/** A code that differs in its last digit, as an expression. */
export const anotherThan = (code) => `${code}.replace(/.$/, (last) => (Number(last) + 1) % 10)`;

function refusalTests(code) {
  const [status, sentence] = REFUSALS[code];
  return test(`${status} ${code}: ${sentence}`, [
    `pm.response.to.have.status(${status});`,
    `pm.expect(body.code).to.equal(${quoted(code)});`,
    `pm.expect(body.message).to.equal(${quoted(sentence)});`,
  ]);
}

/** @param fields names by where they stand: `''` is the answer itself */
function fieldTests(fields) {
  const lines = Object.entries(fields).map(([place, names]) => {
    const subject = place === '' ? 'body' : `body.${place}`;
    return `pm.expect(${subject}).to.have.all.keys(${names.split(' ').map(quoted).join(', ')});`;
  });
  return test('has these fields and no others', lines);
}

function successTests({ status, says, success = says !== undefined, fields }) {
  return [
    ...test(says === undefined ? `${status}` : `${status}: ${says}`, [
      `pm.response.to.have.status(${status});`,
      ...(success ? ['pm.expect(body.success).to.equal(true);'] : []),
      ...(says === undefined ? [] : [`pm.expect(body.message).to.equal(${quoted(says)});`]),
    ]),
    ...(fields ? fieldTests(fields) : []),
  ];
}

/** @param inputs names that the environment has: what is kept under them belongs there */
function keepLines(keep, inputs) {
  return Object.entries(keep).map(([name, expression]) => {
    const scope = inputs.includes(name) ? 'environment' : 'collectionVariables';
    return `pm.${scope}.set(${quoted(name)}, ${expression});`;
  });
}

function outcomeLines({ ok, refusal, tests = {}, keep = {} }, inputs) {
  const named = Object.entries(tests).flatMap(([name, lines]) => test(name, [lines].flat()));
  const expected = refusal ? refusalTests(refusal) : successTests(ok);
  return [...expected, ...named, ...keepLines(keep, inputs)];
}

/**
 * The test script of a request.
 *
 * @param call `ok` or `refusal`, `tests`, `keep`; `or`: another outcome that is as good, with the condition `when`;
 *   `bodyless`: the answer is no JSON
 * @param inputs names of the environment's variables
 */
export function testScript({ or, bodyless = false, ...main }, inputs) {
  const body = bodyless ? [] : ['const body = pm.response.json();'];
  if (!or) return [...body, ...outcomeLines(main, inputs)];
  return [
    ...body,
    `if (${or.when}) {`,
    ...indented(outcomeLines(or, inputs)),
    '} else {',
    ...indented(outcomeLines(main, inputs)),
    '}',
  ];
}
