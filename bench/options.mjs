/** The options of `npm run bench`, read and checked; README.md explains each one. */
import { parseArgs } from 'node:util';

const PARTS = ['logins', 'half-load', 'routes', 'idle', 'growth', 'console'];
const PROFILES = ['compat', 'strict'];

const read = {
  whole: (text) => (/^\d+$/.test(text) && Number(text) > 0 ? Number(text) : null),
  wholes: (text) => listOf(text, read.whole),
  /** Counts of rows may be written 1e6. */
  counts: (text) => listOf(text, (part) => (Number.isInteger(Number(part)) && Number(part) > 0 ? Number(part) : null)),
  parts: (text) => listOf(text === 'all' ? PARTS.join() : text, (part) => (PARTS.includes(part) ? part : null)),
  profiles: (text) =>
    listOf(text === 'both' ? PROFILES.join() : text, (part) => (PROFILES.includes(part) ? part : null)),
  text: (text) => text || null,
};

/** By name: its default, how it is read, and what a wrong value is told. */
const OPTIONS = {
  parts: ['logins,half-load,routes,idle', read.parts, `a comma list out of ${PARTS.join(', ')}, or all`],
  people: ['16', read.wholes, 'a comma list of whole numbers above 0'],
  rounds: ['3', read.whole, 'a whole number above 0'],
  logins: ['2000', read.whole, 'a whole number above 0'],
  'warm-up': ['1500', read.whole, 'a whole number above 0'],
  profile: ['both', read.profiles, 'compat, strict or both'],
  against: [undefined, read.text, 'a folder'],
  idle: ['60', read.whole, 'a whole number of seconds above 0'],
  rows: ['1e3,1e6', read.counts, 'a comma list of whole numbers above 0'],
  json: [undefined, read.text, 'a file'],
  minutes: ['120', read.whole, 'a whole number above 0'],
};

const SWITCHES = ['no-ceiling', 'no-peer', 'cpu', 'sql'];

function listOf(text, readPart) {
  const parts = text.split(',').map((part) => readPart(part.trim()));
  return parts.includes(null) ? null : parts;
}

/**
 * @returns each option under its name
 * @throws Error that says what is wrong
 */
export function readOptions(args) {
  const declared = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' }]));
  const switches = Object.fromEntries(SWITCHES.map((name) => [name, { type: 'boolean', default: false }]));
  const { values } = parseArgs({ args, options: { ...declared, ...switches } });
  for (const [name, [byDefault, readValue, rule]] of Object.entries(OPTIONS)) {
    const text = values[name] ?? byDefault;
    if (text === undefined) continue;
    const value = readValue(text);
    if (value === null) throw new Error(`--${name} must be ${rule}, not "${text}"`);
    values[name] = value;
  }
  return values;
}
