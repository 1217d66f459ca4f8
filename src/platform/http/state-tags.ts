import { createHash } from 'node:crypto';

/** A state as an entity tag (RFC 9110 section 8.8.3). @param state what its changes are about, as JSON can say it */
export function stateTag(state: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 22)}"`;
}

/**
 * Whether a state is as `If-Match` says (RFC 9110 section 13.1.1). A proxy that packs answers makes `W/"x"` of `"x"`: the same
 * state.
 *
 * @param header null, or `*`: any state
 */
export function namesState(header: string | null, tag: string): boolean {
  if (header === null) return true;
  const tags = header
    .slice(0, 500)
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''));
  return tags.some((each) => each === '*' || each === tag);
}
