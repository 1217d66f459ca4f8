/** The part `half-load`: logins that begin at half the rate that a target can take, and how long the slowest ones take. */
import { figure, medianOf, table } from './report.mjs';
import { FULL_TURN, byTarget, rotate, times } from './rotation.mjs';
import { play } from './target-turn.mjs';

/** More people than this are not under way at half load, unless something is wrong; then the rate is not kept. */
const UNDER_WAY_AT_MOST = 256;

/** A turn lasts about so long at most; s. */
const SECONDS_A_TURN = 30;

/**
 * Plays each target at half of its own rate, in rotation.
 *
 * @param groups results of the part `logins`; empty where it was not run, and then one turn of each target tells its rate
 */
export async function measureHalfLoad(stage, targets, groups) {
  const { options, say } = stage;
  say('Half load: logins begin at random, half as many a second as the target can take');
  const rates = new Map();
  for (const target of targets) rates.set(target, (await fullRate(stage, target, groups)) / 2);
  const results = await rotate(stage, targets, options.rounds, (target) => {
    const perSecond = rates.get(target);
    const count = Math.ceil(Math.min(options.logins, perSecond * SECONDS_A_TURN));
    return { people: UNDER_WAY_AT_MOST, count, perSecond };
  });
  const step = (name) => [`${name} ${times(name)[0]}`, times(name)[1]];
  const tail = ({ steps }) => steps.verify.p99 / steps.verify.p50;
  table(
    [
      ['target', ({ name }) => name],
      ['wanted/s', ({ name }) => figure(rates.get(targets.find((target) => target.name === name)))],
      ['logins/s', ({ of }) => figure(of(({ perSecond }) => perSecond))],
      step('request'),
      step('verify'),
      ['verify p99 of p50', ({ of }) => figure(of(tail), 1)],
    ],
    byTarget(results),
  ).forEach(say);
  say();
  return results;
}

/** Logins a second that a target can take: as measured with 16 people or the number nearest to it. */
async function fullRate(stage, target, groups) {
  const nearest = [...groups].sort((one, other) => distance(one) - distance(other))[0];
  const measured = nearest?.[1].filter((result) => result.target === target.name) ?? [];
  if (measured.length > 0) return medianOf(measured.map(({ perSecond }) => perSecond));
  return (await play(stage, target, { people: FULL_TURN, count: stage.options.logins })).perSecond;
}

const distance = ([people]) => Math.abs(people - FULL_TURN);
