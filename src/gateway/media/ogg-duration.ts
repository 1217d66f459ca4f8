/** Opus counts its samples at this rate, whatever it was recorded at (RFC 7845, section 4). */
const SAMPLES_A_SECOND = 48_000;

const PAGE = Buffer.from('OggS');
const GRANULE_AT = 6;
const HEADER = 27;

/** More than any voice note: a number that somebody made up is not shown. */
const LONGEST = 24 * 3600;

/**
 * How long an Ogg Opus file plays, in whole seconds, out of its first bytes (how many samples are skipped) and its last page
 * (how many there are).
 *
 * @returns null when they do not say
 */
export function oggSeconds(head: Buffer, tail: Buffer): number | null {
  const last = tail.lastIndexOf(PAGE);
  if (last < 0 || tail.length < last + HEADER) return null;
  const samples = tail.readBigUInt64LE(last + GRANULE_AT);
  const opus = head.indexOf('OpusHead');
  const skipped = opus >= 0 && head.length >= opus + 12 ? head.readUInt16LE(opus + 10) : 0;
  const seconds = Math.round((Number(samples) - skipped) / SAMPLES_A_SECOND);
  return seconds >= 0 && seconds <= LONGEST ? Math.max(1, seconds) : null;
}
