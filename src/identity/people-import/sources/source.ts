/** A person as another system tells of them; each field as it was found there. */
export interface ForeignPerson {
  readonly id?: unknown;
  readonly fullName?: unknown;
  readonly email?: unknown;
  readonly username?: unknown;
  readonly phone?: unknown;
  readonly role?: unknown;
  readonly isActive?: unknown;
  /** In plain text. */
  readonly password?: unknown;
  readonly passwordHash?: unknown;
}

/** What a source yields for each of its rows; null: the row could not be read. */
export type SourceRow = ForeignPerson | null;

/** The people of another system, in the order in which it tells of them. */
export type Source = AsyncIterable<SourceRow>;

/** The source cannot be read as it was described; the message is for whoever described it. */
export class UnreadableSource extends Error {
  override readonly name = 'UnreadableSource';
}
