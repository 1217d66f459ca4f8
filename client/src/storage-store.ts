import type { Tokens, TokenStore } from './tokens.js';

/** The part of `localStorage`, AsyncStorage and their like that is used; promises are waited for. */
export interface KeyValueStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/**
 * A store on top of a storage of texts. What can be read by others there can be used by them: on a phone give it the
 * keychain, in a browser know that every script of the page can read `localStorage`.
 *
 * @param name begins the names of the two entries; letters, digits, dots, dashes
 */
export function storageStore(storage: KeyValueStorage, name = 'masuk'): TokenStore {
  const [tokensKey, deviceKey] = [`${name}.tokens`, `${name}.device`];
  return {
    // Whoever reads it looks whether it is what was put there.
    get: async () => JSON.parse((await storage.getItem(tokensKey)) ?? 'null') as Tokens | null,
    set: async (tokens) => {
      if (tokens) await storage.setItem(tokensKey, JSON.stringify(tokens));
      else await storage.removeItem(tokensKey);
    },
    getDeviceToken: async () => storage.getItem(deviceKey),
    setDeviceToken: async (deviceToken) => {
      await storage.setItem(deviceKey, deviceToken);
    },
  };
}
