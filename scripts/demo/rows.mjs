/** Rows of one statement. */
const AT_ONCE = 5_000;

/**
 * Inserts rows, many in one statement. PostgreSQL reads each value by the type of its column; what no row names gets its default.
 *
 * @param rows objects by the names of the columns, all with the same ones; a Buffer becomes bytea
 */
export async function insertRows(client, table, rows) {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0]).join(', ');
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE).map((row) => Object.fromEntries(Object.entries(row).map(written)));
    await client.query(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
      [JSON.stringify(some)],
    );
  }
}

const written = ([column, value]) => [column, Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value];
