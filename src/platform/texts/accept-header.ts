/**
 * What a header such as `Accept` or `Accept-Language` asks for, and with what weight (RFC 9110 section 12.4.2): in lower
 * case, without other parameters, in the order of the header. An invalid weight counts as left out, which is 1.
 *
 * @param longest characters of the header that are read
 */
export function weightedRanges(header: string | undefined, longest: number): { range: string; weight: number }[] {
  return (header ?? '')
    .slice(0, longest)
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((each) => each.trim());
      const weight = parameters.map((each) => /^q=([01](?:\.\d{0,3})?)$/.exec(each)?.[1]).find(Boolean);
      return { range, weight: Number(weight ?? 1) };
    });
}
