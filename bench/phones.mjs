/** Ranges of ten thousand numbers that the users are spread over, as people are: a range has a budget of its own. */
const RANGES = 1000;

/** The numbers of the bench's users: as a person types them, as providers want them. */
export function phoneOf(user) {
  const digits = `62812${10_000_000 + (user % RANGES) * 10_000 + Math.floor(user / RANGES)}`;
  return { typed: `0${digits.slice(2)}`, digits };
}

/** The same digits in SQL, for the user with this expression's number. */
export const digitsInSql = (user) =>
  `'62812' || (10000000 + (${user} % ${RANGES}) * 10000 + ${user} / ${RANGES})::text`;
