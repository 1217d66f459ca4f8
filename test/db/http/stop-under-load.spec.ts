import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { endClaims, messagesOf } from '../../support/messages.js';
import { troubles, type Service, type ServiceProcess } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';
import { stopPatience } from '../../../src/process-lifecycle.js';

let database: TestDatabase;
let house: House<ServiceProcess>;
let whacenter: FakeWhacenter;

beforeAll(async () => {
  house = await openHouse({}, { instances: 0, movingClock: true, ownProcess: true });
  ({ database, fake: whacenter } = house);
});

afterAll(async () => house.close());

/**
 * Sends the signal, and tells how the process ended. It looks at the time itself: it exits with 1, and says so, when stopping
 * takes longer than ten seconds (docs/operations.md, "Start and stop").
 */
async function stopped(service: ServiceProcess): Promise<number | null> {
  const { code } = await service.stop('SIGTERM');
  expect(service.output()).not.toContain('Stopping took too long');
  return code;
}

interface Call {
  person: Resident;
  /** HTTP status, or what went wrong on the wire. */
  result: number | string;
}

describe('SIGTERM under load', () => {
  it.each([
    ['reveal', 40],
    ['conceal', 300],
  ])(
    'lets requests under way finish, resets nothing and writes every acceptance: %s, a gateway of %i ms',
    async (unknownPhone, delayMs) => {
      const service = await house.another({ UNKNOWN_PHONE: unknownPhone });
      const people = await house.people(2_000);
      for (const { e164: phone } of people) whacenter.forNumber(phone, { delayMs });
      const calls: Call[] = [];
      let isOver = false;
      const queue = people.values();
      const callers = Array.from({ length: 16 }, async () => {
        for (const person of queue) {
          if (isOver) return;
          const call: Call = { person, result: 'open' };
          calls.push(call);
          try {
            call.result = (await house.at(service).request(person.e164)).status;
          } catch (error) {
            call.result = String((error as Error).cause ?? error);
          }
        }
      });
      /** The calls that the gateway has been asked for: under conceal they are answered before. */
      const askedFor = () => {
        const numbers = new Set(whacenter.calls.map(({ fields }) => fields['number']));
        return calls.filter(({ person }) => numbers.has(person.digits));
      };
      const answered = () => calls.filter(({ result }) => result === 200);
      await until('a load', () => answered().length >= 60 && askedFor().length >= 10);
      const begun = [...calls];
      const underWay = askedFor();
      const end = stopped(service);
      // Callers go on until one of them is turned away, or hears nothing.
      await until('a refusal', () => calls.some(({ result }) => result !== 'open' && result !== 200));
      isOver = true;
      expect(await end).toBe(0);
      await Promise.all(callers);
      // The gateway had been asked for them before the signal.
      expect(underWay.filter(({ result }) => result !== 200).map(({ result }) => result)).toEqual([]);
      // What was on the wire may be told 503, which is an answer; only a new connection may be refused.
      const others = begun.filter(({ result }) => result !== 200 && result !== 503);
      expect(others.map(({ result }) => result)).toEqual([]);
      expect(troubles(service)).toEqual([]);
      const acknowledged = calls.filter(({ result }) => result === 200).map(({ person }) => person.e164);
      for (const phone of acknowledged) expect(whacenter.messagesFor(phone)).toHaveLength(1);
      const states = (await messagesOf(database, acknowledged)).map(({ state }) => state);
      expect(states).toEqual(acknowledged.map(() => 'ACCEPTED'));
    },
  );

  it('ends in time although the gateway is down and messages of a killed instance wait', async () => {
    const victim = await house.another();
    const [left, waiting] = (await house.people(2)) as [Resident, Resident];
    whacenter.forNumber(left.e164, { hang: true, delivers: false });
    const lost = house
      .at(victim)
      .request(left.e164)
      .catch(() => undefined);
    await until('the gateway is asked', () =>
      whacenter.calls.some(({ fields }) => fields['number'] === left.e164.slice(1)),
    );
    await victim.stop('SIGKILL');
    await lost;
    const service = await house.another();
    for (const { e164: phone } of [left, waiting]) whacenter.forNumber(phone, { status: 502, body: 'Bad Gateway' });
    const request = house.at(service).request(waiting.e164);
    await until('the gateway is asked for this one too', () => house.sendsTo(waiting.phone) > 0);
    const end = stopped(service);
    // Its claim ends while the request still tries, eight seconds long.
    await until('it tries again', () => house.sendsTo(waiting.phone) > 2);
    await endClaims(database, left.e164);
    expect((await request).status).toBe(503);
    expect(await end).toBe(0);
    // What it could not send is the next one's: alive, and unclaimed again soon.
    for (const { e164: phone } of [left, waiting]) whacenter.forNumber(phone, undefined);
    const next = await house.another();
    await endClaims(database, left.e164);
    await until('the code arrives', () => whacenter.codeFor(left.e164) !== undefined);
    expect((await house.at(next).verify(left.e164, whacenter.codeFor(left.e164)!)).status).toBe(200);
    // And it ends when nothing is under way, however many connections idle, for longer than it would wait for anybody.
    const answers = await Promise.all(Array.from({ length: 30 }, () => next.get('/health/live')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await stopped(next)).toBe(0);
  });

  it.each([
    ['asks for nothing, as browsers do ahead of time', ''],
    ['stops in the middle of a request', 'GET /health/live HTTP/1.1\r\nHost: '],
  ])('does not wait for a client that connects and %s', async (_, sent) => {
    const service = await house.another();
    const silent = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    silent.write(sent);
    expect((await service.get('/health/live')).status).toBe(200);
    expect(await stopped(service)).toBe(0);
    silent.destroy();
  });

  it('does not wait for a client that keeps its connection after its answer, and ignores a second signal', async () => {
    const service = await house.another();
    const { e164: phone } = await house.person();
    whacenter.forNumber(phone, { delayMs: 2_000 });
    const request = house.at(service).request(phone);
    await until('the gateway is asked', () =>
      whacenter.calls.some(({ fields }) => fields['number'] === phone.slice(1)),
    );
    const end = stopped(service);
    await until('it stops', () => service.output().includes('stopping on SIGTERM'));
    const second = service.stop('SIGINT');
    expect((await request).status).toBe(200);
    // The connection that it kept would stay for longer than the service waits.
    expect([await end, (await second).code]).toEqual([0, 0]);
  });
});

describe('SIGTERM and connections that are kept alive', () => {
  /** A client that asks again and again on one connection, and opens another one when it is told to or must. */
  function keptAlive(service: Service) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers: { status: number; connection: string }[] = [];
    const ask = () =>
      new Promise<string>((resolve) => {
        const request = get(`${service.url}/health/ready`, { agent }, (answer) => {
          answers.push({ status: answer.statusCode ?? 0, connection: answer.headers.connection ?? '' });
          answer.resume().on('end', () => resolve('answered'));
        });
        // A new connection may be refused, or reset in the instant in which the door closes; nothing was asked on it.
        request.on('error', ({ code, message }: NodeJS.ErrnoException) =>
          resolve(request.reusedSocket ? `kept alive: ${code ?? message}` : 'refused'),
        );
      });
    const untilRefused = async (): Promise<string> => {
      for (;;) {
        const result = await ask();
        if (result !== 'answered') return result;
        // As a client asks that has other things to do: the drain time has room for many.
        await pause(20 + Math.random() * 20);
      }
    };
    return { answers, untilRefused };
  }

  it('announce the stop during the drain time, serve requests, close each connection with an answer, and reset none', async () => {
    const service = await house.another({ DRAIN_TIME: '60' });
    const { e164: phone } = await house.person();
    const clients = Array.from({ length: 20 }, () => keptAlive(service));
    const ends = clients.map((client) => client.untilRefused());
    await until('each has asked', () => clients.every(({ answers }) => answers.length > 2));
    const before = clients.map(({ answers }) => answers.length);
    const end = stopped(service);
    await until('it drains', async () => (await service.get('/health/ready')).body.status === 'stopping');
    expect((await service.get('/health/live')).status).toBe(200);
    expect((await service.get('/api/health')).body).toMatchObject({ status: 'stopping', database: 'connected' });
    const answer = await house.at(service).request(phone);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect((await house.at(service).verify(phone, whacenter.codeFor(phone)!)).status).toBe(200);
    // One answer may have been on its way when the signal came.
    const drained = () => clients.map(({ answers }, at) => answers.slice(before[at]! + 1));
    await until('each asks again', () => drained().every((answers) => answers.length > 5));
    await house.clock.pass(50, 50);
    expect((await service.get('/health/live')).status).toBe(200);
    await house.clock.pass(11, 11);
    expect(await end).toBe(0);
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['refused']));
    const first = clients.map(({ answers }, at) => answers.slice(0, before[at]));
    expect(new Set(first.flat().map(({ status, connection }) => `${status} ${connection}`))).toEqual(
      new Set(['200 keep-alive']),
    );
    expect(
      new Set(
        drained()
          .flat()
          .map(({ status, connection }) => `${status} ${connection}`),
      ),
    ).toEqual(new Set(['503 close']));
  });

  it.each([
    [{ drainTime: 0, sendTimeout: 1 }, 10_000],
    [{ drainTime: 5, sendTimeout: 8 }, 18_000],
    [{ drainTime: 0, sendTimeout: 30 }, 35_000],
  ])('gives %j the patience of %i ms, never less than a send takes', (settings, patience) => {
    expect(stopPatience(settings)).toBe(patience);
  });
});

