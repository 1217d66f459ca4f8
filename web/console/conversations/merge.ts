/** A list, newest first, as far as it was got. */
export interface Known<Item> {
  readonly items: readonly Item[];
  /** Where older ones begin; null: there are none. */
  readonly nextCursor: string | null;
}

/**
 * What is known once the newest page was got again. Older items that were got before stay, unless so many came in that
 * the page does not reach them: then there would be a gap, and they are got anew.
 */
export function withNewest<Item>(
  before: Known<Item> | undefined,
  page: Known<Item>,
  keyOf: (item: Item) => string,
): Known<Item> {
  if (before === undefined || page.nextCursor === null) return page;
  const inPage = new Set(page.items.map(keyOf));
  if (!before.items.some((item) => inPage.has(keyOf(item)))) return page;
  const older = before.items.filter((item) => !inPage.has(keyOf(item)));
  return older.length === 0 ? page : { items: [...page.items, ...older], nextCursor: before.nextCursor };
}

/** What is known once the page after the last one was got. */
export function withOlder<Item>(before: Known<Item>, page: Known<Item>, keyOf: (item: Item) => string): Known<Item> {
  const known = new Set(before.items.map(keyOf));
  return {
    items: [...before.items, ...page.items.filter((item) => !known.has(keyOf(item)))],
    nextCursor: page.nextCursor,
  };
}
