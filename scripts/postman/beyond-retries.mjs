const KEY = { 'Idempotency-Key': '"ulang-{{stamp}}"' };
const SENT = 'Kode OTP telah dikirim ke WhatsApp Anda';

export const retries = {
  name: 'Sent again',
  about:
    'A request whose answer was lost may be sent again with its `Idempotency-Key`: it gets the same answer, and acts ' +
    'once. Routes that send take one.',
  items: [
    {
      name: 'Give the number its codes back',
      about: 'So that a code may go out now.',
      call: 'POST /api/users/:id/unlock',
      params: { id: '{{accountId}}' },
      token: 'adminToken',
      ok: { status: 200, says: 'Akun dibuka kembali', fields: { '': 'success message' } },
    },
    {
      name: 'Ask for a code with a key',
      about: 'The key is made up for this one request, best a UUID. Keeps `otpSession`.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '{{phone}}' },
      headers: KEY,
      ok: { status: 200, says: SENT, fields: { data: 'sessionId expiresAt resendAt channel' } },
      tests: {
        'is no repetition': "pm.expect(pm.response.headers.has('Idempotency-Replayed')).to.equal(false);",
      },
      keep: { otpSession: 'body.data.sessionId' },
    },
    {
      name: 'The same request once more',
      about: 'Without the key this would be refused: the cooldown runs.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '{{phone}}' },
      headers: KEY,
      ok: { status: 200, says: SENT, fields: { data: 'sessionId expiresAt resendAt channel' } },
      tests: {
        'is the same answer': [
          "pm.expect(pm.response.headers.get('Idempotency-Replayed')).to.equal('true');",
          "pm.expect(body.data.sessionId).to.equal(pm.collectionVariables.get('otpSession'));",
        ],
      },
    },
    {
      name: 'Another request with the same key',
      about: 'A key belongs to one request.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '081234567891' },
      headers: KEY,
      refusal: 'idempotency_key_reused',
    },
    {
      name: 'A key that is none',
      about: '1 to 255 characters, in quotes.',
      call: 'POST /api/auth/otp/resend',
      json: { phone: '{{phone}}' },
      headers: { 'Idempotency-Key': '""' },
      refusal: 'idempotency_key_invalid',
    },
  ],
};
