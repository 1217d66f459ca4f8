/** A number that nobody has, in the forms of Whapi and of this service. */
const FROM = '62813{{stamp}}@s.whatsapp.net';
const PHONE = '0813{{stamp}}';

const CONVERSATION = 'phone name state unread canReply lastMessage startedAt lastActivityAt';
const MESSAGE = 'id direction kind text media provider answeredBy sentBy sentByName delivery reason at sentAt';

const incoming = {
  name: 'A message comes in',
  about:
    'As Whapi delivers it, with the least that is needed. Without `WHAPI_WEBHOOK_SECRET` only calls from the machine of the ' +
    'service are taken. The menu goes out behind this answer.',
  call: 'POST /webhook/whapi',
  json: { messages: [{ from: FROM, text: { body: 'Halo' } }] },
  ok: { status: 200, fields: { '': 'status' } },
  tests: { 'is ok': "pm.expect(body.status).to.equal('ok');" },
};

export const conversations = {
  name: 'The bot, and answering by hand',
  about:
    'A person writes; the bot shows its menu; somebody of the staff takes over. With `adminToken` of the folder SiKesKoja.',
  items: [
    incoming,
    {
      ...incoming,
      name: 'Something odd comes in',
      about: 'What cannot be read is skipped, and holds nothing up.',
      json: { messages: [null, { from: 'nobody' }], something: 'else' },
    },
    {
      name: 'A delivery that is no JSON',
      about: 'Is refused.',
      call: 'POST /webhook/whapi',
      json: '{"messages":',
      refusal: 'invalid_json',
    },
    {
      name: 'All conversations',
      about: 'Newest activity first. `state` shows those in one state, `cursor` goes on.',
      call: 'GET /api/conversations',
      query: { limit: '5' },
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Daftar percakapan',
        fields: { '': 'success message data nextCursor', 'data[0]': CONVERSATION },
      },
      tests: {
        'the bot answers by itself': [
          "const mine = body.data.find(({ phone }) => phone === `0813${pm.collectionVariables.get('stamp')}`);",
          "pm.expect(mine.state).to.equal('BOT');",
          'pm.expect(mine.unread).to.equal(1);',
        ],
      },
    },
    {
      name: 'All conversations, by nobody',
      about: 'ADMIN, SUPERVISOR and OPERATOR only.',
      call: 'GET /api/conversations',
      refusal: 'unauthenticated',
    },
    {
      name: 'One conversation',
      about: 'As in the list. The number may come in any spelling.',
      call: 'GET /api/conversations/:phone',
      params: { phone: PHONE },
      token: 'adminToken',
      ok: { status: 200, says: 'Percakapan', fields: { '': 'success message data', data: CONVERSATION } },
      tests: { 'is the one that was asked for': "pm.expect(body.data.state).to.equal('BOT');" },
    },
    {
      name: 'One conversation with nobody',
      about: 'Who never wrote has none.',
      call: 'GET /api/conversations/:phone',
      params: { phone: '081300000000' },
      token: 'adminToken',
      refusal: 'conversation_not_found',
    },
    {
      name: 'What was said',
      about: 'Both ways, newest first. The number may come in any spelling.',
      call: 'GET /api/conversations/:phone/messages',
      params: { phone: PHONE },
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Isi percakapan',
        fields: { '': 'success message data nextCursor', 'data[0]': MESSAGE },
      },
      tests: {
        'the menu answers the message': [
          "pm.expect(body.data.map(({ direction }) => direction)).to.eql(['out', 'in']);",
          'pm.expect(body.data[0].text).to.match(/^Halo 👋\\nSilakan pilih:/);',
          "pm.expect(body.data[1].text).to.equal('Halo');",
        ],
      },
    },
    {
      name: 'What a stranger said',
      about: 'Who never wrote has no conversation.',
      call: 'GET /api/conversations/:phone/messages',
      params: { phone: '081300000000' },
      token: 'adminToken',
      refusal: 'conversation_not_found',
    },
    {
      name: 'Answer by hand',
      about: 'The state becomes `AGENT`: the bot is silent from now on.',
      call: 'POST /api/conversations/:phone/reply',
      params: { phone: PHONE },
      json: { text: 'Selamat pagi, ada yang bisa kami bantu?' },
      token: 'adminToken',
      ok: { status: 200, says: 'Balasan dikirim', fields: { '': 'success message data', data: MESSAGE } },
      tests: { 'by the staff': "pm.expect(body.data.answeredBy).to.equal('staff');" },
    },
    {
      name: 'Answer nothing',
      about: 'At most 4,096 characters, and at least one.',
      call: 'POST /api/conversations/:phone/reply',
      params: { phone: PHONE },
      json: { text: '' },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'Answer with a file',
      about: 'By its address, which the provider fetches. `kind` is `image`, `video`, `audio` or `document`.',
      call: 'POST /api/conversations/:phone/reply',
      params: { phone: PHONE },
      json: {
        media: {
          kind: 'document',
          url: 'https://files.example.com/hasil.pdf',
          caption: 'Hasil laboratorium',
          fileName: 'hasil.pdf',
        },
      },
      token: 'adminToken',
      ok: { status: 200, says: 'Balasan dikirim', fields: { '': 'success message data', data: MESSAGE } },
      tests: { 'is a document': "pm.expect(body.data.kind).to.equal('document');" },
    },
    {
      name: 'Open a file that did not come in',
      about: 'The id is that of a message in the list; of one that came in with a file the answer is the file.',
      call: 'GET /api/conversations/:phone/messages/:messageId/media',
      params: { phone: PHONE, messageId: 'bukan-pesan' },
      token: 'adminToken',
      refusal: 'media_not_found',
    },
    {
      name: 'Give it back to the bot',
      about: '`state` is `BOT`, `AGENT` or `PAUSE`; `read` says that all is read, `readTo` up to which message.',
      call: 'PATCH /api/conversations/:phone',
      params: { phone: PHONE },
      json: { state: 'BOT', read: true },
      token: 'adminToken',
      ok: { status: 200, says: 'Percakapan diperbarui', fields: { '': 'success message data', data: CONVERSATION } },
      tests: {
        'the bot answers again': [
          "pm.expect(body.data.state).to.equal('BOT');",
          'pm.expect(body.data.unread).to.equal(0);',
        ],
      },
    },
    {
      name: 'Give something back that is no number',
      about: 'Is refused.',
      call: 'PATCH /api/conversations/:phone',
      params: { phone: 'bukan-nomor' },
      json: { state: 'BOT' },
      token: 'adminToken',
      refusal: 'invalid_phone',
    },
  ],
};
