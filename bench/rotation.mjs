/** Whole logins against several targets in rotation, and how the targets stand to each other. */
import { query } from './databases.mjs';
import { figure, medianOf, ratio, table, work } from './report.mjs';
import { play, provideUsers } from './turn.mjs';

/** From so many people on a turn has all the logins that were asked for. */
const FULL_TURN = 16;

/** Codes come that long after the answer under strict, on average; s. */
const MEAN_WAIT = 0.3;

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

/**
 * Plays rounds, each target once a round, each round beginning with another one.
 *
 * @returns a result of each turn, with its round
 */
export async function rotate(stage, targets, { people, rounds, logins }) {
  const count = loginsFor(people, logins);
  for (const target of targets) await provideUsers(target, rounds, { people, count });
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    const from = (round - 1) % targets.length;
    for (const target of [...targets.slice(from), ...targets.slice(0, from)]) {
      const result = { round, ...(await play(stage, target, { people, count })) };
      results.push(result);
      stage.say(`  ${people} people, round ${round}: ${target.name} ${figure(result.perSecond)} logins/s`);
    }
  }
  return results;
}

/** A line a target: the medians of its rounds. */
export function mediansTable(results, targets) {
  const rows = targets.map(({ name }) => {
    const own = results.filter(({ target }) => target === name);
    return { name, people: own[0].people, atATime: own[0].atATime, of: (pick) => medianOf(own.map(pick)) };
  });
  const step =
    (name) =>
    ({ of }) =>
      `${figure(
        of(({ steps }) => steps[name].p50),
        1,
      )} / ${figure(
        of(({ steps }) => steps[name].p99),
        1,
      )}`;
  const cpu =
    (name) =>
    ({ of }) =>
      figure(of((result) => result.cpu[name]));
  return table(
    [
      ['target', ({ name }) => name],
      ['people', ({ people, atATime }) => (atATime === people ? people : `${people} (${atATime})`)],
      ['logins/s', ({ of }) => figure(of(({ perSecond }) => perSecond))],
      ['request p50 / p99 ms', step('request')],
      ['verify p50 / p99 ms', step('verify')],
      ['CPU µs: target', cpu('target')],
      ['PostgreSQL', cpu('database')],
      ['provider', cpu('provider')],
      ['people', cpu('load')],
    ],
    rows,
  );
}

/**
 * A line a pair: the median of the rounds' ratios, and their range.
 *
 * @param pairs names of targets, each with its reference
 */
export function ratiosTable(resultsByPeople, pairs) {
  const rows = pairs.flatMap(([name, reference]) =>
    resultsByPeople.map(([people, results]) => ({ name, reference, people, results })),
  );
  return table(
    [
      ['pair', ({ name, reference }) => `${name} / ${reference}`],
      ['people', ({ people }) => people],
      ['logins/s', ({ results, name, reference }) => ratio(results, name, reference, (r) => r.perSecond)],
      ['CPU a login', ({ results, name, reference }) => ratio(results, name, reference, work)],
      ['', ({ results, name }) => waitRemark(results.find(({ target }) => target === name))],
    ],
    rows,
  ).map((line) => line.trimEnd());
}

/** Where people wait for their codes, more logins a second than they can begin are not to be seen. */
function waitRemark({ people, atATime, perSecond }) {
  const most = atATime / MEAN_WAIT;
  return atATime > people && perSecond > 0.6 * most ? `at most ${figure(most)} logins/s: they wait for codes` : '';
}
