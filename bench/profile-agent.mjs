/** Loaded into the service with --import: starts and stops the CPU profiler when the bench says so, start-up left out. */
import { Session } from 'node:inspector/promises';

const MICROSECONDS_A_SAMPLE = 250;

const session = new Session();
session.connect();

process.on('message', async ({ order }) => {
  if (order === 'start') {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: MICROSECONDS_A_SAMPLE });
    await session.post('Profiler.start');
    process.send({ done: 'start' });
  } else {
    const { profile } = await session.post('Profiler.stop');
    process.send({ done: 'stop', profile });
  }
});
// The service ends by itself; this channel must not keep it.
process.channel?.unref();
