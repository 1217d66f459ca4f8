import { type Pool } from 'pg';
import { type Database } from '../../../src/platform/database/database.js';
import { statement, type StatementValues } from '../../../src/platform/database/statement.js';

/*
 * Statements for the spec beside this file, on the tables that it makes. The name of each says what is wrong with it, and
 * the compiler sees nothing of that.
 */

interface Pet {
  id: string;
  name: string | null;
  mood: 'calm' | 'cross';
  born: Date;
  tags: string[];
  moods: string;
  notes: unknown;
}

const BY_ID = statement<Pet>(
  'right',
  'SELECT id, name, mood, born, tags, moods, notes FROM pets WHERE id = :id::int8 AND mood = :mood::mood',
);
export const NAMED = statement<{ name: string }>('right_named', 'SELECT name FROM pets WHERE name IS NOT NULL');
export const JOINED = statement<{ born: Date | null }>(
  'right_joined',
  'SELECT p.born FROM owners o LEFT JOIN pets p ON p.id = o.pet',
);
const INSERT = statement(
  'right_insert',
  'INSERT INTO owners (pet, since) SELECT * FROM unnest(:pets::int8[], :instants::timestamptz[])',
);

export const TYPE = statement<{ id: number; tags: number[] }>('wrong_type', 'SELECT id, tags FROM pets');
export const COLUMN = statement<{ nickname: string }>('wrong_column', 'SELECT name AS nick FROM pets');
export const NULLABLE = statement<{ name: string }>('wrong_null', 'SELECT name FROM pets');
export const NEVER_NULL = statement<{ born: Date | null }>('wrong_never_null', 'SELECT born FROM pets');
export const OPTIONAL = statement<{ name?: string | null }>('wrong_optional', 'SELECT name FROM pets');
export const LABELS = statement<{ mood: 'calm' | 'glad' }>('wrong_labels', 'SELECT mood FROM pets');
export const TWICE = statement<{ id: string }>('wrong_twice', 'SELECT o.pet AS id, p.id FROM owners o, pets p');
export const UNKNOWN_TYPE = statement<{ place: string }>('wrong_unknown_type', 'SELECT place FROM pets');
export const REFUSED = statement<{ id: string }>('wrong_text', 'SELECT id FROM cats');
export const SAME_NAME = statement<{ id: string }>('right', 'SELECT id FROM pets');
export const made = <Row>(name: string) => statement<Row>(name, 'SELECT id FROM pets');
export const OPEN = made<{ name: string }>('wrong_open');
export const later = () => statement<{ id: string }>('wrong_later', 'SELECT id FROM pets');

/** Values as they should not be handed over; those of the first two calls are right. */
export async function run(database: Database, given: { id?: string; any: unknown[] }, values: StatementValues) {
  await database.run(BY_ID, { id: '1', mood: 'calm' });
  for (const each of [INSERT]) await database.run(each, { pets: ['1', 2], instants: [new Date(), null, 'now'] });
  await database.run(BY_ID, { id: true, mood: 'glad' });
  await database.run(BY_ID, { id: given.id ?? null });
  await database.run(BY_ID, { mood: 'calm', ...(given.id === undefined ? {} : { id: given.id }) });
  await database.run(BY_ID, values);
  await database.run(INSERT, { pets: given.any, instants: [new Date()] });
  await database.run([BY_ID][given.any.length] ?? later(), { id: '1', mood: 'calm' });
  await database.run(unknown(), {});
}

declare function unknown(): typeof BY_ID;

export async function ask(pool: Pool, table: string) {
  await pool.query<{ id: string }>('SELECT id FROM pets WHERE id = $1::int8', ['1']);
  await pool.query<{ id: number }>('SELECT id FROM pets WHERE born < $1', [1]);
  await pool.query(`SELECT id FROM ${table}`);
}
