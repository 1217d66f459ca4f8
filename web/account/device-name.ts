import { type Texts } from '../texts/id.js';

/** What the service calls a device that it cannot name; a value of the contract. */
const UNKNOWN_DEVICE = 'Unknown device';

/** The service names devices in English, `Chrome on Android`. */
export function deviceName(device: string, { account: said }: Texts): string {
  const [, browser, system] = /^(.+) on (.+)$/.exec(device) ?? [];
  if (browser !== undefined && system !== undefined) return said.on(browser, system);
  return device === UNKNOWN_DEVICE ? said.unknownDevice : device;
}
