import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The example that operators copy. */
const EXAMPLE = join(import.meta.dirname, '..', '..', 'deploy', 'nginx', 'masuk.conf');

/** nginx before some instances, on an address of its own. */
export interface Nginx {
  readonly url: string;
  /** The socket on which it listens for plain HTTP, as on port 80. */
  readonly plain: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx with `deploy/nginx/masuk.conf`, of which only addresses, certificates and the log's place are replaced.
 *
 * @param instances addresses that it hands requests to, in turn
 */
export async function startNginx(instances: readonly string[]): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'masuk-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'site.conf'), siteFor(instances, folder, port));
  writeFileSync(join(folder, 'nginx.conf'), frame(folder));
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const patience = Date.now() + 5_000;
  while (
    !(await fetch(`${url}/health/live`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > patience) throw new Error(`nginx does not answer: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    plain: join(folder, 'plain.sock'),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function siteFor(instances: readonly string[], folder: string, port: number): string {
  const servers = instances.map((each) => `server ${new URL(each).host} max_fails=0;`).join('\n    ');
  let site = readFileSync(EXAMPLE, 'utf8');
  const replaced: [RegExp, string][] = [
    [/server 127\.0\.0\.1:5000 max_fails=0;/, servers],
    [/listen 80;/, `listen unix:${join(folder, 'plain.sock')};`],
    [/access_log \S+ masuk;/, 'access_log access.log masuk;'],
    [/listen 443 ssl http2;/, `listen 127.0.0.1:${port};`],
    [/\n *ssl_certificate .*\n *ssl_certificate_key .*\n *ssl_protocols .*\n/, '\n'],
    [/access_log \S+ masuk;/, 'access_log access.log masuk;'],
  ];
  for (const [pattern, by] of replaced) {
    if (!pattern.test(site)) throw new Error(`the example has no ${pattern.source}`);
    site = site.replace(pattern, by);
  }
  return site;
}

/** What a distribution's own nginx.conf has around the site, its files in a folder of the test. */
function frame(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n  ');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 512; }
http {
  ${temporary}
  include ${join(folder, 'site.conf')};
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
