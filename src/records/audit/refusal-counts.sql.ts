/** Events that are refusals. A send that a limit let through although it was used up (`decision`) was not refused. */
export const IS_REFUSAL = `outcome = 'failure' AND coalesce(detail ->> 'decision', 'refused') = 'refused'`;

/** What is counted of them, by type and code: the columns of `refusal_counts` but for its place. */
export const REFUSED = `type, detail ->> 'code' AS code, sum(coalesce(count, 1))::int AS refusals`;
