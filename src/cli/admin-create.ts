import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { AdminCreation } from '../admin/admin-creation.js';
import { AppModule } from '../app.module.js';
import { loadAuthSecret } from '../config/auth-secret.js';
import { readSettings } from '../config/read-settings.js';
import { openDatabase } from '../database/open-database.js';
import { AppError } from '../errors/app-error.js';
import { CATALOGUE } from '../errors/catalogue.js';
import { databaseFailure } from '../errors/database-errors.js';
import { createLogger } from '../http/logger.js';
import { refuseStart } from '../lifetime.js';
import { askPassword } from './hidden-prompt.js';

const USAGE = `usage: npm run admin:create -- --name NAME --phone NUMBER [--email ADDRESS] [--username NAME] [--password] [--promote]
  Makes an account with the role ADMIN.
  --promote   gives the role to the account that has exactly this phone, e-mail and username already; its sessions end
  --password  asks for a password (or reads it from standard input); without it the admin logs in by code`;

/** The wish cannot be fulfilled; says why. */
class Refused extends Error {
  override readonly name = 'Refused';
}

function readArguments() {
  const text = { type: 'string' } as const;
  const options = {
    name: text,
    phone: text,
    email: text,
    username: text,
    password: { type: 'boolean' },
    promote: { type: 'boolean' },
  } as const;
  try {
    const { values } = parseArgs({ options });
    if (!values.phone && !values.email && !values.username) throw new Error('Give a --phone, --email or --username.');
    return values;
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function refuse(error: Error): never {
  throw new Refused(error.message);
}

/** Makes the first admin of a production database, or a further one; see docs/integration/users.md. */
async function main(): Promise<void> {
  const { name, phone, email, username, password: asks, promote = false } = readArguments();
  const password = asks ? await askPassword().catch(refuse) : null;
  const settings = await readSettings();
  const logger = createLogger(settings);
  const secret = loadAuthSecret(settings);
  const say = (message: string) => process.stdout.write(`${message}\n`);
  const database = await openDatabase(settings, secret, say);
  try {
    const context = await NestFactory.createApplicationContext(AppModule.on({ settings, secret, logger, database }), {
      logger: false,
      abortOnError: false,
    });
    try {
      const typed = { fullName: name, phone, email, username };
      const { account, isNew } = await context.get(AdminCreation).create(typed, password, promote);
      const known = [account.phone, account.email, account.username].filter((identity) => identity !== null).join(', ');
      say(`${account.full_name} (${known}) ${isNew ? 'was made as' : 'is now'} an ADMIN.`);
    } finally {
      await context.close();
    }
  } catch (error) {
    throw inWords(error);
  } finally {
    await database.close();
  }
}

/** What the service would answer, for a terminal. */
function inWords(error: unknown): unknown {
  const failure = error instanceof AppError ? error : databaseFailure(error);
  if (!failure) return error;
  if (failure.code === 'conflict')
    return new Refused(
      'There is an account with one of these already. --promote gives it the role, if all that you give is its.',
    );
  const details = typeof failure.details === 'function' ? failure.details('en') : failure.details;
  const problems = Array.isArray(details)
    ? details.map(
        ({ field, problem }: { field?: string; problem: string }) => `\n  ${field ? `${field} ` : ''}${problem}`,
      )
    : [];
  return new Refused(`${CATALOGUE[failure.code].text.en}.${problems.join('')}`);
}

main().catch((error: unknown) => {
  if (!(error instanceof Refused)) refuseStart(error);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
