import leven from 'leven';

/** A variable that somebody has set and that nothing reads. */
export interface UnknownVariable {
  readonly name: string;
  /** The setting that its name resembles; undefined when it resembles none. */
  readonly resembles: string | undefined;
}

/** Variables that a `.env` file holds for programs that start the service. */
const OF_OTHERS = /^(?:POSTGRES_PASSWORD|BIND_ADDRESS|TZ|LANG|LC_\w+|NODE_\w+|npm_\w+|PG[A-Z]+|COMPOSE_\w+)$/;

/** Shorter names resemble too much: `HOST` and `HOME` differ in two letters. */
const SHORTEST = 6;
/** From this length on, a name may differ in two letters, below in one. */
const LONG = 10;

/**
 * Variables that have no effect although somebody meant them: all that the file `.env` holds and no setting has the name of, and
 * those of the process whose name resembles a setting (`WHATAPP_DEVICE_ID`, `whatsapp_device_id`). The rest of a process's
 * variables belongs to other programs.
 *
 * @param set names of all variables with a value
 * @param inFile names that the file `.env` holds
 * @param known names of all settings
 */
export function unknownVariables(
  set: Iterable<string>,
  inFile: ReadonlySet<string>,
  known: ReadonlySet<string>,
): readonly UnknownVariable[] {
  return [...set]
    .filter((name) => !known.has(name) && !OF_OTHERS.test(name))
    .map((name) => ({ name, resembles: [...known].find((setting) => isTypoOf(name, setting)) }))
    .filter(({ name, resembles }) => resembles !== undefined || inFile.has(name));
}

/** Tells in one sentence what to do about it. It names no value. */
export function warningOf({ name, resembles }: UnknownVariable): string {
  return resembles === undefined
    ? `${name} in .env is not a setting and has no effect`
    : `${name} is not a setting and has no effect: did you mean ${resembles}?`;
}

function isTypoOf(name: string, setting: string): boolean {
  if (setting.length < SHORTEST) return false;
  const [given, meant] = [lettersOf(name), lettersOf(setting)];
  if (given === meant) return true;
  const most = setting.length < LONG ? 1 : 2;
  return leven(given, meant, { maxDistance: most + 1 }) <= most && !differsInNumber(given, meant);
}

function lettersOf(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
}

/** `TOKEN_2` beside `TOKEN_1` is another one, not a mistyped one. */
function differsInNumber(one: string, other: string): boolean {
  return one.replaceAll(/\d/g, '') === other.replaceAll(/\d/g, '');
}
