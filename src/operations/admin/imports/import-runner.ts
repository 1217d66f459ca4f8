import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { PeopleImport, type ReportLine, type RunRow } from '../../../identity/people-import/people-import.js';
import { UnreadableSource } from '../../../identity/people-import/sources/source.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { Jobs } from '../../../platform/jobs/jobs.service.js';
import { LOGGER, type ServiceLogger } from '../../../platform/log/logger.js';
import { type Actor } from '../user-administration.js';
import { ImportUpload, unreadable } from './import-upload.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Imports that admins begin: read with the request, then decided in the background by the instance that took it. Where that one
 * ends, the job `begun-imports` of another goes on.
 */
@Injectable()
export class ImportRunner implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();
  private stopping = false;
  /** What the job goes on with: its rows have just been touched, so that nobody else looks for it. */
  private taken: string | null = null;

  constructor(
    private readonly people: PeopleImport,
    private readonly upload: ImportUpload,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('begun-imports', '* * * * *', () => this.goOn());
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /**
   * Reads people, and begins to check what would become of them.
   *
   * @throws AppError `validation_failed`, `import_unreadable`, `media_too_large`, `malformed_request`
   */
  async begin(request: FastifyRequest, actor: Actor): Promise<RunRow> {
    const { wanted, source } = await this.upload.read(request);
    const id = await this.people.begin(wanted.system, actor.userId);
    try {
      const { withRoles = false, defaultName } = wanted;
      await this.people.read(id, source, { withRoles, defaultName, plainPasswords: 'refuse' }, () => !this.stopping);
      const started = await this.people.start(id, 'check', by(actor));
      // Who has few rows is told at once.
      const run = started && (await this.people.step(id));
      if (!run) throw new AppError('busy', { retryAfter: 5 });
      if (isUnderWay(run)) this.begun(this.decide(id));
      return run;
    } catch (error) {
      await this.people.stop(id);
      this.begun(this.people.discard(id));
      throw error instanceof UnreadableSource ? unreadable(error) : error;
    }
  }

  list(): Promise<RunRow[]> {
    return this.people.list();
  }

  /** @throws AppError `import_not_found` */
  async show(id: string): Promise<RunRow> {
    const run = UUID.test(id) ? await this.people.find(id) : null;
    // What is imported on the command line is the operator's own business.
    if (run?.created_by == null) throw new AppError('import_not_found');
    return run;
  }

  /** @throws AppError `import_not_found`; `import_not_checked` where it is not yet, or not any more, to be confirmed */
  async confirm(id: string, actor: Actor): Promise<RunRow> {
    await this.show(id);
    const run = await this.people.start(id, 'write', by(actor));
    if (!run) throw new AppError('import_not_checked');
    this.begun(this.decide(id));
    return run;
  }

  /** Ends an import and deletes what is kept of it; what is written stays. @throws AppError `import_not_found` */
  async cancel(id: string): Promise<void> {
    await this.show(id);
    await this.people.stop(id);
    this.begun(this.people.discard(id));
  }

  /** @throws AppError `import_not_found` */
  async report(id: string): Promise<AsyncIterable<ReportLine>> {
    await this.show(id);
    return this.people.report(id);
  }

  private async decide(id: string): Promise<void> {
    let run: RunRow | null;
    do run = await this.people.step(id);
    while (!this.stopping && isUnderWay(run));
  }

  /** Takes a part of an import that nobody is at. @returns whether there may be more */
  private async goOn(): Promise<boolean> {
    const id = this.taken ?? (await this.people.left());
    if (id === null) return false;
    const run = await this.people.step(id);
    this.taken = isUnderWay(run) ? id : null;
    return true;
  }

  /** Work behind the answer. */
  private begun(work: Promise<void>): void {
    const done = work
      .catch((err: unknown) => this.logger.error({ err }, 'an import is left to its job'))
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
  }
}

function isUnderWay(run: RunRow | null): boolean {
  return run?.state === 'CHECKING' || run?.state === 'WRITING';
}

function by({ userId, context }: Actor) {
  return { userId, address: context.address, requestId: context.id };
}
