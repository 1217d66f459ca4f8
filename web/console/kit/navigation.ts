/** Goes to another address of the console. @param trail cursors of the pages before, for the way back */
export function goTo(address: string, { replace = false, trail = [] as readonly string[] } = {}): void {
  if (replace) history.replaceState({ trail }, '', address);
  else history.pushState({ trail }, '', address);
  dispatchEvent(new Event('console-moved'));
}

/** The address of a path with these values; empty ones are left out. */
export function addressOf(path: string, values: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const query = new URLSearchParams(given).toString();
  return query === '' ? path : `${path}?${query}`;
}
