/**
 * The processes in which a Jest worker opens the services of its specs (`service-host.mjs`). They live as long as the worker:
 * Jest loads this once a worker, outside of the specs' sandboxes, and `spec-environment.mjs` hands it to them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('service-host.mjs', import.meta.url));
const MOVING_CLOCK = new URL('moving-clock.mjs', import.meta.url).href;

/** The fake WhatsApp's own; Node reads it when a process begins. */
const CERTIFICATE = fileURLToPath(new URL('fake-whatsapp-media.cert.pem', import.meta.url));

/** A host gives way to a new one behind the spec file after which it has had so many services, or holds so much, in bytes. */
const MOST_SERVICES = 150;
const MOST_MEMORY = 1024 ** 3;

/** Those that live. */
const hosts = new Set();

/** One host, from its start to its end. */
class Host {
  /** What ended it, once it has ended. */
  fault;
  /** How far its clock is ahead, in ms. */
  ahead = 0;
  /** Keys of the services that are open. */
  open = new Set();
  services = 0;
  #asked = 0;
  #answers = new Map();
  #passed = [];
  #passing = Promise.resolve();

  constructor(isMoving, seat) {
    this.isMoving = isMoving;
    this.seat = seat;
    this.folder = mkdtempSync(join(process.env.MASUK_TEST_HOSTS, 'host-'));
    const log = openSync(join(this.folder, 'output'), 'a');
    this.child = spawn(process.execPath, [...(isMoving ? [`--import=${MOVING_CLOCK}`] : []), HOST], {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH ?? '',
        NODE_ENV: 'test',
        NODE_EXTRA_CA_CERTS: CERTIFICATE,
        NODE_COMPILE_CACHE: process.env.MASUK_TEST_COMPILE_CACHE ?? '',
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.pid = this.child.pid;
    this.pidFile = join(process.env.MASUK_TEST_HOSTS, `${this.pid}.pid`);
    writeFileSync(this.pidFile, '');
    hosts.add(this);
    // Jest ends when its specs have ended, and a host that loses its channel ends, too.
    this.child.unref();
    this.child.channel.unref();
    this.ready = new Promise((resolve) => (this.isReady = resolve));
    this.child.on('message', (message) => this.#hear(message));
    this.child.once('exit', (code, signal) => this.#ended(`it ended with ${code ?? signal}`));
  }

  /** @returns `{ url }`, `{ refused }` or `{ died }` */
  async openService(key, variables, log) {
    this.open.add(key);
    this.services += 1;
    const answer = await this.ask({ open: { key, variables, log } });
    if (answer.url === undefined) this.open.delete(key);
    return answer;
  }

  /** @returns `{}`, `{ failed }` or `{ died }` */
  async closeService(key) {
    if (!this.open.has(key)) return this.fault === undefined ? {} : { died: this.fault };
    const answer = await this.ask({ close: key });
    this.open.delete(key);
    return answer;
  }

  /** Lets so many ms pass for all its services, one call after the other. */
  pass(ms) {
    this.#passing = this.#passing.then(async () => {
      await this.ready;
      if (this.fault !== undefined) return;
      this.ahead += ms;
      await new Promise((resolve) => {
        this.#passed.push(resolve);
        this.child.send({ pass: ms }, () => undefined);
      });
    });
    return this.#passing;
  }

  async ask(message) {
    await this.ready;
    if (this.fault !== undefined) return { died: this.fault };
    return new Promise((resolve) => {
      const ask = (this.#asked += 1);
      this.#answers.set(ask, resolve);
      this.child.send({ ask, ...message }, () => undefined);
    });
  }

  async end() {
    if (this.fault !== undefined) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  #hear({ ask, ready, fault, passed, ...answer }) {
    if (ready) this.isReady();
    if (fault !== undefined) this.lastWords = fault;
    if (passed !== undefined) this.#passed.shift()?.();
    this.#answers.get(ask)?.(answer);
    this.#answers.delete(ask);
  }

  #ended(how) {
    const path = join(this.folder, 'output');
    // A run that has ended takes the folder away before its last hosts are gone.
    const output = existsSync(path) ? readFileSync(path, 'utf8').slice(-4_000) : '';
    this.fault = [this.lastWords ?? how, output].join('\n').trim();
    hosts.delete(this);
    this.isReady();
    for (const answer of this.#answers.values()) answer({ died: this.fault });
    for (const go of this.#passed) go();
    rmSync(this.pidFile, { force: true });
  }
}

/**
 * A host for a service. Those whose time is moved have one for themselves and the others of their owner: the time is the
 * process's.
 *
 * @param owner of the time, if it is moved
 * @param ahead how far that is ahead, in ms
 * @param seat hosts of different seats are different processes: for instances that must not share one
 */
export async function takeHost(owner, ahead = 0, seat = 0) {
  const isMoving = owner !== undefined;
  const isFree = (host) => !isMoving || host.open.size === 0 || host.owner === owner;
  const fits = (host) => host.isMoving === isMoving && host.seat === seat && isFree(host);
  const host = [...hosts].find(fits) ?? new Host(isMoving, seat);
  if (isMoving && host.open.size === 0) {
    host.owner = owner;
    if (host.ahead !== ahead) await host.pass(ahead - host.ahead);
  }
  return host;
}

/**
 * Sees to it that the next spec file finds nothing of this one: what a failed spec left open is ended.
 *
 * @returns what services have left behind that were closed, one line a host
 */
export async function tidyHosts() {
  const complaints = [];
  for (const host of hosts) {
    const { left = [], memory = 0 } = host.open.size > 0 ? {} : await host.ask({ rest: true });
    if (left.length > 0) complaints.push(`services were closed and have left in their process: ${left.join(', ')}`);
    if (host.open.size > 0 || left.length > 0 || host.services >= MOST_SERVICES || memory > MOST_MEMORY)
      await host.end();
  }
  return complaints;
}

/** Process ids of the hosts that live. */
export const hostPids = () => [...hosts].map(({ pid }) => pid);
