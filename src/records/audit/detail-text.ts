import { shownAddresses } from '../../platform/config/shown-address.js';

/** The detail of an event as it is stored, for years: of an address without what may be a secret. */
export function detailText(detail: unknown): string {
  return JSON.stringify(detail, (_, value: unknown) => (typeof value === 'string' ? shownAddresses(value) : value));
}
