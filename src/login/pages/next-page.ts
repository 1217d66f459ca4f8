/** The console's addresses, with their filters. Nothing that a browser would take for another host. */
const CONSOLE = /^\/admin(?:[/?][!#-[\]-~]*)?$/;

/** Our own addresses are shorter. */
const LONGEST = 2_000;

/**
 * Where a login goes on: a page of the console, by `?next=`. Other pages, and other hosts, cannot be named: a link to our
 * login must not lead people to somebody else's page.
 *
 * @param asked as it came: anything
 */
export function nextPage(asked: unknown): string | null {
  return typeof asked === 'string' && asked.length <= LONGEST && CONSOLE.test(asked) ? asked : null;
}
