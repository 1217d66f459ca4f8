/** Turns of several targets in rotation, and how the targets stand to each other. */
import { query } from './databases.mjs';
import { figure, medianOf, ratio, table, work } from './report.mjs';
import { play, provideUsers } from './target-turn.mjs';

/** From so many people on a turn has all the logins that were asked for. */
export const FULL_TURN = 16;

/** Logins of a turn: fewer people play fewer, half of them at 4 and a quarter at 1, or they would take very long. */
export const loginsFor = (people, logins) => Math.ceil(logins * Math.min(1, Math.sqrt(people / FULL_TURN)));

/** Plays each target once without measuring it. */
export async function warmUp(stage, targets, count) {
  for (const target of targets) {
    await play(stage, target, { people: FULL_TURN, count });
    // As autovacuum does within a minute: plans made for empty tables are given up.
    await query(target.databaseUrl, 'ANALYZE');
  }
}

/** Whom a round plays, in its order: each round begins with another target. */
export function inRotation(targets, round) {
  const from = (round - 1) % targets.length;
  return [...targets.slice(from), ...targets.slice(0, from)];
}

/**
 * Plays rounds, each target once a round.
 *
 * @param turnOf what a target is to play, as in target-turn.mjs
 * @returns a result of each turn, with its round
 */
export async function rotate(stage, targets, rounds, turnOf) {
  for (const target of targets) await provideUsers(target, rounds, turnOf(target));
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    for (const target of inRotation(targets, round)) {
      const result = { round, ...(await play(stage, target, turnOf(target))) };
      results.push(result);
      stage.say(`  round ${round}: ${target.name}, ${figure(result.perSecond)} ${result.what}/s`);
    }
  }
  stage.say();
  return results;
}

/** The results of each target, and a way to take the median of a figure of them. */
export function byTarget(results) {
  return [...new Set(results.map(({ target }) => target))].sort(inOrderOf(results)).map((name) => {
    const own = results.filter(({ target }) => target === name);
    return { name, own, first: own[0], of: (pick) => medianOf(own.map(pick)) };
  });
}

/** The first round shows the order that the targets were given in. */
const inOrderOf = (results) => (one, other) =>
  results.findIndex(({ target }) => target === one) - results.findIndex(({ target }) => target === other);

/** Medians of a step's p50 and p99. */
export const times = (name) => [
  'p50 / p99 ms',
  ({ of }) =>
    ['p50', 'p99']
      .map((q) =>
        figure(
          of(({ steps }) => steps[name][q]),
          1,
        ),
      )
      .join(' / '),
];

/** Columns with the CPU of a turn, in µs for each login or call. */
export const cpuColumns = [
  ['CPU µs: target', ({ of }) => figure(of(({ cpu }) => cpu.target))],
  ['PostgreSQL', ({ of }) => figure(of(({ cpu }) => cpu.database))],
];

/** A line a target: the medians of its rounds. */
export function loginsTable(results) {
  return table(
    [
      ['target', ({ name }) => name],
      ['people', ({ first: { people } }) => people],
      ['most under way', ({ of }) => figure(of(({ mostUnderWay }) => mostUnderWay))],
      ['logins/s', ({ of }) => figure(of(({ perSecond }) => perSecond))],
      named('request', times('request')),
      named('verify', times('verify')),
      ...cpuColumns,
      ['provider', ({ of }) => figure(of(({ cpu }) => cpu.provider))],
      ['people', ({ of }) => figure(of(({ cpu }) => cpu.load))],
    ],
    byTarget(results),
  );
}

const named = (name, [title, text]) => [`${name} ${title}`, text];

/**
 * A line a pair: the median of the rounds' ratios, and their range.
 *
 * @param groups results by what tells them apart, for example the number of people
 * @param pairs names of targets, each with its reference
 * @param group the title of the column that tells groups apart
 */
export function ratiosTable(groups, pairs, group = 'people') {
  const rows = pairs.flatMap(([name, reference]) =>
    groups.map(([label, results]) => ({ name, reference, label, results })),
  );
  return table(
    [
      ['pair', ({ name, reference }) => `${name} / ${reference}`],
      [group, ({ label }) => label],
      ['per second', ({ results, name, reference }) => ratio(results, name, reference, (r) => r.perSecond)],
      ['CPU', ({ results, name, reference }) => ratio(results, name, reference, work)],
    ],
    rows,
  );
}
