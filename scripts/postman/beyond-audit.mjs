const PAGE = { '': 'success message data nextCursor' };
const LISTED = { status: 200, says: 'Catatan keamanan', fields: PAGE };

export const audit = {
  name: 'The audit log',
  about:
    'Security events, for admins: who, what, where from, how it ended, and in which request. Refusals of one kind are ' +
    'counted by the minute. Filters: `from to type outcome userId subjectId address requestId`.',
  items: [
    {
      name: 'The newest events',
      about: 'Newest first; go on with `nextCursor`. Reading them is an event, and so the first of them.',
      call: 'GET /api/admin/audit',
      query: { limit: '5' },
      token: 'adminToken',
      ok: LISTED,
      tests: {
        'are five, this reading in front': [
          'pm.expect(body.data).to.have.lengthOf(5);',
          "pm.expect(body.data[0]).to.include({ type: 'audit.read', outcome: 'success', count: 1 });",
          "pm.expect(body.data[0].requestId).to.equal(pm.response.headers.get('X-Request-Id'));",
          "pm.expect(body.nextCursor).to.be.a('string');",
        ],
      },
      keep: { auditCursor: 'body.nextCursor' },
    },
    {
      name: 'The events before them',
      about: 'None comes twice, whatever happens meanwhile.',
      call: 'GET /api/admin/audit',
      query: { limit: '5', cursor: '{{auditCursor}}' },
      token: 'adminToken',
      ok: LISTED,
      tests: {
        'are older': [
          'const times = body.data.map(({ occurredAt }) => occurredAt);',
          'pm.expect(times).to.eql([...times].sort().reverse());',
        ],
      },
    },
    {
      name: 'What happened to an account',
      about: 'Of the person of this folder, until they are erased.',
      call: 'GET /api/admin/audit',
      query: { userId: '{{personId}}', outcome: 'success' },
      token: 'adminToken',
      ok: LISTED,
      tests: {
        'has their registration and their exports':
          "pm.expect(body.data.map(({ type }) => type)).to.include.members(['user.registered', 'user.exported']);",
      },
    },
    {
      name: 'Who was kept out of where',
      about: 'Refusals of one kind are one event a minute: `count` says how many there were.',
      call: 'GET /api/admin/audit',
      query: { type: 'access.refused', limit: '50' },
      token: 'adminToken',
      ok: LISTED,
      tests: {
        // Refusals of a person who was erased have no details any more, and all of a minute are dated to its beginning.
        'says where and why': [
          'const told = body.data.find(({ detail }) => detail !== null);',
          "pm.expect(told.detail).to.include.keys('code', 'route');",
          'pm.expect(told.count).to.be.at.least(1);',
        ],
      },
    },
    {
      name: 'The same as a file',
      about: 'With `Accept: text/csv`: every event that fits, or as many as `limit` says.',
      call: 'GET /api/admin/audit',
      query: { limit: '3' },
      token: 'adminToken',
      headers: { Accept: 'text/csv' },
      bodyless: true,
      ok: { status: 200 },
      tests: {
        'has a line of names and three of events': [
          "pm.expect(pm.response.headers.get('Content-Type')).to.match(/^text\\/csv/);",
          "const lines = pm.response.text().trim().split('\\r\\n');",
          'pm.expect(lines[0]).to.match(/^id,occurredAt,type,outcome,/);',
          'pm.expect(lines).to.have.lengthOf(4);',
        ],
      },
    },
    {
      name: 'Events of an address that is none',
      about: 'Queries are checked as bodies are.',
      call: 'GET /api/admin/audit',
      query: { address: 'di-sana' },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'The audit log as an operator',
      about: 'Only admins may read it. That somebody tried stands in it.',
      call: 'GET /api/admin/audit',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
  ],
};
