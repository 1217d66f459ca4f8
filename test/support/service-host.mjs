/**
 * A process that has loaded the built service once, and opens any number of services in itself, one after the other or side by
 * side: for specs that need no process of their own (`service-hosts.mjs` starts it, `house.ts` asks for it). Each has its own
 * settings, port, database and log.
 *
 * Protocol, over the process's channel: `{ ask, open: { key, variables, log } }`, answered with `{ ask, url }` or
 * `{ ask, refused }`; `{ ask, close: key }`, answered with `{ ask }` or `{ ask, failed }`; `{ ask, rest: true }`, which waits until
 * nothing is left of what was closed, answered with `{ ask, left, memory }`. An error that nobody caught ends it, as it ends the
 * service: `{ fault }` is its last word.
 */
import { closeSync, openSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { LogOutput, refusal, startService } from '../../dist/service.js';

/** What keeps the process alive while no service is open. */
let atRest = [];

/** How long closed services may take to let go of their last sockets and timers, in ms. Baileys waits a minute for an answer. */
const REST_PATIENCE = 90_000;

/** What closes each open service, by its key. */
const open = new Map();

class Lifecycle {
  closings = [];

  know({ log }) {
    this.log = log;
  }

  onStop(close) {
    this.closings.push(close);
  }

  async close() {
    for (let close = this.closings.pop(); close; close = this.closings.pop()) await close();
    await this.log?.end();
  }
}

async function openOne({ key, variables, log }) {
  const fd = openSync(log, 'a');
  const lifecycle = new Lifecycle();
  const close = () => lifecycle.close().finally(() => closeSync(fd));
  try {
    const { address, family, port } = await startService(lifecycle, {
      environment: variables,
      openOutput: (options) => new LogOutput(fd, options),
    });
    open.set(key, close);
    return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` };
  } catch (error) {
    await close();
    return { refused: refusal(error) };
  }
}

async function closeOne(key) {
  const close = open.get(key);
  open.delete(key);
  try {
    await close?.();
    return {};
  } catch (error) {
    return { failed: error.stack };
  }
}

async function rest() {
  // Node does so at the end of a process, and this one is killed. The next ones compile nothing of it again.
  flushCompileCache();
  const until = performance.now() + REST_PATIENCE;
  while (open.size === 0 && left().length > 0 && performance.now() < until) await pause(20);
  return { left: open.size === 0 ? left() : [], memory: process.memoryUsage.rss() };
}

function kinds() {
  return process.getActiveResourcesInfo().sort();
}

function left() {
  const rest = kinds();
  for (const kind of atRest) {
    const at = rest.indexOf(kind);
    if (at >= 0) rest.splice(at, 1);
  }
  return rest;
}

process.on('message', async ({ ask, open: wanted, close, rest: resting }) => {
  if (ask === undefined) return;
  let answer;
  if (wanted) answer = await openOne(wanted);
  else if (close !== undefined) answer = await closeOne(close);
  else if (resting) answer = await rest();
  process.send({ ask, ...answer });
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => {
  process.send({ fault: error?.stack ?? String(error) }, () => process.exit(1));
});
// The moving clock lets go of it.
process.channel.ref();
atRest = kinds();
process.send({ ready: true });
