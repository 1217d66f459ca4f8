/** What the provider of linked accounts is called on the wire and in stored rows. */
export const SESSION = 'session';
