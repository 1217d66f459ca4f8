/** One turn of one target: its people, a process that plays them, and what it took. */
import { join } from 'node:path';
import { query } from './databases.mjs';
import { errorsOf, runToEnd } from './processes.mjs';

/** What the service allows a phone in an hour is 5; the bench stays under it. */
const LOGINS_A_USER = 4;
/** So that a turn of few logins is spread like one of many. */
const USERS_AT_LEAST = 500;
/** With fewer numbers to choose from, the same one would come again while its last login is still under way. */
const NUMBERS_A_PERSON = 10;
const NUMBERS_WHERE_PEOPLE_WAIT = 2_560;
/**
 * How many may wait for their codes where these come later than the answer: at 0.3 s each enough for 2,300 a second, and
 * with 256 more fewer than the 1,000 unused codes that a country may have in an hour.
 */
const WAITING_AT_MOST = 700;
/** Accounts are made so many at a time: before turns, never during one. */
const USERS_AT_A_TIME = 1_000;

/** Users that nobody has played yet, so that no turn meets the limits of another; @returns the first one's number */
async function takeUsers(target, count) {
  const first = target.nextUser ?? 0;
  target.nextUser = first + count;
  await makeUsers(target, target.nextUser);
  return first;
}

/** Sees to it that a target has at least so many accounts. */
async function makeUsers(target, count) {
  const made = target.usersMade ?? 0;
  if (count <= made) return;
  target.usersMade = Math.max(count, made + USERS_AT_A_TIME);
  const numbers = `generate_series(${made}, ${target.usersMade - 1}) n`;
  await query(target.databaseUrl, `${target.usersSql(numbers)}; ANALYZE`);
}

function usersFor({ codesComeLater }, { people, count }) {
  const least = codesComeLater ? NUMBERS_WHERE_PEOPLE_WAIT : USERS_AT_LEAST;
  return Math.max(least, people * NUMBERS_A_PERSON, Math.ceil(count / LOGINS_A_USER));
}

/** Makes the accounts for a number of turns before the first of them. */
export async function provideUsers(target, turns, turn) {
  await makeUsers(target, (target.nextUser ?? 0) + turns * usersFor(target, turn));
}

/**
 * Plays one turn.
 *
 * @param turn `count` of `what` (`logins`, `me`, `refresh`, `password`), by `people` at a time; with `perSecond` at that
 *   rate instead of as fast as may be
 * @returns per second, times of each step in ms, CPU in µs for each of `count`; see load.mjs
 * @throws Error with what the target said, when one of them fails
 */
export async function play({ database, provider }, target, { what = 'logins', people, count, perSecond }) {
  const users = usersFor(target, { people, count });
  const mayWait = what === 'logins' && target.codesComeLater && perSecond === undefined;
  const order = {
    ...{ kind: target.kind, base: target.url, provider: provider.url },
    ...{ what, count, people, perSecond },
    waiting: mayWait ? WAITING_AT_MOST : 0,
    ...{ first: await takeUsers(target, users), users },
    clocks: {
      target: target.child.pid,
      provider: provider.child.pid,
      postmaster: database.pid,
      database: target.database,
    },
  };
  const result = JSON.parse(await runToEnd(join(import.meta.dirname, 'load.mjs'), { args: [JSON.stringify(order)] }));
  if (result.succeeded < count) {
    const said = [...result.failures.map(([text, times]) => `  ${times} × ${text}`), ...(await errorsOf(target))];
    throw new Error(
      `${count - result.succeeded} of ${count} ${what} failed against ${target.name}:\n${said.join('\n')}`,
    );
  }
  return { target: target.name, what, people, ...result };
}
