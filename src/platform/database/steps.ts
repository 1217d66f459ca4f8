/*
 * Fragments of statements that work on a table in small steps, so that a step costs the same however long the table has
 * grown. Each reads some rows in the order of an index and changes those by their places (ctid): PostgreSQL does not know
 * how many places a list will have, takes it for short, and never reads the whole table instead. Rows that somebody else has
 * locked are left out. For tables without partitions.
 */

/** The rows of a step. */
interface Step {
  /** As the statement calls it. */
  readonly table: string;
  /** Which rows are to be changed. */
  readonly where: string;
  /** How many rows are read at most. */
  readonly most: number | string;
}

/**
 * The condition of a statement that changes the first rows that an index finds.
 *
 * @param order columns of an index that also finds the rows of `where`
 */
export const ofTheFirst = ({ table, where, most, order }: Step & { readonly order: string }) =>
  `${table}.ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ${most} FOR UPDATE SKIP LOCKED))`;

/** A step of a walk through a table, for rows that no index finds. */
interface WalkStep extends Step {
  /** Columns of an index, by commas. */
  readonly key: string;
  /** The key to begin behind; left out: the step begins with the first row of all. */
  readonly after?: string;
}

/** The rows of a step, wanted or not, as the CTE `page`. */
export const pageOf = ({ table, where, most, key, after }: WalkStep) => `page AS MATERIALIZED (
     SELECT ctid AS place, ${key}, (${where}) AS wanted FROM ${table}${after === undefined ? '' : ` WHERE (${key}) > (${after})`}
      ORDER BY ${key} LIMIT ${most}
   )`;

/** The condition of a statement that changes the wanted rows of `page`. They are looked at once more when they are locked. */
export const wantedOf = ({ table, where }: WalkStep) =>
  `${table}.ctid = ANY (ARRAY(SELECT ctid FROM ${table}
      WHERE ctid = ANY (ARRAY(SELECT place FROM page WHERE wanted)) AND (${where}) FOR UPDATE SKIP LOCKED))`;

/** The key of the last row of a full `page`; no row where the table has ended. */
export const endOf = ({ key, most }: WalkStep) => `SELECT ${key} FROM page ORDER BY ${key} OFFSET ${most} - 1`;
