/**
 * `npm run docs:settings`: writes `.env.example`, and the tables of docs/configuration.md between their markers, of the rows in
 * the built service: change the rows, not these. A section of both is a heading of the page.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { ALL_GROUPS } from '../build/settings.js';

const PAGE = new URL('../docs/configuration.md', import.meta.url);
const EXAMPLE = new URL('../.env.example', import.meta.url);

const INTRODUCTION = `# Settings of Masuk. Copy this file to .env and remove the # from what you change; as it is, it changes nothing.
# Variables of the process take precedence over .env. An empty variable counts as not set. Durations are seconds, or a number
# with s, m, h or d (900, 15m, 12h, 7d). Lists are separated by commas. A wrong value stops the start with its name and the rule.
# "strict" and "compat" are the two profiles, see AUTH_PROFILE.`;

/** What \`.env.example\` says of a whole section. */
const NOTES = {
  Gateway: 'WhatsApp accounts that are linked here. Read docs/gateway.md before you use it.',
  'Names of the replaced systems': 'Each is used when the variable that it stands in for is not set.',
};

const WIDTH = 118;

/** By section: its variables. */
const sections = Map.groupBy(ALL_GROUPS, ({ section }) => section);
for (const [section, groups] of sections)
  sections.set(
    section,
    groups.flatMap(({ rows }) => Object.values(rows).flatMap(({ variable }) => variable ?? [])),
  );

/** What it is for, with the bounds of its rule behind the first part of the sentence. */
function meaningOf({ doc, rule: { bounds } }) {
  if (bounds === undefined) return doc;
  const end = /; |\. /.exec(doc)?.index ?? doc.length;
  return `${doc.slice(0, end)}, ${bounds}${doc.slice(end)}`;
}

/** The defaults that differ from the usual one: what they are, and where. */
function exceptions({ defaults: { usual, strict = usual, production } = {} }) {
  const where = [
    ['strict', strict],
    ['production', production],
  ].filter(([, value]) => value !== undefined && value !== usual);
  return [...Map.groupBy(where, ([, value]) => value)].map(([value, names]) => [value, names.map(([name]) => name)]);
}

function defaultOf(variable) {
  if (variable.otherwise !== undefined) return variable.otherwise;
  if (variable.defaults === undefined) return 'none';
  const others = exceptions(variable).map(([value, names]) => `${names.join(', ')} \`${value}\``);
  return [`\`${variable.defaults.usual}\``, ...others].join('; ');
}

function tableOf(variables) {
  const rows = variables.map((each) => `| \`${each.name}\` | ${defaultOf(each)} | ${meaningOf(each)} |`);
  return ['| variable | default | meaning |', '| - | - | - |', ...rows].join('\n');
}

/** Markdown as it is read in a terminal: of a link its text, or its page where it is all that stands in brackets. */
function plain(markdown) {
  return markdown
    .replace(/\(\[[^\]]+\]\(([^)]+)\)\)/g, '(docs/$1)')
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replace(/`|\\(?=\*)/g, '');
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function commentOf(variable) {
  const meaning = meaningOf(variable);
  const said = meaning.startsWith('`') ? `${plain(meaning)}.` : sentence(plain(meaning));
  const others = exceptions(variable).map(
    ([value, names]) =>
      `Default ${names.map((name) => (name === 'strict' ? 'under strict' : 'in production')).join(' and ')}: ${value}.`,
  );
  const otherwise =
    variable.otherwise === undefined || plain(variable.otherwise) === variable.example
      ? []
      : [`Default: ${plain(variable.otherwise)}.`];
  return [said, ...otherwise, ...others].join(' ');
}

/** In lines that begin with `#`. */
function wrapped(text) {
  const lines = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line !== '#' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

function exampleOf([section, variables]) {
  const rule = `# --- ${section} `.padEnd(WIDTH, '-');
  const note = NOTES[section] === undefined ? [] : [wrapped(NOTES[section])];
  const entries = variables.map(
    (each) => `${wrapped(commentOf(each))}\n# ${each.name}=${each.defaults?.usual ?? each.example ?? ''}`,
  );
  return [[rule, ...note].join('\n'), ...entries].join('\n\n');
}

await writeFile(EXAMPLE, `${[INTRODUCTION, ...[...sections].map(exampleOf)].join('\n\n')}\n`);

let page = await readFile(PAGE, 'utf8');
for (const [section, variables] of sections) {
  const begin = `<!-- settings: ${section}, written by \`npm run docs:settings\` -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf('<!-- /settings -->'));
  if (after === undefined) throw new Error(`docs/configuration.md has no ${begin} … <!-- /settings -->`);
  page = `${before}${begin}\n\n${tableOf(variables)}\n\n${after}`;
}
await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE.pathname)), parser: 'markdown' }));
