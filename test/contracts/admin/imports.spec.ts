import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHouse, type House, type Settings } from '../../support/house.js';
import { csv } from '../../support/imports.js';
import { runJob } from '../../support/jobs.js';
import { type Answer } from '../../support/service.js';
import { until } from '../../support/waits.js';

const PATH = '/api/admin/imports';
const SETTINGS: Settings = { MEDIA_MAX_BYTES: '200000', MESSAGE_LANGUAGE: 'negotiate' };

let house: House;
let admin: Record<string, string>;
let adminId: string;

beforeAll(async () => {
  house = await openHouse(SETTINGS);
  const { phone, id } = await house.person({ role: 'ADMIN' });
  adminId = id;
  admin = { authorization: `Bearer ${(await house.login(phone)).token}` };
});

afterAll(() => house.close());

/** A form as a browser sends it: fields first, the file last. */
async function upload(
  fields: Record<string, string>,
  file: string | null,
  name = 'file',
  language = 'id',
): Promise<Answer> {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  if (file !== null) form.append(name, new Blob([file]), 'people.csv');
  const answer = await fetch(house.service.url + PATH, {
    method: 'POST',
    body: form,
    headers: { ...admin, 'accept-language': language },
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) };
}

const show = async (id: string) => (await house.service.get(`${PATH}/${id}`, admin)).body.data;
const reaches = (id: string, state: string) =>
  until(`the import is ${state}`, async () => (await show(id)).state === state);
const confirm = (id: string) => house.service.post(`${PATH}/${id}/confirm`, {}, admin);
const COLUMNS = ['id', 'fullName', 'email', 'phone', 'role', 'password'];
/** Each prefix has numbers of its own. */
const blocks: string[] = [];
const blockOf = (prefix: string) => (blocks.includes(prefix) ? blocks.indexOf(prefix) : blocks.push(prefix) - 1);
const people = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, at) => [
    `${at}`,
    `Warga ${at}`,
    `${prefix}${at}@w.example`,
    `0822${blockOf(prefix)}${String(at).padStart(7, '0')}`,
    'USER',
    '',
  ]);

