import { type MessageProvider } from '../providers/message-provider.js';

/** Injection token of the rungs that rooms above provide, by name; `app.module.ts` hands them in. */
export const ADDITIONAL_PROVIDERS = Symbol('providers of rooms above');

export type AdditionalProviders = Readonly<Partial<Record<string, MessageProvider>>>;
