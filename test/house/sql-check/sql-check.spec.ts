import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createDatabase, type TestDatabase } from '../../support/database.js';

interface Finding {
  line: number;
  name: string;
  kind: string;
  subject: string;
  message: string;
}

let database: TestDatabase;
let checked: { findings: Finding[]; statements: number; runs: number; questions: number };

beforeAll(async () => {
  database = await createDatabase({ migrated: false });
  await database.query(`
    CREATE TYPE mood AS ENUM ('calm', 'cross');
    CREATE TABLE pets (id int8 PRIMARY KEY, name text, mood mood NOT NULL, born timestamptz NOT NULL, tags text[] NOT NULL,
                       moods mood[] NOT NULL, notes jsonb, place point NOT NULL);
    CREATE TABLE owners (pet int8 NOT NULL, since timestamptz);
  `);
  const script = new URL('check-pets.mjs', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, database.url]);
  checked = JSON.parse(stdout) as typeof checked;
});

afterAll(() => database.drop());

const found = (name: string) =>
  checked.findings.filter((each) => each.name === name).map(({ kind, subject }) => `${kind} ${subject}`.trim());

describe('the check of SQL', () => {
  it('finds nothing in statements whose rows are declared as they are', () => {
    expect(['right_named', 'right_joined'].flatMap(found)).toEqual([]);
  });

  it.each([
    ['wrong_type', ['type id', 'type tags']],
    ['wrong_column', ['no-column nickname', 'undeclared nick']],
    ['wrong_null', ['null name']],
    ['wrong_never_null', ['never-null born']],
    ['wrong_optional', ['optional name']],
    ['wrong_labels', ['labels mood', 'labels mood']],
    ['wrong_twice', ['twice id']],
    ['wrong_unknown_type', ['unknown-type place']],
    ['wrong_text', ['refused']],
    ['wrong_open', ['open-row']],
  ])('finds what is wrong with the row of %s', (name, expected) => {
    expect(found(name)).toEqual(expected);
  });

  it('finds the second statement of a name, and the values that do not fit the parameters, each once', () => {
    expect(found('right')).toEqual([
      'name',
      'value id',
      'labels mood',
      'no-value mood',
      'optional-value id',
      'open-values',
    ]);
    expect(found('right_insert')).toEqual(['open-value pets']);
  });

  it('finds statements that it cannot follow, and questions past them', () => {
    const unnamed = checked.findings.filter(({ name }) => name === '').map(({ kind }) => kind);
    expect(unnamed).toEqual(['not-made', 'unknown-statement']);
    expect(found('ask')).toEqual(['type id', 'value 1', 'no-text']);
  });

  it('says what is declared, and what PostgreSQL and the driver make of it', () => {
    expect(checked.findings.find(({ name, subject }) => name === 'wrong_type' && subject === 'id')?.message).toBe(
      'declares id as number; it is bigint, which the driver gives as string',
    );
    expect(checked.findings.find(({ name }) => name === 'wrong_text')?.message).toBe(
      'is refused by PostgreSQL: relation "cats" does not exist',
    );
  });

  it('looks at all of them', () => {
    expect(checked).toMatchObject({ statements: 15, runs: 9, questions: 3 });
  });
});
