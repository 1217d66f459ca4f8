const STEPS = 'requested accepted sent delivered read verified failed';

export const operations = {
  name: 'Operations',
  about: 'What an admin looks at when codes do not arrive: the providers, what became of the messages, the jobs.',
  items: [
    {
      name: 'See the providers',
      about:
        'The rungs of the ladder, first rung first: what each says of its own link, what it did lately, and its last ' +
        'error in its own words. `connected` does not mean that it delivers.',
      call: 'GET /api/admin/providers',
      token: 'adminToken',
      ok: { status: 200, says: 'Status provider', fields: { '': 'success message data' } },
      tests: {
        'names every rung once': [
          'const names = body.data.map(({ provider }) => provider);',
          'pm.expect(names).to.have.lengthOf(new Set(names).size);',
          "pm.expect(['closed', 'open', 'half-open']).to.include(body.data[0].breaker);",
        ],
      },
    },
    {
      name: 'See the providers as an operator',
      about: 'Only admins see them.',
      call: 'GET /api/admin/providers',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'See how far messages got',
      about: 'Counts of a span, of the last day where nothing is said; all together and by provider.',
      call: 'GET /api/admin/delivery',
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Statistik pengiriman pesan',
        fields: { '': 'success message data', data: 'from to all providers', 'data.all': STEPS },
      },
      tests: {
        'never widens': [
          'const { requested, accepted, sent, delivered, read } = body.data.all;',
          'const steps = [requested, accepted, sent, delivered, read];',
          'pm.expect(steps).to.eql([...steps].sort((a, b) => b - a));',
        ],
      },
    },
    {
      name: 'See a span that is too long',
      about: 'At most 92 days in one answer.',
      call: 'GET /api/admin/delivery',
      query: { from: '2020-01-01T00:00:00Z' },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'See how the service does today',
      about: 'Codes by how far they got, who was refused, what is spent of the day’s cap, by the clocks of a zone.',
      call: 'GET /api/admin/overview',
      query: { range: 'today', timezone: 'Asia/Jakarta' },
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Ringkasan',
        fields: {
          '': 'success message data',
          data: 'range timezone from to part funnel failures providers p95AcceptMs p95DeliverMs refused refusals spend series',
          'data.funnel': `${STEPS} waiting unknown expired`,
          'data.spend': 'used cap endsAt',
        },
      },
      tests: {
        'has an hour each': 'pm.expect(body.data.series.length).to.be.within(1, 25);',
        'begins at midnight': 'pm.expect(body.data.from).to.match(/T17:00:00\\.000Z$/);',
      },
    },
    {
      name: 'See it by the clocks of no zone',
      about: 'A zone is called by its name, as browsers know it.',
      call: 'GET /api/admin/overview',
      query: { timezone: 'UTC+7' },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'See it as an operator',
      about: 'Only admins and supervisors see it.',
      call: 'GET /api/admin/overview',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'See the jobs',
      about: 'What the instances do at set times, when each ran last, how it went, and when it runs next.',
      call: 'GET /api/admin/jobs',
      token: 'adminToken',
      ok: { status: 200, fields: { '': 'success message data' } },
      tests: { 'names them': "pm.expect(body.data.map(({ name }) => name)).to.include('old-codes');" },
    },
    {
      name: 'See the settings in force',
      about: 'All of this instance, and where each value comes from. Of what may be a secret only whether it is set.',
      call: 'GET /api/admin/settings',
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Pengaturan yang berlaku',
        fields: { '': 'success message data', 'data[0]': 'name section doc source masked value otherwise' },
      },
      tests: {
        'show no secret': 'pm.expect(body.data.filter(({ masked, value }) => masked && value !== null)).to.eql([]);',
      },
    },
    {
      name: 'See the settings as an operator',
      about: 'Only admins and supervisors see them.',
      call: 'GET /api/admin/settings',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'See the messages that are sent',
      about: 'Each in both languages, with made-up values, as the service writes it.',
      call: 'GET /api/admin/templates',
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Template pesan',
        fields: { '': 'success message data', 'data[0]': 'name kind settings texts' },
      },
      tests: { 'begin with the login': "pm.expect(body.data[0].name).to.equal('otp.login');" },
    },
    {
      name: 'See the messages as an operator',
      about: 'Only admins and supervisors see them.',
      call: 'GET /api/admin/templates',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'See the test numbers',
      about: 'Numbers of `TEST_PHONES`, and what becomes of their codes. A fixed code is not told.',
      call: 'GET /api/admin/test-numbers',
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Nomor uji',
        fields: { '': 'success message data', data: 'until numbers' },
      },
      tests: { 'are a list': "pm.expect(body.data.numbers).to.be.an('array');" },
    },
    {
      name: 'See the test numbers as an operator',
      about: 'Only admins and supervisors see them.',
      call: 'GET /api/admin/test-numbers',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
    {
      name: 'See the signing keys',
      about: 'With their dates. The keys themselves are at `/.well-known/jwks.json`, without what signs.',
      call: 'GET /api/admin/signing-keys',
      token: 'adminToken',
      ok: {
        status: 200,
        says: 'Kunci penanda tangan',
        fields: {
          '': 'success message data',
          data: 'algorithm keys',
          'data.keys[0]': 'kid algorithm state createdAt signsFrom signsUntil removedAt',
        },
      },
      tests: {
        'one signs': "pm.expect(body.data.keys.filter(({ state }) => state === 'ACTIVE')).to.have.lengthOf(1);",
      },
    },
    {
      name: 'See the signing keys as an operator',
      about: 'Only admins and supervisors see them.',
      call: 'GET /api/admin/signing-keys',
      token: 'operatorToken',
      refusal: 'forbidden',
    },
  ],
};
