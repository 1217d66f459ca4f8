/** Injection token of the provider that a room above makes; `app.module.ts` hands it in. */
export const LINKED_ACCOUNT = Symbol('provider of linked accounts');
