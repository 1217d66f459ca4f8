/** Where the service's own time goes: takes a CPU profile of a running service and adds it up. */
import { once } from 'node:events';

const FUNCTIONS_SHOWN = 25;

/** Takes a profile of a service that was started with profile-agent.mjs, while `work` runs. */
export async function profileDuring(child, work) {
  const order = async (name) => {
    child.send({ order: name });
    const [message] = await once(child, 'message');
    return message.profile;
  };
  await order('start');
  await work();
  return order('stop');
}

/**
 * Adds up self times.
 *
 * @param profile as V8's profiler gives it (the contents of a .cpuprofile file)
 * @returns the busy time in microseconds, and lists of [name, microseconds], greatest first
 */
export function summarize(profile) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const node of profile.nodes) for (const id of node.children ?? []) nodes.get(id).parent = node;
  const self = new Map();
  profile.samples.forEach((id, index) => {
    self.set(id, (self.get(id) ?? 0) + profile.timeDeltas[index]);
  });
  const functions = new Map();
  const packages = new Map();
  let busy = 0;
  for (const [id, time] of self) {
    const node = nodes.get(id);
    const name = node.callFrame.functionName;
    if (name === '(idle)') continue;
    busy += time;
    add(functions, describe(node), time);
    add(packages, packageOf(node), time);
  }
  return { busy, functions: descending(functions).slice(0, FUNCTIONS_SHOWN), packages: descending(packages) };
}

/** The lines of a report, times per login. */
export function profileReport({ busy, functions, packages }, logins) {
  const line = ([name, time]) =>
    `${((100 * time) / busy).toFixed(1).padStart(6)} % ${(time / logins).toFixed(1).padStart(7)} µs  ${name}`;
  return [
    `CPU of the service's own thread: ${(busy / logins).toFixed(0)} µs a login (the profiler's own work included)`,
    '',
    'by package (built-in functions count for the package that called them):',
    ...packages.map(line),
    '',
    `by function, the first ${FUNCTIONS_SHOWN}, self time:`,
    ...functions.map(line),
  ];
}

function add(totals, key, time) {
  totals.set(key, (totals.get(key) ?? 0) + time);
}

function descending(totals) {
  return [...totals].sort((a, b) => b[1] - a[1]);
}

function describe({ callFrame: { functionName, url, lineNumber }, parent }) {
  const place = url ? `${short(url)}:${lineNumber + 1}` : parent ? `built in, for ${placeOf(parent)}` : '';
  return `${functionName || '(anonymous)'}  ${place}`.trim();
}

/** The nearest caller that stands in a file. */
function placeOf(node) {
  while (node && !node.callFrame.url) node = node.parent;
  return node ? short(node.callFrame.url) : 'nobody';
}

function packageOf(node) {
  const { functionName } = node.callFrame;
  if (functionName.startsWith('(')) return functionName;
  const place = placeOf(node);
  const installed = /^((?:@[^/]+\/)?[^/]+)\//.exec(place);
  if (place.startsWith('node:') || place.startsWith('masuk/')) return place.split('/').slice(0, 2).join('/');
  return installed ? installed[1] : place;
}

/** A file's address, from its package or from build/ on. */
function short(url) {
  const path = url.replace(/^file:\/\//, '');
  const inPackage = path.lastIndexOf('/node_modules/');
  if (inPackage >= 0) return path.slice(inPackage + '/node_modules/'.length);
  const inOurs = path.lastIndexOf('/build/');
  return inOurs >= 0 ? `masuk/${path.slice(inOurs + '/build/'.length)}` : path;
}
