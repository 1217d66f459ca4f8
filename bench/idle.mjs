/** The part `idle`: how long a start takes, and what the process holds when it has had nothing to do. */
import { createServer } from 'node:net';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, memoryOf } from './cpu.mjs';
import { START_PATIENCE, spawnServer } from './processes.mjs';
import { figure, medianOf, table } from './report.mjs';
import { inRotation } from './rotation.mjs';

/** Between two looks whether a server answers; ms. */
const LOOK_EVERY = 10;

/**
 * Starts each target so many times, in rotation, and leaves the last ones alone for a while.
 *
 * @param targets made, and not running; started before, so that database and caches are warm
 */
export async function measureIdle(stage, targets) {
  const { options, say } = stage;
  say(`Start and idle: ${options.rounds} starts of each, then ${options.idle} s without a request`);
  for (const target of targets) await (await timedStart(target)).stop();
  const starts = [];
  const resting = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const target of inRotation(targets, round)) {
      const server = await timedStart(target);
      starts.push({ target: target.name, round, seconds: server.seconds, cpu: server.cpu });
      if (round < options.rounds) await server.stop();
      else resting.push({ target: target.name, ...server });
    }
  }
  const rows = [];
  for (const { target, child, stop, readyAt, cpu } of resting) {
    await sleep(Math.max(0, readyAt + options.idle * 1000 - performance.now()));
    const used = cpuOf(child.pid);
    rows.push({ target, ...memoryOf(child.pid), idle: used === null ? null : (used - cpu) / options.idle });
    await stop();
  }
  const of = (name, pick) => medianOf(starts.filter(({ target }) => target === name).map(pick));
  table(
    [
      ['target', ({ target }) => target],
      [
        'start s',
        ({ target }) =>
          figure(
            of(target, ({ seconds }) => seconds),
            2,
          ),
      ],
      [
        'CPU s',
        ({ target }) =>
          figure(
            of(target, ({ cpu }) => cpu),
            2,
          ),
      ],
      ['memory MB', ({ resident }) => figure(resident)],
      ['of it not of files', ({ anonymous }) => figure(anonymous)],
      ['CPU when idle, ms/s', ({ idle }) => figure(idle === null ? null : idle * 1000, 1)],
    ],
    targets.map(({ name }) => rows.find(({ target }) => target === name)),
  ).forEach(say);
  say();
  return { starts, idle: rows };
}

/**
 * Starts a server on a port that we choose, and waits for its first answer: what it writes into its log may come later.
 *
 * @returns with the server: seconds until that answer, CPU seconds so far, and when that was (`readyAt`)
 */
async function timedStart(target) {
  const port = await freePort();
  const began = performance.now();
  const server = await spawnServer({ ...target.server, env: { ...target.server.env, PORT: String(port) } });
  const url = `http://127.0.0.1:${port}${target.readyPath}`;
  while (!(await answers(url))) {
    // Throws when the server has ended.
    if (server.child.exitCode !== null) await server.said();
    if (performance.now() - began > START_PATIENCE)
      throw new Error(`${target.name} does not answer; see ${server.logFile}`);
    await sleep(LOOK_EVERY);
  }
  const readyAt = performance.now();
  return { ...server, seconds: (readyAt - began) / 1000, cpu: cpuOf(server.child.pid), readyAt };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether a server answers that it is ready. */
function answers(url) {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}
