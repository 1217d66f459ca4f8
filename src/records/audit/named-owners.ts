/** Injection token of the room above that keeps accounts; `app.module.ts` hands it in. */
export const NAMED_OWNERS = Symbol('accounts by what a request named');

/** Knows whose number, e-mail or username something is, of accounts in any state. */
export interface NamedOwners {
  /**
   * @param named numbers in E.164, and e-mails and usernames as they were typed
   * @returns the id of the account by what was named; unknown names are left out
   */
  ownersOf(named: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
