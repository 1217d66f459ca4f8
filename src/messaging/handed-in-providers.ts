import { type MessageProvider } from './providers/message-provider.js';

/** Injection token of the rungs that rooms above provide, by name; `app.module.ts` hands them in. */
export const HANDED_IN = Symbol('providers of rooms above');

export type HandedInProviders = Readonly<Partial<Record<string, MessageProvider>>>;
