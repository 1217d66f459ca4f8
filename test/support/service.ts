import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { MOVING_CLOCK, passIn } from './clock.js';
import { call } from './http-client.js';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

const START_PATIENCE = 90_000;

/** An answer, its JSON parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // A spec looks at whatever field it wants; what is not there is undefined and fails the expectation.
  readonly body: any;
}

/** Requests to one address. */
export interface Requests {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Any request; `body` leaves as it is. */
  send(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
}

/** The built service: one of several in a process (`hosted-service.ts`), or a process of its own. */
export interface Service extends Requests {
  readonly url: string;
  /** Of the process that it runs in. */
  readonly pid: number;
  /** Everything it logged so far. */
  output(): string;
  /** The same requests to another address that leads to it. */
  at(url: string): Requests;
  /** Lets so many ms pass for a service with `TEST_CLOCK`; its timers that are due fire. One that has ended is left out. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets it end what is under way, and close everything. */
  stop(): Promise<unknown>;
}

/** The built service, running as a process of its own: for specs of its start, its end, its memory, its output. */
export interface ServiceProcess extends Service {
  /** Stops reading what it writes, as a log collector does that hangs; its pipes fill up. @returns reads on */
  holdOutput(): () => void;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const running = new Set<ChildProcess>();

/** A start that ended: what it said and how. */
export class StartFailed extends Error {
  constructor(
    readonly output: string,
    readonly code: number | null,
  ) {
    super(`the service ended with ${code}:\n${output}`);
  }
}

/**
 * Starts `dist/main.js` on a free port with these variables, the run's compile cache, and nothing else of ours.
 *
 * @param patience in ms, behind which it is ended
 * @throws StartFailed when it ends instead of listening; Error when it does neither
 */
export async function startService(
  variables: Record<string, string>,
  patience = START_PATIENCE,
): Promise<ServiceProcess> {
  const dataDir = variables['DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'masuk-service-'));
  const moving = variables['TEST_CLOCK'] === 'on';
  const clock = { NODE_OPTIONS: [variables['NODE_OPTIONS'], MOVING_CLOCK].filter(Boolean).join(' ') };
  const child = spawn(process.execPath, [MAIN], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      NODE_COMPILE_CACHE: process.env['MASUK_TEST_COMPILE_CACHE'] ?? '',
      ...variables,
      ...(moving && clock),
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(moving ? ['ipc' as const] : [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  running.add(child);
  let output = '';
  let isListening = false;
  const ended = once(child, 'exit').then((end) => {
    const [code, signal] = end as [number | null, NodeJS.Signals | null];
    running.delete(child);
    if (!variables['DATA_DIR']) rmSync(dataDir, { recursive: true, force: true });
    return { code, signal };
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`process ${child.pid} did not listen within ${patience} ms:\n${output}`));
    }, patience);
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      // Once is enough: some services go on to write megabytes.
      if (isListening) return;
      const listening = /Server listening at (http:\/\/[^"\s]+)/.exec(output)?.[1];
      if (listening === undefined) return;
      isListening = true;
      clearTimeout(timer);
      resolve(listening);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(({ code }) => reject(new StartFailed(output, code))).finally(() => clearTimeout(timer));
  });
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    holdOutput: () => {
      for (const stream of [child.stdout, child.stderr]) stream.pause();
      return () => {
        for (const stream of [child.stdout, child.stderr]) stream.resume();
      };
    },
    at: requestsTo,
    ...requestsTo(url),
    pass: (ms) => passIn(child, ms),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Requests as specs make them. */
export function requestsTo(url: string): Requests {
  const send: Requests['send'] = async (method, path, body, headers = {}) => {
    const answer = await call(url + path, method, headers, body);
    const { status, text } = answer;
    return {
      status,
      text,
      body: answer.type.includes('json') ? (JSON.parse(text) as unknown) : undefined,
      get headers() {
        return answer.headers;
      },
    };
  };
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers) =>
      send('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers }),
  };
}

/** Lines that a service logged at `error` or above, but for a provider that refused, and whatever mentions a deadlock. */
export function troubles(service: Pick<Service, 'output'>): string[] {
  return service
    .output()
    .split('\n')
    .filter((line) =>
      /"level":[56]0\b.*(?<!"code":"whatsapp_unavailable","msg":"request failed"})$|40P01|deadlock/.test(line),
    );
}

/** Ends the processes that a failed spec left behind; belongs into the `afterAll` of each file that starts some itself. */
export async function stopAllServices(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }),
  );
}
