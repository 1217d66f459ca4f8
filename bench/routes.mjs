/** The part `routes`: refresh, `me` and the login by password, beside the same on the bare ceiling. */
import { figure, table } from './report.mjs';
import { FULL_TURN, byTarget, cpuColumns, ratiosTable, rotate, times } from './rotation.mjs';
import { pairsOf } from './logins.mjs';

/** Calls of each route, as shares of the logins of a turn: a password costs some ten times a login. */
const ROUTES = [
  ['refresh', 1],
  ['me', 1],
  ['password', 0.1],
];

/** @param targets the ceiling, and ours under one profile: the routes are the same under both */
export async function measureRoutes(stage, targets) {
  const { options, say } = stage;
  const groups = [];
  for (const [what, share] of ROUTES) {
    say(`Calls: ${what}`);
    const count = Math.ceil(options.logins * share);
    groups.push([what, await rotate(stage, targets, options.rounds, () => ({ what, people: FULL_TURN, count }))]);
  }
  const rows = groups.flatMap(([what, results]) => byTarget(results).map((row) => ({ what, ...row })));
  table(
    [
      ['call', ({ what }) => what],
      ['target', ({ name }) => name],
      ['calls/s', ({ of }) => figure(of(({ perSecond }) => perSecond))],
      ['p50 / p99 ms', (row) => times(row.what)[1](row)],
      ...cpuColumns,
    ],
    rows,
  ).forEach(say);
  say();
  const pairs = pairsOf(targets.map(({ name }) => name));
  if (pairs.length > 0) ratiosTable(groups, pairs, 'call').forEach(say);
  say();
  return groups;
}
