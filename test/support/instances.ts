import { startNginx, type Nginx } from './nginx.js';
import { openHosted } from './hosted-service.js';
import { startService, type Service, type ServiceProcess } from './service.js';

/** How specs are to meet the service: on so many instances that share a database, with nginx before them or without. */
const INSTANCES = Number(process.env['MASUK_TEST_INSTANCES'] ?? '1');
const BEHIND_NGINX = process.env['MASUK_TEST_NGINX'] === '1';

/** What a service must be told when a proxy on this machine hands it its requests. */
const BEHIND_PROXY: Record<string, string> = BEHIND_NGINX ? { TRUST_PROXY: '127.0.0.1' } : {};

/** One instance, or several that are met as if they were one. */
export interface Instances<Kind extends Service = Service> {
  readonly service: Kind;
  stop(): Promise<void>;
}

/**
 * Opens as many instances as the run wants (`MASUK_TEST_INSTANCES`), behind nginx if it wants that (`MASUK_TEST_NGINX=1`). Each is
 * one of several services of a process; no two of them share one.
 *
 * @param atLeast for specs that are about several instances
 * @param seat of the first one's process
 */
export async function openInstances(variables: Record<string, string>, atLeast = 1, seat = 0): Promise<Instances> {
  const { services, nginx, stop } = await several(variables, atLeast, (given, nth) => openHosted(given, seat + nth));
  return { service: services.length === 1 && !nginx ? services[0]! : asOne(services, nginx?.url), stop };
}

/** The same, each as a process of its own. */
export async function startInstances(
  variables: Record<string, string>,
  atLeast = 1,
): Promise<Instances<ServiceProcess>> {
  const { services, nginx, stop } = await several<ServiceProcess>(variables, atLeast, (each) => startService(each));
  const [first] = services;
  if (services.length === 1 && !nginx) return { service: first!, stop };
  const one: ServiceProcess = {
    ...asOne(services, nginx?.url),
    holdOutput: () => {
      const held = services.map((each) => each.holdOutput());
      return () => {
        for (const readOn of held) readOn();
      };
    },
    stop: async (signal) => (await Promise.all(services.map((each) => each.stop(signal))))[0]!,
  };
  return { service: one, stop };
}

async function several<Kind extends Service>(
  given: Record<string, string>,
  atLeast: number,
  open: (variables: Record<string, string>, nth: number) => Promise<Kind>,
): Promise<{ services: Kind[]; nginx: Nginx | undefined; stop: () => Promise<void> }> {
  const variables = { ...given, ...BEHIND_PROXY };
  const count = Math.max(INSTANCES, atLeast);
  const services: Kind[] = [];
  let nginx: Nginx | undefined;
  const stop = async () => {
    await nginx?.stop();
    await Promise.all(services.map((each) => (isProcess(each) ? each.stop('SIGKILL') : each.stop())));
  };
  try {
    // One after the other: the first one brings the secret's check and the signing key into the database.
    while (services.length < count) services.push(await open(variables, services.length));
    if (BEHIND_NGINX) nginx = await startNginx(services.map(({ url }) => url));
  } catch (error) {
    await stop();
    throw error;
  }
  return { services, nginx, stop };
}

const isProcess = (service: Service): service is ServiceProcess => 'holdOutput' in service;

/** Each request to the next instance, or all to the proxy before them. */
function asOne(services: readonly Service[], proxy: string | undefined): Service {
  const [first] = services;
  if (!first) throw new Error('no instance');
  let turn = 0;
  const next = () => services[turn++ % services.length] ?? first;
  const through = proxy === undefined ? undefined : first.at(proxy);
  const one = () => through ?? next();
  return {
    url: proxy ?? first.url,
    pid: first.pid,
    output: () => services.map((each) => each.output()).join(''),
    at: first.at,
    send: (...request) => one().send(...request),
    get: (...request) => one().get(...request),
    post: (...request) => one().post(...request),
    pass: async (ms) => {
      await Promise.all(services.map((each) => each.pass(ms)));
    },
    stop: () => Promise.all(services.map((each) => each.stop())),
  };
}
