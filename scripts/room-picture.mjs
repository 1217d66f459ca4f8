/**
 * `npm run docs:rooms`: draws the rooms of src/ and the imports between them into docs/architecture.md, as Mermaid. The
 * imports are those that dependency-cruiser finds, types included.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import configuration from '../.dependency-cruiser.mjs';
import { roomOf, ROOMS } from '../rooms.mjs';

const PAGE = new URL('../docs/architecture.md', import.meta.url);
const BEGIN = '<!-- rooms: written by `npm run docs:rooms` -->';
const END = '<!-- /rooms -->';

const { output } = await cruise(
  ['src'],
  {
    ...configuration.options,
    exclude: { path: '^(build|dist)/|\\.spec\\.ts$' },
    doNotFollow: configuration.options.doNotFollow,
  },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);

/** By room: the rooms that it imports. */
const imports = new Map([...ROOMS].sort().map((room) => [room, new Set()]));
for (const { source, dependencies } of output.modules) {
  const from = roomOf(source);
  for (const { resolved } of dependencies) {
    const to = roomOf(resolved);
    if (from !== undefined && to !== undefined && to !== from) imports.get(from).add(to);
  }
}

/** Rooms that can be reached from one, that one left out. */
function reachable(from) {
  const seen = new Set();
  const open = [...imports.get(from)];
  for (let room = open.pop(); room !== undefined; room = open.pop()) {
    if (!seen.has(room)) open.push(...imports.get(room));
    seen.add(room);
  }
  return seen;
}

/** An arrow that other arrows imply is left out, or there would be some two hundred. */
const arrows = [...imports].flatMap(([from, direct]) => {
  const implied = new Set([...direct].flatMap((room) => [...reachable(room)]));
  return [...direct]
    .filter((to) => !implied.has(to))
    .sort()
    .map((to) => `  ${from} --> ${to}`);
});
const picture = ['```mermaid', 'flowchart TD', ...arrows, '```'].join('\n');

const page = await readFile(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const [, after] = rest?.split(END) ?? [];
if (after === undefined) throw new Error(`docs/architecture.md has no ${BEGIN} … ${END}`);
await writeFile(PAGE, `${before}${BEGIN}\n\n${picture}\n\n${END}${after}`);
