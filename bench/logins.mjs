/** The part `logins`: whole logins against all targets in rotation, for each number of people. */
import { PEER } from './peer.mjs';
import { mediansTable, ratiosTable, rotate } from './rotation.mjs';

/** @returns for each number of people the results of its turns */
export async function compareLogins(stage, targets) {
  const { options, say } = stage;
  say('Whole logins');
  const byPeople = [];
  for (const people of options.people) {
    const results = await rotate(stage, targets, { people, rounds: options.rounds, logins: options.logins });
    byPeople.push([people, results]);
    say();
    mediansTable(results, targets).forEach(say);
    say();
  }
  const pairs = pairsOf(targets.map(({ name }) => name));
  if (pairs.length > 0) {
    say(`Ratios, medians of ${options.rounds} rounds (least to most)`);
    ratiosTable(byPeople, pairs).forEach(say);
    say();
  }
  return byPeople;
}

/** Who is compared with whom: everybody with the ceiling, ours with the peer and with the other checkout. */
function pairsOf(names) {
  const ours = names.filter((name) => name !== 'ceiling' && name !== PEER);
  const wanted = [
    ...[...ours, PEER].map((name) => [name, 'ceiling']),
    ...ours.map((name) => [name, PEER]),
    ...ours.map((name) => [name, `${name} there`]),
  ];
  return wanted.filter((pair) => pair.every((name) => names.includes(name)));
}
