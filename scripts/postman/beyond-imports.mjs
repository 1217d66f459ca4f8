const IMPORT = 'id system state rows position counts createdAt updatedAt';
const ONE = { '': 'success message data', data: IMPORT };
const ID = { id: '{{importId}}' };

export const imports = {
  name: 'Imports of people',
  about: 'People of another system: checked row by row, and written when an admin has confirmed it.',
  items: [
    {
      name: 'Check people of another system',
      about: 'As JSON, or a file as `multipart/form-data`: the fields first, the `file` last. Nothing is changed yet.',
      call: 'POST /api/admin/imports',
      json: {
        system: 'klinik',
        map: 'id=id,fullName=nama,phone=hp',
        people: [{ id: 1, nama: 'Telepon Rumah', hp: '0967521111' }],
      },
      token: 'adminToken',
      ok: { status: 201, says: 'Data sedang diperiksa', fields: ONE },
      tests: {
        'has looked at a few rows already': [
          "pm.expect(body.data).to.include({ state: 'checked', rows: 1, position: 1 });",
          "pm.expect(body.data.counts).to.eql({ refused: 1, 'refused.phone_invalid': 1 });",
        ],
      },
      keep: { importId: 'body.data.id' },
    },
    {
      name: 'Check people of nowhere',
      about: 'The system has to be named: what it calls a person is unique within it.',
      call: 'POST /api/admin/imports',
      json: { people: [{ phone: '081234567890' }] },
      token: 'adminToken',
      refusal: 'validation_failed',
    },
    {
      name: 'Check something that is no map',
      about: 'A map is a list of FIELD=PATH.',
      call: 'POST /api/admin/imports',
      json: { system: 'klinik', map: 'nama', people: [{ nama: 'Ani' }] },
      token: 'adminToken',
      refusal: 'import_unreadable',
    },
    {
      name: 'All imports',
      about: 'Those of the last day, newest first.',
      call: 'GET /api/admin/imports',
      token: 'adminToken',
      ok: { status: 200, says: 'Daftar impor pengguna', fields: { '': 'success message data', 'data[0]': IMPORT } },
    },
    {
      name: 'One import',
      about: 'How far it is, and how many rows come to what.',
      call: 'GET /api/admin/imports/:id',
      params: ID,
      token: 'adminToken',
      ok: { status: 200, says: 'Impor', fields: ONE },
    },
    {
      name: 'What becomes of each row',
      about: 'A file with a line for each; phones are masked.',
      call: 'GET /api/admin/imports/:id/report',
      params: ID,
      token: 'adminToken',
      headers: { Accept: 'text/csv' },
      bodyless: true,
      ok: { status: 200 },
      tests: {
        'says why':
          "pm.expect(pm.response.text().trim().split('\\r\\n')[1]).to.equal('1,,,refused,phone_invalid,,,,,');",
      },
    },
    {
      name: 'Write what was checked',
      about: 'Here nobody: the only row is refused.',
      call: 'POST /api/admin/imports/:id/confirm',
      params: ID,
      token: 'adminToken',
      ok: { status: 200, says: 'Data sedang disimpan', fields: ONE },
    },
    {
      name: 'Write it again',
      about: 'What was confirmed is not confirmed twice.',
      call: 'POST /api/admin/imports/:id/confirm',
      params: ID,
      token: 'adminToken',
      refusal: 'import_not_checked',
    },
    {
      name: 'End it',
      about: 'What is kept of it is deleted; what was written would stay.',
      call: 'DELETE /api/admin/imports/:id',
      params: ID,
      token: 'adminToken',
      ok: { status: 200, says: 'Impor dihentikan', fields: { '': 'success message' } },
    },
    {
      name: 'An import that nobody knows',
      about: 'Nor one that was begun on the command line.',
      call: 'GET /api/admin/imports/:id',
      params: { id: 'unknown' },
      token: 'adminToken',
      refusal: 'import_not_found',
    },
  ],
};
