import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { csvPeople } from './csv.js';
import { personOf, readFieldMap } from './field-map.js';
import { jsonLinesPeople, jsonPeople } from './json.js';
import { ticketingPeople } from './replaced-systems.js';
import { type Source } from './source.js';

const file = (text: string, size = 7) => {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return Readable.from(chunks, { objectMode: false });
};
async function all(source: Source) {
  const people = [];
  for await (const person of source) people.push(person);
  return people;
}

describe('a map', () => {
  it('goes into what is nested, puts together and turns around', () => {
    const map = readFieldMap('fullName=first+last, phone=attributes.phone.0,isActive=!banned_until,id=meta.id');
    expect(
      personOf(
        { first: 'Ani', last: 'Wanggai', attributes: { phone: ['0811'] }, banned_until: null, meta: '{"id":7}' },
        map,
      ),
    ).toEqual({ fullName: 'Ani Wanggai', phone: '0811', isActive: true, id: 7 });
    expect(personOf({ banned_until: '2026-01-01', 'meta.id': 'x' }, map)).toMatchObject({ isActive: false, id: 'x' });
  });

  it('reads nothing that a record only inherits', () => {
    expect(personOf({}, readFieldMap('fullName=constructor.name,id=__proto__'))).toEqual({
      fullName: undefined,
      id: undefined,
    });
  });

  it.each(['name=x', 'fullName', 'fullName=', 'id=a,id=b'])('%j is none', (typed) => {
    expect(() => readFieldMap(typed)).toThrow(/map/);
  });
});

describe('CSV', () => {
  it('in UTF-8 with a byte order mark, quotes, line breaks and empty lines', async () => {
    const text = '\ufeffid,fullName,phone\r\n1,"Wanggai, Ani",0811\r\n\r\n2,"Baris\nDua",0812\r\n';
    expect(await all(csvPeople(file(text)))).toEqual([
      expect.objectContaining({ id: '1', fullName: 'Wanggai, Ani', phone: '0811' }),
      expect.objectContaining({ id: '2', fullName: 'Baris\nDua', phone: '0812' }),
    ]);
  });

  it.each([';', '\t', ','])('separated by %j, which its first line tells', async (sign) => {
    const text = ['id', 'nama', 'no'].join(sign) + '\n' + ['1', '"A, B; C\tD"', '0811'].join(sign);
    expect(await all(csvPeople(file(text), readFieldMap('id=id,fullName=nama,phone=no')))).toEqual([
      { id: '1', fullName: 'A, B; C\tD', phone: '0811' },
    ]);
  });

  it('keeps the place of a line that has not as many fields as columns', async () => {
    expect(await all(csvPeople(file('id,phone\n1,0811\n2,0812,extra\n3\n4,0814')))).toEqual([
      expect.objectContaining({ id: '1' }),
      null,
      null,
      expect.objectContaining({ id: '4' }),
    ]);
  });

  it.each([
    ['', /empty/],
    ['a,b\n1,2', /no column/],
    ['id,phone,phone\n1,0811,0812', /two columns/],
    [`id,phone\n1,"${'x'.repeat(200_000)}`, /no readable CSV/],
    ['id,phone\n1,"08"11', /no readable CSV/],
  ])('%# that cannot be read says why', async (text, message) => {
    await expect(all(csvPeople(file(text, 4_096)))).rejects.toThrow(message);
  });

  it('says nothing of the people in what it says', async () => {
    const failure: unknown = await all(csvPeople(file('id,phone\n1,"0811"22233344'))).catch((error: unknown) => error);
    expect(String(failure)).not.toMatch(/0811|22233344/);
    // A file without names of columns begins with a person.
    const first: unknown = await all(csvPeople(file('Ani,081122223333,rahasia\n'))).catch((error: unknown) => error);
    expect(String(first)).toMatch(/no column/);
    expect(String(first)).not.toMatch(/Ani|0811|rahasia/);
  });
});

describe('JSON', () => {
  it('is an array, or has one inside', async () => {
    expect(await all(jsonPeople(file('[{"id":1,"phone":"0811"},7]'), ''))).toEqual([
      expect.objectContaining({ id: 1, phone: '0811' }),
      null,
    ]);
    const text = '{"realm":"x","users":[{"id":"u1","phone":"0811"}],"clients":[{"id":"c"}]}';
    expect(await all(jsonPeople(file(text), 'users'))).toEqual([expect.objectContaining({ id: 'u1' })]);
  });

  it('of ticketing', async () => {
    const text = JSON.stringify({
      users: [{ id: 1, nama: 'John Doe', email: 'john@t.example', noHp: '6281234567890', password: 'rahasia' }],
      otps: [{ id: 1, phoneNumber: '628', otp: '123456' }],
    });
    expect(await all(ticketingPeople(file(text)))).toEqual([
      { id: 1, fullName: 'John Doe', email: 'john@t.example', phone: '6281234567890', password: 'rahasia' },
    ]);
  });

  it.each([
    ['{"users":[{"id":1', 'users'],
    ['{"people":[]}', 'users'],
    ['{"users":{"id":1}}', 'users'],
    ['nothing', ''],
    ['[]', ''],
  ])('%j that cannot be read says why', async (text, at) => {
    await expect(all(jsonPeople(file(text), at))).rejects.toThrow(/The file/);
  });

  it('line by line keeps the place of what is none', async () => {
    expect(await all(jsonLinesPeople(file('{"id":1}\n\n{"id":\n{"id":3}\n')))).toEqual([
      expect.objectContaining({ id: 1 }),
      null,
      expect.objectContaining({ id: 3 }),
    ]);
  });
});
