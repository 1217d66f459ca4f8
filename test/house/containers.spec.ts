import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** No container engine runs where these tests do: the files are read, and what must stay true of them is asserted. */
describe('containers', () => {
  const compose = async () => parse(await read('docker-compose.yml'), { merge: true });

  it('starts the service after a healthy database and finished migrations', async () => {
    const { app, migrate } = (await compose()).services;
    expect(migrate.command).toEqual(['node', 'dist/cli/db-migrate.js']);
    expect(migrate.depends_on.db.condition).toBe('service_healthy');
    expect(app.depends_on.migrate.condition).toBe('service_completed_successfully');
  });

  it('takes the secrets from outside and refuses to start without them', async () => {
    const { app, db } = (await compose()).services;
    expect(app.environment.PUBLIC_URL).toMatch(/^\$\{PUBLIC_URL:\?.+\}$/);
    expect(app.environment.AUTH_SECRET).toMatch(/^\$\{AUTH_SECRET:\?.+\}$/);
    expect(app.environment.DATABASE_URL).toContain('${POSTGRES_PASSWORD:?');
    expect(db.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/);
    expect(app.environment).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
  });

  it('locks the service in', async () => {
    const { app, migrate } = (await compose()).services;
    for (const service of [app, migrate]) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        tmpfs: ['/tmp'],
      });
    }
  });

  it('keeps the data where postgres:18 writes it', async () => {
    const { services, volumes } = await compose();
    expect(services.db.image).toBe('postgres:18');
    expect(services.db.volumes).toEqual(['db:/var/lib/postgresql']);
    expect(volumes).toHaveProperty('db');
    expect(services.db.healthcheck.test).toContain('pg_isready');
  });

  it('runs the built service as process 1 and as nobody special', async () => {
    const image = (await read('Dockerfile')).split(/^FROM /m).at(-1)!;
    expect(image).toContain('USER node');
    expect(image).toContain('HEALTHCHECK');
    expect(image).toContain('/health/live');
    expect(image).toMatch(/CMD \["node", "dist\/main\.js"\]\s*$/);
  });

  it('hands the builder what the release is made of, and the image the release with its own packages', async () => {
    const ignored = (await read('.dockerignore')).split('\n');
    const made = ['!src/', '!web/', '!client/', '!scripts/', '!deploy/', '!openapi.json', '!.env.example'];
    expect(ignored).toEqual(expect.arrayContaining(made));
    const [, build, image] = (await read('Dockerfile')).split(/^FROM /m);
    expect(build).toContain('npm run release');
    expect(build).toMatch(/cd \/release && npm ci/);
    expect(image).toContain('COPY --from=build /release ./');
    expect(image!.match(/^COPY /gm)).toHaveLength(1);
  });

  it('runs the whole check in CI, with the rights to read only', async () => {
    const ci = parse(await read('.github/workflows/ci.yml'));
    expect(ci.permissions).toEqual({ contents: 'read' });
    expect(Object.keys(ci.on)).toEqual(['push', 'pull_request']);
    expect(ci.jobs.verify.steps.at(2).run).toBe('.ci/run');
    expect(ci.jobs.verify['timeout-minutes']).toBe(30);
  });
});