describe('an upload', () => {
  it('is checked, changes nothing until it is confirmed, and is written once', async () => {
    const rows = [
      ...people(700, 'unggah'),
      ['700', 'Rumah', '', '0967521111', 'USER', ''],
      ['701', 'Sandi', '', '082260000999', 'ADMIN', 'rahasia 123'],
    ];
    const begun = await upload({ system: 'puskesmas' }, csv(COLUMNS, rows));
    expect(begun).toMatchObject({ status: 201, body: { success: true, data: { system: 'puskesmas', rows: 702 } } });
    const { id } = begun.body.data;
    await reaches(id, 'checked');
    expect(await show(id)).toMatchObject({
      position: 702,
      counts: { new: 701, refused: 1, 'refused.phone_invalid': 1 },
    });
    const count = () => house.database.query(`SELECT count(*)::int AS n FROM users WHERE full_name LIKE 'Warga %'`);
    expect(await count()).toEqual([{ n: 0 }]);

    const both = await Promise.all([confirm(id), confirm(id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)!.body.code).toBe('import_not_checked');
    await reaches(id, 'done');
    expect(await count()).toEqual([{ n: 700 }]);
    expect((await confirm(id)).body.code).toBe('import_not_checked');

    const report = await house.service.get(`${PATH}/${id}/report`, admin);
    expect(report.headers.get('content-type')).toMatch(/^text\/csv/);
    const lines = report.text.trim().split('\r\n');
    expect(lines).toHaveLength(703);
    expect(lines[701]).toBe('701,,,refused,phone_invalid,,,,,');
    expect(lines[702]).toMatch(/^702,701,62822\*\*\*\*999,new,,,[0-9a-f-]{36},,plain_text,USER$/);
    for (const secret of ['rahasia', '82260000999']) expect(report.text + house.service.output()).not.toContain(secret);
    const [kept] = await house.database.query(`SELECT role, password_hash FROM users WHERE phone = '+6282260000999'`);
    expect(kept).toEqual({ role: 'USER', password_hash: null });
    const events = await house.database.query(
      `SELECT type, user_id, address IS NOT NULL AS from_somewhere FROM audit_events WHERE subject_id = $1 ORDER BY id`,
      [id],
    );
    expect(events).toEqual([
      { type: 'people.import_checked', user_id: adminId, from_somewhere: true },
      { type: 'people.import_started', user_id: adminId, from_somewhere: true },
      { type: 'people.imported', user_id: adminId, from_somewhere: false },
    ]);
  });

  it('with roles says which row gets which, before anything is written', async () => {
    const rows = [
      ['1', 'Kepala', 'kepala@peran.example', '082280000001', 'admin', ''],
      ['2', 'Pegawai', '', '082280000002', 'KARYAWAN', ''],
      ['3', 'Warga', '', '082280000003', 'USER', ''],
      // Plain passwords are not taken here: nobody could ever log in to this one.
      ['4', 'Tanpa Jalan', 'jalan@peran.example', '', 'ADMIN', 'rahasia 123'],
    ];
    const { body } = await upload({ system: 'peran', withRoles: 'true' }, csv(COLUMNS, rows));
    const { id } = body.data;
    await reaches(id, 'checked');
    const counts = {
      new: 3,
      'role.ADMIN': 1,
      'role.KARYAWAN': 1,
      conflict: 1,
      'conflict.role_without_login': 1,
    };
    expect((await show(id)).counts).toEqual(counts);
    const roles = async () =>
      (await house.service.get(`${PATH}/${id}/report`, admin)).text
        .trim()
        .split('\r\n')
        .map((line) => line.split(',').at(-1));
    expect(await roles()).toEqual(['role', 'ADMIN', 'KARYAWAN', 'USER', '']);

    await confirm(id);
    await reaches(id, 'done');
    expect((await show(id)).counts).toEqual(counts);
    expect(await roles()).toEqual(['role', 'ADMIN', 'KARYAWAN', 'USER', '']);
    const made = await house.database.query(
      `SELECT role FROM users u JOIN import_origins o ON o.user_id = u.id WHERE o.origin = 'peran' ORDER BY o.legacy_id`,
    );
    expect(made).toEqual([{ role: 'ADMIN' }, { role: 'KARYAWAN' }, { role: 'USER' }]);
  });

  it('as JSON brings some people, by a map', async () => {
    const begun = await house.service.post(
      PATH,
      {
        system: 'json',
        map: 'id=nik,fullName=nama,phone=hp',
        people: [{ nik: 1, nama: 'Ani JSON', hp: '082270000001' }, 7],
      },
      admin,
    );
    expect(begun.status).toBe(201);
    await reaches(begun.body.data.id, 'checked');
    expect((await show(begun.body.data.id)).counts).toEqual({ new: 1, refused: 1, 'refused.unreadable': 1 });
  });

  it('that is cancelled leaves nothing', async () => {
    const { body } = await upload({ system: 'batal' }, csv(COLUMNS, people(600, 'batal')));
    const { id } = body.data;
    expect((await house.service.send('DELETE', `${PATH}/${id}`, undefined, admin)).status).toBe(200);
    await until('it is gone', async () => (await house.service.get(`${PATH}/${id}`, admin)).status === 404);
    expect(await house.database.query('SELECT 1 FROM import_rows WHERE run_id = $1', [id])).toEqual([]);
    expect((await confirm(id)).body.code).toBe('import_not_found');
  });

  it('whose instance died is gone on with by the job', async () => {
    const { body } = await upload({ system: 'lanjut' }, csv(COLUMNS, people(1_200, 'lanjut')));
    const { id } = body.data;
    await reaches(id, 'checked');
    // As if an instance had begun to write, and had written nothing.
    await house.database.query(
      `UPDATE import_runs SET state = 'WRITING', position = 0, counts = '{}', updated_at = now() - interval '1 minute' WHERE id = $1`,
      [id],
    );
    await runJob(house.database, 'begun-imports');
    await reaches(id, 'done');
    expect((await show(id)).counts).toEqual({ new: 1_200 });
  });
});

describe('what is refused', () => {
  const file = csv(COLUMNS, people(2, 'tolak'));

  it.each<[Record<string, string>, string | null, string, string, object]>([
    [{}, file, 'file', 'validation_failed', { details: [{ field: 'system' }] }],
    [{ system: 'A B' }, file, 'file', 'validation_failed', { details: [{ field: 'system' }] }],
    [{ system: 'x', format: 'xlsx' }, file, 'file', 'validation_failed', { details: [{ field: 'format' }] }],
    [{ system: 'x', withRoles: 'perhaps' }, file, 'file', 'validation_failed', { details: [{ field: 'withRoles' }] }],
    [{ system: 'x' }, null, 'file', 'validation_failed', { details: [{ field: 'file' }] }],
    [{ system: 'x' }, file, 'orang', 'validation_failed', { details: [{ field: 'orang' }] }],
    [{ system: 'x', map: 'nama' }, file, 'file', 'import_unreadable', {}],
    [
      { system: 'x', map: 'fullName=nama' },
      file,
      'file',
      'import_unreadable',
      { details: { reason: expect.stringContaining('no column nama') } },
    ],
    [{ system: 'x', format: 'json' }, file, 'file', 'import_unreadable', {}],
    [{ system: 'x' }, csv(COLUMNS, people(4_000, 'besar')), 'file', 'media_too_large', {}],
  ])('%j', async (fields, content, name, code, more) => {
    expect((await upload(fields, content, name)).body).toMatchObject({ success: false, code, ...more });
    expect(await house.database.query(`SELECT 1 FROM import_runs WHERE state IN ('READING', 'CHECKING')`)).toEqual([]);
  });

  it.each([undefined, 'all', [], Array.from({ length: 1_001 }, () => ({}))])('people that are %#', async (given) => {
    const { body } = await house.service.post(PATH, { system: 'x', people: given }, admin);
    expect(body).toMatchObject({ code: 'validation_failed', details: [{ field: 'people' }] });
  });

  it('says so in both languages', async () => {
    const english = await upload({ system: 'x', map: 'nama' }, file, 'file', 'en');
    expect(english.body.message).toBe('The people cannot be read from this. Check the format and the columns.');
    const indonesian = await upload({ system: 'x', map: 'nama' }, file);
    expect(indonesian.body.message).toBe('Data pengguna tidak bisa dibaca. Periksa format dan kolomnya.');
  });

  it('an import that nobody knows, and one of the command line', async () => {
    await house.database.query(
      `INSERT INTO import_runs (id, origin, state) VALUES ('0190d0c0-0000-7000-8000-000000000077', 'cli', 'CHECKED')`,
    );
    for (const id of ['x', '0190d0c0-0000-7000-8000-000000000077', '0190d0c0-0000-7000-8000-000000000078'])
      for (const answer of [
        await house.service.get(`${PATH}/${id}`, admin),
        await confirm(id),
        await house.service.get(`${PATH}/${id}/report`, admin),
      ])
        expect(answer).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
    const { body } = await house.service.get(PATH, admin);
    expect(body.data.map(({ system }: { system: string }) => system)).not.toContain('cli');
  });
});
