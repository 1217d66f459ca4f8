const NAME = { id: 'postman-{{stamp}}' };
const NOBODY = { id: 'nobody-{{stamp}}' };

export const gateway = {
  name: 'C. WhatsApp gateway',
  about:
    'WhatsApp accounts that are linked here, each a session with a name. By an API key of the scopes `sessions` and ' +
    '`messages`, or with `adminToken` of folder A. A run links no phone: what needs one is shown by its refusal.',
  items: [
    {
      name: 'Create a session',
      about: 'Then scan its QR code, or type its pairing code into WhatsApp.',
      call: 'POST /api/sessions/create',
      json: { sessionId: 'postman-{{stamp}}' },
      token: 'adminToken',
      ok: {
        status: 201,
        says: 'Session dibuat, pindai QR code dengan WhatsApp',
        fields: { '': 'success message data' },
      },
      tests: { 'has its name': 'pm.expect(body.data.sessionId).to.match(/^postman-/);' },
    },
    {
      name: 'Create a session with a name that is none',
      about: 'Letters, digits, `_` and `-`, at most 64.',
      call: 'POST /api/sessions/create',
      json: { sessionId: '../etc' },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'List the sessions',
      about: 'Those of the API key; an admin sees all.',
      call: 'GET /api/sessions',
      token: 'adminToken',
      ok: { status: 200, says: 'Daftar session', fields: { '': 'success message data nextCursor' } },
    },
    {
      name: 'State of a session',
      about: '`connecting`, `qr`, `connected`, `disconnected` or `logged_out`.',
      call: 'GET /api/sessions/:id/status',
      params: NAME,
      token: 'adminToken',
      ok: { status: 200, says: 'Status session', fields: { '': 'success message data' } },
    },
    {
      name: 'The QR code of a session that nobody has',
      about: 'A PNG as a data URL, while a session waits to be scanned.',
      call: 'GET /api/sessions/:id/qr',
      params: NOBODY,
      token: 'adminToken',
      refusal: 'session_not_found',
    },
    {
      name: 'A link to the QR page',
      about: 'For somebody without a key; it opens the page once.',
      call: 'POST /api/sessions/:id/qr-ticket',
      params: NAME,
      token: 'adminToken',
      ok: { status: 201, says: 'Tautan sekali pakai dibuat', fields: { '': 'success message data' } },
    },
    {
      name: 'A pairing code for a session that nobody has',
      about: 'Eight characters to type into WhatsApp instead of scanning.',
      call: 'POST /api/sessions/:id/pairing-code',
      params: NOBODY,
      json: { phone: '081234567890' },
      token: 'adminToken',
      refusal: 'session_not_found',
    },
    {
      name: 'Start a session again',
      about: 'Without a new link, if it has one.',
      call: 'PUT /api/sessions/:id/restart',
      params: NAME,
      token: 'adminToken',
      ok: { status: 200, says: 'Session dimulai ulang', fields: { '': 'success message data' } },
    },
    {
      name: 'Send a text by a session that nobody has',
      about: '`to` in any spelling; `message` may stand for `text`.',
      call: 'POST /api/messages/:sessionId/text',
      params: { sessionId: 'nobody-{{stamp}}' },
      json: { to: '081234567890', text: 'Halo' },
      token: 'adminToken',
      refusal: 'session_not_found',
    },
    {
      name: 'Delete a session',
      about: 'The phone lists it no more.',
      call: 'DELETE /api/sessions/:id',
      params: NAME,
      token: 'adminToken',
      ok: { status: 200, says: 'Session dihapus', fields: { '': 'success message' } },
    },
  ],
};
