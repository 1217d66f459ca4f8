import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openHouse, type House } from '../support/house.js';
import { logIn, me, newcomer } from '../support/logins.js';
import { startService } from '../support/service.js';
import { until } from '../support/waits.js';
import { isAlive } from '../../src/platform/embedded-postgres/process-life.js';

// Specs open services side by side in one process (test/README.md#the-harness). It must be as if each had a process of its own.

const OTHER_SECRET = 'another secret than that of the others, Tz5q';

async function withHouses(work: (one: House, other: House) => Promise<void>): Promise<void> {
  const houses = await Promise.all([openHouse(), openHouse({ AUTH_SECRET: OTHER_SECRET, JWT_AUDIENCE: 'other' })]);
  try {
    await work(...houses);
  } finally {
    await Promise.all(houses.map((house) => house.close()));
  }
}

describe('services of one process', () => {
  it('know their own tokens, and no others', async () => {
    await withHouses(async (one, other) => {
      const [mine, theirs] = [await newcomer(one), await newcomer(other)];
      const [here, there] = [await logIn(one.service, mine.username), await logIn(other.service, theirs.username)];
      const statuses = [];
      for (const [house, tokens] of [
        [one, here],
        [other, there],
        [one, there],
        [other, here],
      ] as const)
        statuses.push((await me(house.service, tokens)).status);
      expect(statuses).toEqual([200, 200, 401, 401]);
    });
  });

  it('write logs of their own', async () => {
    await withHouses(async (one, other) => {
      const { headers } = await one.service.get('/api/nowhere-but-here');
      const id = String(headers.get('x-request-id'));
      await until('it is logged', () => one.service.output().includes(id));
      expect(other.service.output()).not.toContain(id);
      expect(other.service.output()).toContain('Server listening at');
    });
  });

  it('end alone', async () => {
    await withHouses(async (one, other) => {
      await one.service.stop();
      await expect(one.service.get('/health/live')).rejects.toThrow('fetch failed');
      expect((await other.service.get('/health/live')).status).toBe(200);
    });
  });

  it('do not take what Node reads when a process begins', async () => {
    await expect(openHouse({ NODE_OPTIONS: '--inspect=0' })).rejects.toThrow('ownProcess');
  });

  it('are never two instances of one house, and fail their spec when the process ends under them', async () => {
    const house = await openHouse({}, { instances: 2 });
    const { pid, stop } = await house.inOtherProcess();
    expect(pid).not.toBe(house.service.pid);
    await stop();
    // The second of the two is in that process.
    process.kill(pid, 'SIGKILL');
    const said = () => house.service.get('/health/live').then(({ status }) => status, String);
    await until('a request says so', async () => String(await said()).includes('process of the service has ended'));
    expect([await said(), await said()]).toEqual([200, expect.stringContaining('process of the service has ended')]);
    await expect(house.close()).rejects.toThrow('it ended with SIGKILL');
    const next = await openHouse();
    expect((await next.service.get('/health/live')).status).toBe(200);
    await next.close();
  });
});

it('a process that does not listen in its time is ended', async () => {
  const failure = await startService({}, 1).then(String, String);
  const [, pid] = /process (\d+) did not listen within 1 ms/.exec(failure) ?? [failure];
  await until('its end', () => !isAlive(Number(pid)));
});

/** Packages that a file and what it imports load, without those that it takes only types from. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s(?!type\b)[^;]*?from '(.+)';$/gm,
  )) {
    const path = join(dirname(file), name.replace(/\.js$/, '.ts'));
    if (!name.startsWith('.')) packages.add(name);
    else if (existsSync(path) && !seen.has(path)) for (const each of packagesOf(path, seen)) packages.add(each);
  }
  return packages;
}

it('loads few packages into each spec: there they are compiled anew', () => {
  const packages = [...packagesOf(join(import.meta.dirname, '..', 'support', 'house.ts'))];
  expect(packages.filter((name) => !name.startsWith('node:')).sort()).toEqual(['@node-rs/argon2', 'pg']);
});
