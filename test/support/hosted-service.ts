import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MEDIA_CERTIFICATE } from './media-certificate.js';
import { requestsTo, StartFailed, type Requests, type Service } from './service.js';

/** A process that opens services in itself; see `service-hosts.mjs`. */
interface Host {
  readonly pid: number;
  readonly folder: string;
  readonly owner?: string;
  /** What ended it, once it has ended. */
  readonly fault?: string;
  openService(key: string, variables: Record<string, string>, log: string): Promise<Opened>;
  closeService(key: string): Promise<Closed>;
  pass(ms: number): Promise<void>;
}
type Opened = { url: string } | { refused: string } | { died: string };
interface Closed {
  failed?: string;
  died?: string;
}

/** What `spec-environment.mjs` gives to each spec file. */
const { takeHost } = globalThis as unknown as {
  takeHost(owner: string | undefined, ahead: number, seat: number): Promise<Host>;
};

/** What Node or the system reads when a process begins, and no service. */
const OF_A_PROCESS = /^(?:NODE_(?!ENV$).*|LD_.*|SSL_.*|UV_.*|TZ|CLOCK_AHEAD)$/;

/**
 * Opens the built service with these variables and nothing else of ours, in a process that has loaded it before and may have others.
 *
 * @param seat services of different seats share no process
 * @throws StartFailed when it ends instead of listening
 */
export async function openHosted(variables: Record<string, string>, seat = 0): Promise<Service> {
  refuseForProcess(variables);
  const moved = variables['TEST_CLOCK'] === 'on' ? variables['DATABASE_URL'] : undefined;
  const host = await takeHost(moved, Number(variables['CLOCK_AHEAD_MS'] ?? '0'), seat);
  const dataDir = variables['DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'masuk-service-'));
  const key = randomUUID();
  const log = new Log(join(host.folder, `${key}.log`));
  const opened = await host.openService(
    key,
    { PORT: '0', NODE_ENV: 'test', DATA_DIR: dataDir, ...variables },
    log.path,
  );
  const forget = () => {
    if (!variables['DATA_DIR']) rmSync(dataDir, { recursive: true, force: true });
  };
  if (!('url' in opened)) {
    forget();
    if ('refused' in opened) throw new StartFailed(log.read() + opened.refused, null);
    throw new HostDied(opened.died, log);
  }
  return {
    url: opened.url,
    pid: host.pid,
    output: () => log.read(),
    at: (url) => aware(requestsTo(url), host, log),
    ...aware(requestsTo(opened.url), host, log),
    pass: moved === undefined ? () => Promise.resolve() : passOf(host, moved),
    stop: async () => {
      const { failed, died } = await host.closeService(key);
      forget();
      if (died !== undefined) throw new HostDied(died, log);
      if (failed !== undefined) throw new Error(`the service did not close: ${failed}\n${log.read()}`);
    },
  };
}

function refuseForProcess(variables: Record<string, string>): void {
  const names = Object.keys(variables).filter((name) => OF_A_PROCESS.test(name));
  const others = names.filter((name) => name !== 'NODE_EXTRA_CA_CERTS' || variables[name] !== MEDIA_CERTIFICATE);
  if (others.length > 0)
    throw new Error(`${others.join(', ')}: a service needs a process of its own ({ ownProcess: true })`);
}

/** Everything that a service wrote, in a file that only grows. */
class Log {
  constructor(readonly path: string) {}

  read(): string {
    return readFileSync(this.path, 'utf8');
  }
}

/** The process ended under a service, by an error that nobody caught. */
class HostDied extends Error {
  constructor(fault: string, log: Log) {
    super(`the process of the service has ended: ${fault}\n${log.read().slice(-8_000)}`);
  }
}

/** Requests that say what has ended the service, where that is why there is no answer. */
function aware({ send, get, post }: Requests, host: Host, log: Log): Requests {
  const told = async (answer: ReturnType<Requests['send']>) => {
    try {
      return await answer;
    } catch (error) {
      throw host.fault === undefined ? error : new HostDied(host.fault, log);
    }
  };
  return {
    send: (...request) => told(send(...request)),
    get: (...request) => told(get(...request)),
    post: (...request) => told(post(...request)),
  };
}

const passes = new WeakMap<Host, Map<string, Service['pass']>>();

/** One function for all services of a host that have the same time: it passes for all of them. */
function passOf(host: Host, owner: string): Service['pass'] {
  const known = passes.get(host) ?? new Map<string, Service['pass']>();
  passes.set(host, known);
  const pass = known.get(owner) ?? (async (ms) => (host.owner === owner ? host.pass(ms) : undefined));
  known.set(owner, pass);
  return pass;
}
