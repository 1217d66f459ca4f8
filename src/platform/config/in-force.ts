import { type Group, type Section } from './rows/group.js';
import { shownAddresses } from './shown-address.js';
import { defaultIn, type Given, type Row, type Variable } from './rows/setting.js';

/**
 * Where a value comes from: its variable, the default that always counts, that of the profile `strict` or of production,
 * other settings, or nowhere.
 */
export type Source = 'environment' | 'default' | 'strict' | 'production' | 'derived' | 'absent';

/** A setting as it counts now, for admins. */
export interface SettingInForce {
  readonly name: string;
  readonly section: Section;
  readonly doc: string;
  readonly source: Source;
  /** Whether its text may be a secret: then there is no value here. */
  readonly masked: boolean;
  /** As it would be written in the environment; null: masked, or nothing. */
  readonly value: string | null;
  /** What it means to leave it out, where that is no text; in Markdown. */
  readonly otherwise: string | null;
}

/** All settings as they count now; secrets are not among what it knows. */
export class SettingsInForce {
  constructor(readonly all: readonly SettingInForce[]) {}
}

/** @param texts of the variables that are set, by their names */
export function settingsInForce(
  groups: readonly Group[],
  texts: ReadonlyMap<string, string>,
  given: Given,
): SettingsInForce {
  const all = groups.flatMap(({ section, rows }) =>
    Object.values(rows).flatMap((row) => {
      const { variable } = row;
      return variable ? [{ section, ...inForce(row, variable, texts.get(variable.name), given) }] : [];
    }),
  );
  return new SettingsInForce(Object.freeze(all));
}

function inForce(row: Row<unknown>, variable: Variable, text: string | undefined, given: Given) {
  const { name, doc, isShown, otherwise = null } = variable;
  const value = text ?? defaultText(row, variable, given);
  const source = text === undefined ? sourceOf(variable, value, given) : 'environment';
  const shown = isShown && value !== null ? shownAddresses(value) : null;
  return { name, doc, source, masked: !isShown, value: shown, otherwise };
}

function sourceOf({ defaults }: Variable, value: string | null, given: Given): Source {
  if (!defaults) return value === null ? 'absent' : 'derived';
  const which = defaultIn(defaults, given);
  return which === 'usual' ? 'default' : which;
}

function defaultText(row: Row<unknown>, { defaults }: Variable, given: Given): string | null {
  if (!defaults) return written(row.valueOf(undefined, given));
  return String(defaults[defaultIn(defaults, given)] ?? defaults.usual);
}

function written(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string' || typeof value === 'number') return value === '' ? null : String(value);
  return Array.isArray(value) && value.length > 0 ? value.join(',') : null;
}
