/**
 * `npm run docs:rooms`: draws the groups of src/ with their rooms, and the imports, into docs/architecture.md as Mermaid.
 * Arrows lead from room to room within a group, and from group to group. The imports are those that dependency-cruiser
 * finds, types included.
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

/** The groups of rooms, each folder of src/ that has some, from the top floor down. */
const groupOf = (room) => room.split('/', 1)[0];
const groups = Map.groupBy(ROOMS, groupOf);

/** By group: the groups that its rooms import. */
const imported = new Map([...groups.keys()].map((group) => [group, new Set()]));
for (const [from, rooms] of imports)
  for (const to of rooms) if (groupOf(to) !== groupOf(from)) imported.get(groupOf(from)).add(groupOf(to));

/** What arrows lead to from one, but not through the one that is left out. */
function reachable(arrows, from, without) {
  const seen = new Set();
  const open = [...arrows.get(from)];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (each === without || seen.has(each)) continue;
    seen.add(each);
    open.push(...arrows.get(each));
  }
  return seen;
}

/** The arrows from one that no other ones imply, or there would be some two hundred. */
function needed(arrows, from) {
  const direct = [...arrows.get(from)];
  const implied = new Set(direct.flatMap((to) => [...reachable(arrows, to, from)]));
  return direct.filter((to) => !implied.has(to)).sort();
}

/** A group has its name as its id, so no room can have that. */
const idOf = (room) => (groups.has(room) ? `${room}/module` : room);

/** A group with its rooms, and the imports between them. The room of the same name as its group is its module. */
function boxOf([group, rooms]) {
  const within = new Map(rooms.map((room) => [room, imports.get(room).intersection(new Set(rooms))]));
  return [
    `  subgraph ${group}`,
    ...rooms.map((room) => `    ${idOf(room)}[${room === group ? 'module' : room.slice(group.length + 1)}]`),
    ...rooms.flatMap((room) => needed(within, room).map((to) => `    ${idOf(room)} --> ${idOf(to)}`)),
    '  end',
  ];
}

const picture = [
  '```mermaid',
  'flowchart TD',
  ...[...groups].flatMap(boxOf),
  ...[...groups.keys()].flatMap((group) => needed(imported, group).map((to) => `  ${group} ==> ${to}`)),
  '```',
].join('\n');

const page = await readFile(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const [, after] = rest?.split(END) ?? [];
if (after === undefined) throw new Error(`docs/architecture.md has no ${BEGIN} … ${END}`);
await writeFile(PAGE, `${before}${BEGIN}\n\n${picture}\n\n${END}${after}`);
