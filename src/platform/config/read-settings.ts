import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { ConfigurationError } from './configuration-error.js';
import { forgetDriverVariables } from './database/database-url.js';
import { ModeSettings } from './groups/mode.js';
import { settingsInForce, type SettingsInForce } from './in-force.js';
import { type Group } from './rows/group.js';
import { type Given, type Row, type Rung } from './rows/setting.js';
import { rulesBetweenGroups } from './rules.js';
import { GROUPS, type Settings } from './settings.js';
import { unknownVariables, warningOf, type UnknownVariable } from './variables/unknown-variables.js';
import { namesInFile, readVariables } from './variables/variables.js';

export { ConfigurationError };

/** What rooms above this one declare. */
export interface Declared {
  readonly groups: readonly Group[];
  /** The first on the ladder first. */
  readonly rungs: readonly Rung[];
}

const NOTHING: Declared = { groups: [], rungs: [] };

/**
 * Settings out of raw variables.
 *
 * @param variables the environment as text; empty values count as absent
 * @param inFile names of those that the file `.env` holds
 * @throws ConfigurationError naming every broken rule at once, and variables that resemble a setting
 */
export function settingsOf(
  variables: Record<string, unknown>,
  declared = NOTHING,
  inFile: ReadonlySet<string> = new Set(),
): Settings {
  const groups = [...GROUPS, ...declared.groups];
  const texts = new Map(
    Object.entries(variables).filter((entry): entry is [string, string] => {
      const [, value] = entry;
      return typeof value === 'string' && value.trim() !== '';
    }),
  );
  const unknown = unknownVariables(texts.keys(), inFile, namesOf(groups));
  const refuse = refuseBeside(unknown.filter(({ resembles }) => resembles !== undefined).map(warningOf));
  refuse(groups.flatMap(({ rows }) => Object.values(rows).map((row) => problemOf(row, texts))));
  const given = new Reading(texts, declared.rungs);
  const values = new Map(groups.map((group) => [group, given.valuesOf(group)]));
  const settings = sumOf(values, settingsInForce(groups, texts, given), unknown);
  refuse([
    ...groups.flatMap((group) => group.rules(values.get(group) as never, given)),
    ...rulesBetweenGroups(settings),
  ]);
  return settings;
}

function namesOf(groups: readonly Group[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ rows }) => Object.values(rows).flatMap(({ variable }) => variable?.name ?? [])));
}

/**
 * @param hints sentences that go along with a refusal, and are no reason for one
 * @returns a check that throws a ConfigurationError with the sentences it is given, when there are any
 */
function refuseBeside(hints: readonly string[]) {
  return (sentences: readonly (string | false)[]): void => {
    const problems = sentences.filter((sentence) => sentence !== false);
    if (problems.length > 0) throw new ConfigurationError([...problems, ...hints]);
  };
}

function problemOf({ variable }: Row<unknown>, texts: ReadonlyMap<string, string>): string | false {
  const text = variable && texts.get(variable.name);
  return (
    text !== undefined && variable?.rule.read(text) === undefined && `${variable?.name} ${variable?.rule.sentence}`
  );
}

/** Values of rows, each made when it is first asked for: a default may need other rows. */
class Reading implements Given {
  private readonly values = new Map<Row<unknown>, unknown>();

  constructor(
    private readonly texts: ReadonlyMap<string, string>,
    readonly rungs: readonly Rung[],
  ) {}

  get production(): boolean {
    return this.value(ModeSettings.rows.production);
  }

  get strict(): boolean {
    return this.value(ModeSettings.rows.profile) === 'strict';
  }

  readonly value = <T>(row: Row<T>): T => {
    if (!this.values.has(row)) {
      const text = row.variable && this.texts.get(row.variable.name);
      this.values.set(row, row.valueOf(text, this));
    }
    return this.values.get(row) as T;
  };

  valuesOf(group: Group): object {
    const fields = Object.entries(group.rows).map(([field, row]) => [field, this.value(row)] as const);
    return Object.freeze(Object.assign(new group(), Object.fromEntries<unknown>(fields)));
  }
}

function sumOf(
  groups: ReadonlyMap<Group, object>,
  inForce: SettingsInForce,
  unknownVariables: readonly UnknownVariable[],
): Settings {
  const of = (group: Group) => {
    const values = groups.get(group);
    if (!values) throw new Error(`the group ${group.name} is not declared in src/settings.ts`);
    return values;
  };
  const own = GROUPS.map((group) => groups.get(group));
  const beside = { groups, of, inForce, unknownVariables };
  return Object.freeze(own.reduce<object>((sum, group) => ({ ...sum, ...group }), beside)) as Settings;
}

/**
 * Reads `.env` and the environment through `@nestjs/config`, once, before anything else starts.
 *
 * @param environment in place of the process's
 * @throws ConfigurationError when a rule is broken
 */
export async function readSettings(
  declared: Declared,
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const validate = () => ({ settings: settingsOf(readVariables(environment), declared, namesInFile()) });
  // Its own reader of the file takes UTF-16 for nothing.
  @Module({ imports: [ConfigModule.forRoot({ ignoreEnvFile: true, validate })] })
  class ReadingModule {}
  const context = await NestFactory.createApplicationContext(ReadingModule, { logger: false, abortOnError: false });
  const settings = context.get(ConfigService).getOrThrow<Settings>('settings');
  await context.close();
  forgetDriverVariables();
  return settings;
}
