/** The tables that the bench prints. */

const COLUMNS = [
  ['round', 5, ({ round }) => round],
  ['target', 14, ({ target }) => target],
  ['logins/s', 8, ({ perSecond }) => perSecond.toFixed(0)],
  ['request p50', 11, ({ request }) => request.p50.toFixed(1)],
  ['p99', 6, ({ request }) => request.p99.toFixed(1)],
  ['verify p50', 10, ({ verify }) => verify.p50.toFixed(1)],
  ['p99', 6, ({ verify }) => verify.p99.toFixed(1)],
  ['CPU: target', 11, ({ cpu }) => cpu.target.toFixed(0)],
  ['PostgreSQL', 10, ({ cpu }) => cpu.database.toFixed(0)],
  ['provider', 8, ({ cpu }) => cpu.provider.toFixed(0)],
  ['load', 5, ({ cpu }) => cpu.load.toFixed(0)],
];

export const tableHead = () => COLUMNS.map(([name, width]) => name.padStart(width)).join('  ');

export const tableLine = (result) =>
  COLUMNS.map(([, width, value]) => String(value(result)).padStart(width)).join('  ');

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One line a target: medians of its rounds. */
export function mediansReport(results) {
  return namesOf(results).map((target) => {
    const own = results.filter((result) => result.target === target);
    const of = (pick) => median(own.map(pick));
    const cpu = (name) => of((result) => result.cpu[name]);
    return tableLine({
      round: `×${own.length}`,
      target,
      perSecond: of(({ perSecond }) => perSecond),
      request: { p50: of(({ request }) => request.p50), p99: of(({ request }) => request.p99) },
      verify: { p50: of(({ verify }) => verify.p50), p99: of(({ verify }) => verify.p99) },
      cpu: { target: cpu('target'), database: cpu('database'), provider: cpu('provider'), load: cpu('load') },
    });
  });
}

/**
 * How each target stands to a reference, round by round: neighbours in time are compared, so slow minutes cancel out.
 * The CPU that service and database take for a login together is the steadier figure on a machine with other work.
 */
export function ratiosReport(results, reference) {
  const rounds = [...new Set(results.map(({ round }) => round))];
  const ratios = (target, measure) =>
    rounds.map((round) => {
      const of = (name) => measure(results.find((result) => result.target === name && result.round === round));
      return of(target) / of(reference);
    });
  const spread = (values) => {
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
    return `${median(values).toFixed(3)} (${least} to ${most})`;
  };
  return namesOf(results)
    .filter((target) => target !== reference)
    .map((target) => {
      const speed = spread(ratios(target, ({ perSecond }) => perSecond));
      const work = spread(ratios(target, ({ cpu }) => cpu.target + cpu.database));
      return `${target} / ${reference}, median of ${rounds.length} pairs: logins/s ${speed}, CPU a login ${work}`;
    });
}

function namesOf(results) {
  return [...new Set(results.map(({ target }) => target))];
}
