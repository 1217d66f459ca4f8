/**
 * For `NODE_OPTIONS=--import=…`: a clock that the parent process moves forward. Wall clock, monotonic clock and timers move
 * together: timers that become due fire at once, in their order. Times of sockets (Node's own timers) stay real.
 *
 * Protocol, over the process's channel: `{ pass: milliseconds }`, answered with `{ passed: milliseconds }` when the timers
 * have fired. `CLOCK_AHEAD_MS` is how far ahead it begins.
 */
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import promises from 'node:timers/promises';
import { promisify } from 'node:util';

const RealDate = Date;
const now = performance.now.bind(performance);
const real = { setTimeout: timers.setTimeout, setInterval: timers.setInterval };
let ahead = Number(process.env.CLOCK_AHEAD_MS ?? '0');

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + ahead);
    else super(...given);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
performance.now = () => now() + ahead;

/** Timers that have not fired, each with the real instant at which it will and the pause that it was made with. */
const waiting = new Map();

function follow(make, repeats) {
  return (callback, delay = 1, ...args) => {
    const pause = Number.isFinite(Number(delay)) ? Math.max(1, Number(delay)) : 1;
    const timer = make(() => {
      timer._idleTimeout = pause;
      if (repeats) waiting.set(timer, { due: now() + pause, pause });
      else waiting.delete(timer);
      callback(...args);
    }, pause);
    waiting.set(timer, { due: now() + pause, pause });
    const refresh = timer.refresh.bind(timer);
    timer.refresh = () => {
      timer._idleTimeout = pause;
      waiting.set(timer, { due: now() + pause, pause });
      return refresh();
    };
    timer.hurry = (left) => {
      timer._idleTimeout = Math.max(1, Math.ceil(left));
      refresh();
    };
    return timer;
  };
}

const setTimeout = follow(real.setTimeout, false);
const setInterval = follow(real.setInterval, true);
const pauseFor = (ms, value, { signal, ref = true } = {}) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve(value);
    }, ms);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener('abort', end, { once: true });
    if (!ref) timer.unref();
  });
setTimeout[promisify.custom] = pauseFor;
Object.assign(globalThis, { setTimeout, setInterval });
Object.assign(timers, { setTimeout, setInterval });
promises.setTimeout = pauseFor;
syncBuiltinESMExports();

process.on('message', ({ pass }) => {
  if (pass === undefined) return;
  ahead += pass;
  for (const [timer, times] of waiting) {
    if (timer._destroyed) {
      waiting.delete(timer);
      continue;
    }
    times.due -= pass;
    timer.hurry(times.due - now());
  }
  // Behind every timer that is due now, and the connections that it began to make.
  let looks = 0;
  const tell = () => {
    // Not for ever: a connection may get no answer.
    if (looks++ < 400 && process.getActiveResourcesInfo().includes('TCPConnectWrap')) real.setTimeout(tell, 5);
    else process.send({ passed: pass });
  };
  real.setTimeout(tell, 10);
});
process.channel?.unref();
