import { ALL_PROVIDERS } from './delivery/providers/providers.js';
import { readSettings, settingsOf, type Declared } from './platform/config/read-settings.js';
import { GROUPS, type Settings } from './platform/config/settings.js';

/** What rooms above `platform/config` declare. */
const DECLARED: Declared = {
  groups: ALL_PROVIDERS.flatMap(({ settings }) => settings ?? []),
  rungs: ALL_PROVIDERS,
};

/** Every group there is; the documentation is made of them. */
export const ALL_GROUPS = [...GROUPS, ...DECLARED.groups];

/**
 * Settings out of raw variables.
 *
 * @throws ConfigurationError naming every broken rule at once
 */
export const settingsFrom = (variables: Record<string, unknown>): Settings => settingsOf(variables, DECLARED);

/**
 * Reads `.env` and the environment, once, before anything else starts.
 *
 * @param environment in place of the process's
 * @throws ConfigurationError when a rule is broken
 */
export const readAllSettings = (environment?: Readonly<Record<string, string | undefined>>): Promise<Settings> =>
  readSettings(DECLARED, environment);
