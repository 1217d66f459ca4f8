import pg from 'pg';

/**
 * Asks PostgreSQL what a statement takes and gives, without running it: the messages Parse and Describe of the extended
 * protocol, as the driver sends them for a prepared statement.
 *
 * @param client a connected `pg.Client`
 * @returns `{ parameters, columns }`: object ids of types, and the columns with the table's column that each one comes from
 * @throws the server's error about the text
 */
export function describe(client, text) {
  return new Promise((resolve, reject) => {
    const found = { parameters: [], columns: [] };
    const note = ({ dataTypeIDs }) => (found.parameters = dataTypeIDs);
    let failure;
    client.connection.on('parameterDescription', note);
    client.query({
      submit(connection) {
        connection.parse({ text });
        connection.describe({ type: 'S' });
        connection.sync();
      },
      handleRowDescription: ({ fields }) => {
        found.columns = fields.map(({ name, dataTypeID, tableID, columnID }) => ({
          name,
          type: dataTypeID,
          source: tableID === 0 ? null : `${tableID}.${columnID}`,
        }));
      },
      handleError(error) {
        failure = error;
        finish();
      },
      handleReadyForQuery: finish,
    });
    function finish() {
      client.connection.off('parameterDescription', note);
      if (failure) reject(failure);
      else resolve(found);
    }
  });
}

/** What the catalogue says of types and columns. */
export async function readCatalogue(client) {
  const { rows: types } = await client.query(TYPES);
  const { rows: labels } = await client.query(LABELS);
  const { rows: columns } = await client.query(COLUMNS);
  const byId = new Map(types.map((row) => [row.oid, { ...row, labels: [] }]));
  for (const { oid, label } of labels) byId.get(oid).labels.push(label);
  return {
    types: byId,
    columnNames: new Map(columns.map(({ source, name }) => [source, name])),
    notNull: new Set(columns.filter((column) => column.required).map(({ source }) => source)),
  };
}

const TYPES = `
  SELECT oid::int, format_type(oid, NULL) AS name, typname AS short,
         CASE WHEN typcategory = 'A' THEN typelem::int END AS element,
         CASE WHEN typtype = 'd' THEN typbasetype::int END AS base
    FROM pg_type`;

const LABELS = `SELECT enumtypid::int AS oid, enumlabel AS label FROM pg_enum ORDER BY enumtypid, enumsortorder`;

const COLUMNS = `
  SELECT attrelid || '.' || attnum AS source, attname AS name, attnotnull AS required
    FROM pg_attribute
   WHERE attnum > 0 AND NOT attisdropped`;

/** How each type is written by the server: what the driver's parser is tried with. */
const SAMPLES = {
  bool: 't',
  int2: '1',
  int4: '1',
  int8: '1',
  oid: '1',
  float4: '1.5',
  float8: '1.5',
  numeric: '1.5',
  text: 'x',
  varchar: 'x',
  bpchar: 'x',
  name: 'x',
  void: '',
  uuid: '00000000-0000-0000-0000-000000000000',
  bytea: '\\x00',
  timestamptz: '2026-01-01 00:00:00+00',
  timestamp: '2026-01-01 00:00:00',
  date: '2026-01-01',
  json: '{}',
  jsonb: '{}',
};

/**
 * What JavaScript gets for a column of a type, by trying the parser that the driver has for it.
 *
 * @returns such as `number`, `Date`, `json`, or `{ of: 'string' }` for an array; null for a type without a sample
 */
export function givenFor(oid, types) {
  const type = types.get(oid);
  if (type.base) return givenFor(type.base, types);
  if (type.short === 'json' || type.short === 'jsonb') return 'json';
  const sample = sampleOf(type, types);
  if (sample === null) return null;
  return kindOf(pg.types.getTypeParser(oid)(sample));
}

function sampleOf(type, types) {
  if (type.labels.length > 0) return type.labels[0];
  if (type.element === null) return SAMPLES[type.short] ?? null;
  const sample = sampleOf(types.get(type.element), types);
  return sample === null ? null : `{"${sample.replaceAll('\\', '\\\\')}"}`;
}

function kindOf(value) {
  if (Array.isArray(value)) return { of: kindOf(value[0]) };
  if (Buffer.isBuffer(value)) return 'Buffer';
  if (value instanceof Date) return 'Date';
  return typeof value;
}

/** What may be handed to the driver for a parameter of each type. */
const TAKEN = {
  bool: ['boolean'],
  int2: ['number'],
  int4: ['number'],
  int8: ['number', 'string', 'bigint'],
  float4: ['number'],
  float8: ['number'],
  numeric: ['number', 'string'],
  text: ['string'],
  varchar: ['string'],
  uuid: ['string'],
  bytea: ['Buffer'],
  // As text where microseconds count.
  timestamptz: ['Date', 'string'],
  // The driver would write an array as PostgreSQL's, which is no JSON.
  json: ['string'],
  jsonb: ['string'],
  name: ['string'],
};

/** @returns kinds as of `givenFor`; null for a type that nothing is known of */
export function takenFor(oid, types) {
  const type = types.get(oid);
  if (type.element !== null) {
    const kinds = takenFor(type.element, types);
    return kinds && kinds.map((of) => ({ of }));
  }
  return type.labels.length > 0 ? ['string'] : (TAKEN[type.short] ?? null);
}
