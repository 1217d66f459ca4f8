import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ConfigurationError } from './configuration-error.js';
import { forgetDriverVariables } from './database/database-url.js';
import { Environment } from './environment.dto.js';
import { brokenRules } from './rules.js';
import { Settings } from './settings.js';
import { readVariables } from './variables.js';

export { ConfigurationError };

/**
 * Settings out of raw variables.
 *
 * @param variables the environment as text; empty values count as absent
 * @throws ConfigurationError naming every broken rule at once
 */
export function settingsFrom(variables: Record<string, unknown>): Settings {
  const present = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => typeof value === 'string' && value.trim() !== ''),
  );
  const environment = plainToInstance(Environment, present);
  const problems = validateSync(environment).flatMap((error) => Object.values(error.constraints ?? {}).slice(0, 1));
  if (environment.DB_TYPE && !/^postgres(ql)?$/i.test(environment.DB_TYPE)) {
    problems.push('DB_TYPE must be postgres: only PostgreSQL is supported; set DATABASE_URL to one');
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  const settings = new Settings(environment);
  const broken = brokenRules(settings);
  if (broken.length > 0) throw new ConfigurationError(broken);
  return settings;
}

/**
 * Reads `.env` and the process environment through `@nestjs/config`, once, before anything else starts.
 *
 * @throws ConfigurationError when a rule is broken
 */
export async function readSettings(): Promise<Settings> {
  @Module({
    imports: [
      // Its own reader of the file takes UTF-16 for nothing.
      ConfigModule.forRoot({ ignoreEnvFile: true, validate: () => ({ settings: settingsFrom(readVariables()) }) }),
    ],
  })
  class ReadingModule {}
  const context = await NestFactory.createApplicationContext(ReadingModule, { logger: false, abortOnError: false });
  const settings = context.get(ConfigService).getOrThrow<Settings>('settings');
  await context.close();
  forgetDriverVariables();
  return settings;
}
