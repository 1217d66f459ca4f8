import { startNginx, type Nginx } from './nginx.js';
import { startService, type Service } from './service.js';

/** How specs are to meet the service: on so many instances that share a database, with nginx before them or without. */
const INSTANCES = Number(process.env['MASUK_TEST_INSTANCES'] ?? '1');
const BEHIND_NGINX = process.env['MASUK_TEST_NGINX'] === '1';

/** What a service must be told when a proxy on this machine hands it its requests. */
const BEHIND_PROXY: Record<string, string> = BEHIND_NGINX ? { TRUST_PROXY: '127.0.0.1' } : {};

/** Several instances that are met as if they were one. */
export interface Instances {
  readonly service: Service;
  stop(): Promise<void>;
}

/**
 * Starts as many instances as the run wants (`MASUK_TEST_INSTANCES`), behind nginx if it wants that (`MASUK_TEST_NGINX=1`).
 *
 * @param atLeast for specs that are about several instances
 */
export async function startInstances(variables: Record<string, string>, atLeast = 1): Promise<Instances> {
  const count = Math.max(INSTANCES, atLeast);
  const services: Service[] = [];
  let nginx: Nginx | undefined;
  const stop = async () => {
    await nginx?.stop();
    await Promise.all(services.map((each) => each.stop('SIGKILL')));
  };
  try {
    // One after the other: the first one brings the secret's check and the signing key into the database.
    for (let at = 0; at < count; at++) services.push(await startService({ ...variables, ...BEHIND_PROXY }));
    if (BEHIND_NGINX) nginx = await startNginx(services.map(({ url }) => url));
  } catch (error) {
    await stop();
    throw error;
  }
  return { service: asOne(services, nginx?.url), stop };
}

/** Each request to the next instance, or all to the proxy before them. */
function asOne(services: readonly Service[], proxy: string | undefined): Service {
  const [first] = services;
  if (!first) throw new Error('no instance');
  if (services.length === 1 && proxy === undefined) return first;
  let turn = 0;
  const next = () => services[turn++ % services.length] ?? first;
  const through = proxy === undefined ? undefined : first.at(proxy);
  const one = () => through ?? next();
  return {
    url: proxy ?? first.url,
    pid: first.pid,
    output: () => services.map((each) => each.output()).join(''),
    holdOutput: () => {
      const held = services.map((each) => each.holdOutput());
      return () => {
        for (const readOn of held) readOn();
      };
    },
    at: first.at,
    send: (...request) => one().send(...request),
    get: (...request) => one().get(...request),
    post: (...request) => one().post(...request),
    pass: async (ms) => {
      await Promise.all(services.map((each) => each.pass(ms)));
    },
    stop: async (signal) => (await Promise.all(services.map((each) => each.stop(signal))))[0]!,
  };
}
