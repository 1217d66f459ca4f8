/** The numbers of the bench's users: as a person types them, as providers want them, as the service stores them. */
export function phoneOf(user) {
  const digits = `62812${10_000_000 + user}`;
  return { typed: `0${digits.slice(2)}`, digits, e164: `+${digits}` };
}
