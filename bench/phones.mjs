/** The people of the bench: their numbers, and the password that all of them have. */

/** Ranges of ten thousand numbers that the people are spread over, as in life: a range has a budget of its own. */
const RANGES = 1000;

export const PASSWORD = 'a long password for the bench';

/** A user's number: as a person types it, and as providers want it. */
export function phoneOf(user) {
  const digits = `62812${10_000_000 + (user % RANGES) * 10_000 + Math.floor(user / RANGES)}`;
  return { typed: `0${digits.slice(2)}`, digits };
}

/** The same digits in SQL, for the user with this expression's number. */
export const digitsInSql = (user) =>
  `'62812' || (10000000 + (${user} % ${RANGES}) * 10000 + ${user} / ${RANGES})::text`;