describe('a log that cannot be written', () => {
  /** Enough lines for the pipe, and for what the service keeps. */
  const LINES = 4_000;

  it('blocks nothing while its pipe is full, and reports how much was lost', async () => {
    const service = await house.another({ LOG_LEVEL: 'info' });
    const readOn = service.holdOutput();
    await sendMany(service.url, LINES);
    const { e164: phone } = await house.person();
    expect((await service.get('/health/live')).status).toBe(200);
    expect((await house.at(service).verify(phone, await house.at(service).code(phone))).status).toBe(200);
    readOn();
    await until('the pipe is empty', () => service.output().includes('log lines dropped'));
    const lines = service.output().split('\n').slice(0, -1);
    const entries = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { count?: number });
    const dropped = entries.reduce((sum, { count = 0 }) => sum + count, 0);
    const requests = lines.filter((line) => line.includes('"msg":"request"')).length;
    expect(dropped).toBeGreaterThan(0);
    expect(requests + dropped).toBeGreaterThanOrEqual(LINES);
    // Nor does it keep the service from ending.
    service.holdOutput();
    await sendMany(service.url, LINES);
    expect(await stopped(service)).toBe(0);
  });
});

describe('a disk that is full', () => {
  it('blocks nothing, and does not keep the service from ending', async () => {
    const [port, full] = [await freePort(), openSync('/dev/full', 'w')];
    const dataDir = mkdtempSync(join(tmpdir(), 'masuk-full-'));
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../dist/main.js')], {
      cwd: dataDir,
      env: { NODE_ENV: 'test', PORT: String(port), DATA_DIR: dataDir, ...house.settings() },
      stdio: ['ignore', full, full],
    });
    const ended = once(child, 'exit');
    try {
      const live = () => fetch(`http://127.0.0.1:${port}/health/live`).then(({ status }) => status);
      await until('it listens', () => live().then(Boolean, () => false), 50_000);
      await sendMany(`http://127.0.0.1:${port}`, 500);
      expect(await live()).toBe(200);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      closeSync(full);
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** So many requests, each of which becomes a line of the log; pipelined on a few connections. */
async function sendMany(url: string, count: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const connections = 10;
  const each = Math.ceil(count / connections);
  const request = `GET /no-such-${'x'.repeat(20)}/${'y/'.repeat(60)} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname);
      let answered = 0;
      socket.on('data', (data) => (answered += data.toString('latin1').split('HTTP/1.1 404').length - 1));
      socket.write(request.repeat(each));
      await until('all are answered', () => answered >= each, 50_000);
      socket.destroy();
    }),
  );
}
