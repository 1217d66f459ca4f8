/** A prepared statement: its name, its text with `$1…`, and the order of the named parameters in it. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  readonly parameters: readonly string[];
  /** Carries the row's type only. */
  readonly row?: Row;
}

/** Values by parameter name. `undefined` is refused: a forgotten parameter must not become NULL. */
export type StatementValues = Record<string, string | number | boolean | Date | Buffer | null | readonly unknown[]>;

/** What a PostgreSQL identifier may be long; a longer name would be cut and could meet another statement's. */
const LONGEST_NAME = 63;

/**
 * Writes a statement with named parameters (`:phone::text`) for the driver. Fragments of several rooms can be put into
 * one statement without counting dollars, and each text is prepared once a connection.
 *
 * @param name unique in the service, at most 63 characters
 * @param sql the text; a parameter may occur in it many times
 */
export function statement<Row = never>(name: string, sql: string): Statement<Row> {
  if (name.length > LONGEST_NAME) throw new Error(`statement name ${name} is longer than ${LONGEST_NAME} characters`);
  const parameters: string[] = [];
  const text = sql.replace(/(?<![:\w]):([a-z_]+)\b/g, (_, parameter: string) => {
    let position = parameters.indexOf(parameter) + 1;
    if (position === 0) position = parameters.push(parameter);
    return `$${position}`;
  });
  return { name, text, parameters };
}

/** The values in the statement's order. */
export function inOrder(prepared: Statement<unknown>, values: StatementValues): unknown[] {
  return prepared.parameters.map((parameter) => {
    const value = values[parameter];
    if (value === undefined) throw new Error(`statement ${prepared.name} needs :${parameter}`);
    return value;
  });
}
