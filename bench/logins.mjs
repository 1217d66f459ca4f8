/** The part `logins`: whole logins against all targets in rotation, for each number of people. */
import { PEER } from './peer.mjs';
import { loginsFor, loginsTable, ratiosTable, rotate } from './rotation.mjs';

/** @returns for each number of people the results of its turns */
export async function compareLogins(stage, targets) {
  const { options, say } = stage;
  const groups = [];
  for (const people of options.people) {
    say(`Whole logins, ${people} people at a time`);
    const count = loginsFor(people, options.logins);
    const results = await rotate(stage, targets, options.rounds, () => ({ people, count }));
    groups.push([people, results]);
    loginsTable(results).forEach(say);
    say();
  }
  const pairs = pairsOf(targets.map(({ name }) => name));
  if (pairs.length > 0) {
    say(`Whole logins, ratios: median of ${options.rounds} rounds (least to most)`);
    ratiosTable(groups, pairs).forEach(say);
    say();
  }
  return groups;
}

/** Who is compared with whom: everybody with the ceiling, ours with the peer and with the other checkout. */
export function pairsOf(names) {
  const ours = names.filter((name) => name !== 'ceiling' && name !== PEER);
  const wanted = [
    ...[...ours, PEER].map((name) => [name, 'ceiling']),
    ...ours.map((name) => [name, PEER]),
    ...ours.map((name) => [name, `${name} there`]),
  ];
  return wanted.filter((pair) => pair.every((name) => names.includes(name)));
}
