/**
 * The load generator: plays people against one target and prints one line of JSON. Started by target-turn.mjs, in a process of
 * its own, with one argument, the order as JSON:
 *
 * - `kind`, `base`, `provider`: how the target is spoken to (target-apis.mjs), its address, and that of the fake provider
 * - `what`: `logins`, `me`, `refresh` or `password`
 * - `count`: how many of them; the load ends with the last one
 * - `people`: how many at a time, each beginning the next one when the last one is done (a closed loop)
 * - `waiting`: so many more may be waiting for their codes; who waits makes room for somebody else to call the target
 * - `perSecond`: with it, logins begin at that rate instead, whatever is still under way, at most `people` (an open loop)
 * - `first`, `users`: the users of this turn
 * - `clocks`: whose CPU time is read: `target`, `provider` and `postmaster` (process numbers), `database` (its name)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, postgresSeconds, readPostgres } from './cpu.mjs';
import { targetApis } from './target-apis.mjs';
import { Gate } from './gate.mjs';
import { LoadClient } from './load-client.mjs';
import { PASSWORD, phoneOf } from './phones.mjs';

const order = JSON.parse(process.argv[2]);
const { what, count, people, waiting, users, clocks } = order;
const speak = targetApis[order.kind];
const client = new LoadClient(order.base, people + waiting);
const gate = new Gate(people);

/** Seconds without a single answer after which something hangs. Counted, so that a machine that sleeps does not count. */
const STALLED_AFTER = 60;

/** What is written behind the answers belongs to the turn, so the clocks are read so much after the last one; ms. */
const SETTLE = 1_000;

/** The part of the calls that is played before, so that measured calls meet a warm route. */
const PRACTICE_SHARE = 0.2;

let begun = 0;
let succeeded = 0;
let mostUnderWay = 0;
/** A person has one phone: who is still logging in does not begin again. */
const busy = new Set();
let nextUser = 0;

function takeUser() {
  while (busy.has(nextUser % users)) nextUser += 1;
  const user = nextUser % users;
  nextUser += 1;
  busy.add(user);
  mostUnderWay = Math.max(mostUnderWay, busy.size);
  return user;
}

/** A whole login: a code is asked for, read on the phone, and shown. @returns the text of the answer, null if it failed */
async function logIn(person) {
  const user = takeUser();
  const phone = phoneOf(order.first + user);
  try {
    if ((await client.step(person, 'request', speak.request(phone))) === null) return null;
    const path = `/code?number=${phone.digits}`;
    const reading = client.call(person, { path }, order.provider);
    const { text } = await (waiting > 0 ? gate.outside(() => reading) : reading);
    return await client.step(person, 'verify', speak.verify(phone, JSON.parse(text).code));
  } finally {
    busy.delete(user);
  }
}

/** For the routes behind a login: each person's tokens, once for all that follows. */
const sessions = [];

const play = {
  logins: async (person) => (await logIn(person)) !== null,
  me: async (person) => (await client.step(person, 'me', speak.me(sessions[person]))) !== null,
  refresh: async (person) => {
    const answer = await client.step(person, 'refresh', speak.refresh(sessions[person]));
    if (answer !== null) sessions[person] = speak.tokens(JSON.parse(answer));
    return answer !== null;
  },
  password: async (person) => {
    const user = takeUser();
    const phone = phoneOf(order.first + user);
    const answer = await client.step(person, 'password', speak.password(phone, PASSWORD));
    busy.delete(user);
    return answer !== null;
  },
};

async function closedLoop(limit) {
  begun = 0;
  const person = async (_, at) => {
    for (await gate.enter(); begun < limit; await gate.enter()) {
      begun += 1;
      if (await play[what](at)) succeeded += 1;
      gate.leave();
    }
    gate.leave();
  };
  await Promise.all(Array.from({ length: people + waiting }, person));
}

/** Beginnings are as independent of each other as those of strangers: the gaps are exponentially distributed. */
async function openLoop() {
  const underWay = new Set();
  let due = performance.now();
  for (let at = 0; at < count; at++) {
    due += (-Math.log(1 - Math.random()) * 1000) / order.perSecond;
    await sleep(Math.max(0, due - performance.now()));
    while (underWay.size >= people) await Promise.race(underWay);
    const login = play[what](at % people).then((good) => {
      if (good) succeeded += 1;
      underWay.delete(login);
    });
    underWay.add(login);
  }
  await Promise.all(underWay);
}

async function prepare() {
  if (what === 'logins') return;
  if (what !== 'password') {
    const open = async (_, at) => {
      const answer = await logIn(at);
      if (answer === null) throw new Error(`no login for ${what}: ${client.summary().failures[0]?.[0]}`);
      sessions[at] = speak.tokens(JSON.parse(answer));
    };
    await Promise.all(Array.from({ length: people }, open));
  }
  await closedLoop(Math.ceil(count * PRACTICE_SHARE));
  client.forget();
  succeeded = 0;
  mostUnderWay = 0;
}

/** Prints what there is to say, and ends: the sockets that are kept alive would keep the process. */
function finish(seconds, cpu) {
  const result = { succeeded, mostUnderWay, perSecond: succeeded / seconds, ...client.summary(), cpu };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

/** Ends the load when nothing has been answered for long: somebody waits for what will never come. */
async function endWhenStalled() {
  for (let quiet = 0, seen = -1; quiet < STALLED_AFTER; await sleep(1_000)) {
    quiet = client.answered === seen ? quiet + 1 : 0;
    seen = client.answered;
  }
  client.fail(`nothing was answered for ${STALLED_AFTER} s while ${busy.size} people were waiting`);
  finish(Number.NaN, null);
}

const read = () => ({
  target: cpuOf(clocks.target),
  provider: cpuOf(clocks.provider),
  postgres: readPostgres(clocks.postmaster),
  load: cpuOf(process.pid),
});

/** CPU in µs for each login or call, null where the system does not tell. */
function cpuBetween(before, after) {
  const micros = (seconds) => (seconds === null ? null : (seconds * 1e6) / count);
  const of = (name) => micros(after[name] === null ? null : after[name] - before[name]);
  const database = micros(postgresSeconds(before.postgres, after.postgres, clocks.database));
  return { target: of('target'), database, provider: of('provider'), load: of('load') };
}

void endWhenStalled();
await prepare();
const before = read();
const started = performance.now();
await (order.perSecond === undefined ? closedLoop(count) : openLoop());
const seconds = (performance.now() - started) / 1000;
await sleep(SETTLE);
finish(seconds, cpuBetween(before, read()));
