import { parseArgs } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CreateApiKeyDto } from '../identity/api-keys/api-keys.dto.js';
import { ApiKeys, type WantedApiKey } from '../identity/api-keys/api-keys.service.js';
import { DURATION, seconds } from '../platform/config/rows/duration.js';
import { SCOPES } from '../platform/http/access.decorators.js';
import { refuseStart } from '../process-lifecycle.js';
import { withRooms } from './parts/with-rooms.js';

const USAGE = `usage: npm run apikey -- NAME --scopes messages,otp [--expires 90d] [--rate 600]
  --scopes   a comma list of ${SCOPES.join(', ')}
  --expires  how long the key lives, such as 12h or 90d; left out, until it is revoked
  --rate     calls a minute; 600 when left out`;

/** The command line cannot be understood; says why, and how it should be. */
class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
  constructor(problem: string) {
    super(`${problem}\n${USAGE}`);
  }
}

/** The wish on the command line, under the same rules as one that comes in over HTTP. */
function wanted(): WantedApiKey {
  const { values, positionals } = readArguments();
  if (positionals.length !== 1) throw new WrongUsage('Give the key one name; put it in quotes if it has spaces.');
  const wish = plainToInstance(CreateApiKeyDto, {
    name: positionals[0],
    scopes: values.scopes?.split(',').map((scope) => scope.trim()) ?? [],
    expiresAt: values.expires === undefined ? null : expiryAfter(values.expires),
    requestsPerMinute: values.rate === undefined ? null : Number(values.rate),
  });
  const problems = validateSync(wish).flatMap((error) => Object.values(error.constraints ?? {}).slice(0, 1));
  if (problems.length > 0) throw new WrongUsage(problems.join('\n'));
  const { name, scopes, expiresAt, requestsPerMinute } = wish;
  return {
    name,
    scopes,
    expiresAt: expiresAt ? new Date(expiresAt) : null,
    requestsPerMinute: requestsPerMinute ?? undefined,
  };
}

function readArguments() {
  const options = { scopes: { type: 'string' }, expires: { type: 'string' }, rate: { type: 'string' } } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

function expiryAfter(duration: string): string {
  // eslint-disable-next-line no-restricted-properties -- becomes a day that people read, before a database is open
  const end = new Date(DURATION.test(duration) ? Date.now() + seconds(duration) * 1000 : Number.NaN);
  if (Number.isNaN(end.getTime())) throw new WrongUsage('--expires must be a duration such as 12h or 90d.');
  return end.toISOString();
}

/** Makes a key and prints it, alone, on standard output; what people read goes to standard error. */
async function makeKey(wish: WantedApiKey): Promise<void> {
  const say = (message: string) => process.stderr.write(`${message}\n`);
  await withRooms(say, async (rooms) => {
    const { key, row } = await rooms.get(ApiKeys).create(wish, { userId: null, address: null, requestId: null });
    const until = row.expires_at ? `until ${row.expires_at.toISOString()}` : 'until it is revoked';
    say(`Key "${row.name}" for ${row.scopes.join(', ')}, ${row.requests_per_minute} calls a minute, ${until}.`);
    say('Save it now: it will not be shown again. Send it as X-API-Key.');
    process.stdout.write(`${key}\n`);
  });
}

async function main(): Promise<void> {
  let wish: WantedApiKey;
  try {
    wish = wanted();
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  await makeKey(wish);
}

main().catch((error: unknown) => refuseStart(error, 'No key was made.'));
