/** Hands in what applications are called that people log in for; see `app.module.ts`. */
export const APPLICATION_NAMES = Symbol('application names');

/** What applications are called, which a room above knows. */
export interface ApplicationNames {
  /** @returns null when there is no name: the message then names the service itself */
  nameOf(clientId: string): Promise<string | null>;
}
