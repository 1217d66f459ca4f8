import type { SendOutcome } from '../../src/delivery/providers/message-provider.js';
import type { ApiScript } from './fake-api.js';

const timeout: SendOutcome = { kind: 'unknown', cause: 'timeout' };
const reset: SendOutcome = { kind: 'unknown', cause: 'reset' };
const badBody: SendOutcome = { kind: 'unknown', cause: 'bad-body' };

/** What every provider would take for success. */
const SUCCESS = { sent: true, message: { id: 'a-b' }, messages: [{ id: 'wamid.A==' }], sid: 'SM1' };

/** What can happen on the wire of any provider that speaks HTTP, and what its send must come to within 300 ms. */
export const WIRE_TROUBLES: [string, ApiScript, SendOutcome][] = [
  ['a reset before the request was read', { reset: 'early' }, reset],
  ['a reset before the answer', { reset: true }, reset],
  ['a reset in the answer', { reset: 'midway' }, reset],
  ['a hang-up', { raw: '' }, reset],
  ['half a head', { raw: 'HTTP/1.1 200 OK\r\ncontent-' }, reset],
  ['no HTTP at all', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }, badBody],
  ['no answer', { hang: true }, timeout],
  ['an answer after the deadline', { delayMs: 1_000 }, timeout],
  ['an answer that never ends', { body: '{', headers: { 'content-length': '10' } }, timeout],
  ['an answer over 64 kB', { body: JSON.stringify({ ...SUCCESS, pad: 'x'.repeat(64 * 1024) }) }, badBody],
  ['bytes that are no gzip', { body: 'plain', headers: { 'content-encoding': 'gzip' } }, badBody],
];

/** Bodies with status 200 that say nothing: the message may have gone out. */
export const ODD_BODIES: [string, string, string[]][] = [
  ['nothing', '', []],
  ['HTML', '<html>Maintenance</html>', []],
  ['null', 'null', []],
  ['a list', '[1]', []],
  ['a text', '"sent"', []],
  ['a cut object', '{"sent":true', []],
  ['unknown keys', '{"success":true,"data":{"x":1}}', ['success', 'data', 'data.x']],
  ['hostile keys', '{"__proto__":{"sent":true},"constructor":1}', ['__proto__', 'constructor', '__proto__.sent']],
];

const HOUR = 3_600_000;

/** Values of `Retry-After`, and the seconds that they stand for. */
export const RETRY_AFTER: [string, string, number | undefined][] = [
  ['seconds', '30', 30],
  ['a date', new Date(Date.now() + HOUR).toUTCString(), 3_600],
  ['a date gone by', new Date(Date.now() - HOUR).toUTCString(), 0],
  ['an eternity', '99999999999', 86_400],
  ['nonsense', 'soon', undefined],
];

/** Fails unless the outcome asks to wait for so many seconds; of a date minutes may have gone by on a busy machine. */
export function expectWait(outcome: SendOutcome, seconds: number | undefined): void {
  const told = outcome.kind === 'rejected' ? outcome.retryAfterSeconds : NaN;
  const least = seconds === HOUR / 1000 ? seconds - 600 : seconds;
  const fits = told === undefined || least === undefined ? told === seconds : told >= least && told <= (seconds ?? 0);
  if (!fits) throw new Error(`waits ${told} s, not ${seconds} s`);
}
