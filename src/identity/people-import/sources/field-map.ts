import { UnreadableSource, type ForeignPerson } from './source.js';

/** Fields of a person that a map can name. */
const FIELDS = [
  'id',
  'fullName',
  'email',
  'username',
  'phone',
  'role',
  'isActive',
  'password',
  'passwordHash',
] as const;

type Field = (typeof FIELDS)[number];

/** Where a field comes from: places whose texts are put together with a space; `isNot` turns yes and no around. */
interface Origin {
  readonly paths: readonly (readonly string[])[];
  readonly isNot: boolean;
}

/** Which part of a record is which field of a person. */
export type FieldMap = ReadonlyMap<Field, Origin>;

/** What is meant where nobody says anything: the record calls its fields as we do. */
export const OWN_NAMES: FieldMap = new Map(FIELDS.map((field) => [field, { paths: [[field]], isNot: false }]));

/**
 * Reads a map as it is typed: `fullName=name,phone=no_hp`. A path goes into nested values with dots (`profile.fullName`,
 * `attributes.phone.0`), `+` puts texts together (`firstName+lastName`), and `!` takes the opposite (`isActive=!disabled`).
 *
 * @throws UnreadableSource
 */
export function readFieldMap(typed: string): FieldMap {
  const map = new Map<Field, Origin>();
  for (const part of typed.split(',')) {
    const [name = '', ...rest] = part.split('=');
    const field = FIELDS.find((known) => known === name.trim());
    const origin = rest.join('=').trim();
    if (field === undefined || origin === '')
      throw new UnreadableSource(`"${part}" is no part of a map. Write FIELD=PATH; fields are ${FIELDS.join(', ')}.`);
    if (map.has(field)) throw new UnreadableSource(`The map names ${field} twice.`);
    const isNot = origin.startsWith('!');
    const paths = (isNot ? origin.slice(1) : origin).split('+').map((path) => path.trim().split('.'));
    map.set(field, { paths, isNot });
  }
  return map;
}

/** The first names of a map's paths: a CSV file without such a column was not meant. */
export function columnsOf(map: FieldMap): string[] {
  return [...map.values()].flatMap(({ paths }) => paths.map(([first = '']) => first));
}

/** A record of another system as a person. */
export function personOf(record: unknown, map: FieldMap): ForeignPerson {
  return Object.fromEntries([...map].map(([field, origin]) => [field, valueOf(record, origin)]));
}

function valueOf(record: unknown, { paths, isNot }: Origin): unknown {
  const values = paths.map((path) => at(record, path));
  if (isNot) return !isYes(values[0]);
  if (values.length === 1) return values[0];
  return values
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map(String)
    .join(' ');
}

/** What a path leads to. A text on the way is read as JSON, as a column of a CSV file may hold it. */
function at(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (const [depth, name] of path.entries()) {
    // A column may have dots in its name.
    const whole = path.slice(depth).join('.');
    if (isRecord(value) && Object.hasOwn(value, whole)) return value[whole];
    if (typeof value === 'string') value = parsed(value);
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const NO = new Set(['', '0', 'f', 'false', 'n', 'no', 'null', 'tidak']);

/** Whether something is there and does not say no: `banned_until` is a time or nothing. */
function isYes(value: unknown): boolean {
  if (typeof value === 'string') return !NO.has(value.trim().toLowerCase());
  return Boolean(value);
}
