/**
 * What a gateway's `status` says. Only the two booleans are documented; other values are believed and reported, or say
 * nothing.
 */
export function saidTruth(status: unknown): { value: boolean | undefined; odd: boolean } {
  if (typeof status === 'boolean') return { value: status, odd: false };
  const word = typeof status === 'string' || typeof status === 'number' ? String(status).toLowerCase() : '';
  if (word === 'true' || word === '1' || word === 'success') return { value: true, odd: true };
  if (word === 'false' || word === '0' || word === 'error' || word === 'failed') return { value: false, odd: true };
  return { value: undefined, odd: true };
}
