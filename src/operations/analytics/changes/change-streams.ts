import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Sessions } from '../../../identity/sessions/sessions.service.js';
import { Poller } from '../../../platform/background/poller.js';
import { type CurrentCaller, type Role } from '../../../platform/http/access.decorators.js';
import { EventStreams, type EventStream } from '../../../platform/http/event-streams.js';
import { LOGGER, type ServiceLogger } from '../../../platform/log/logger.js';
import { ChangesRepository, type ChangesRow } from './changes.repository.js';

type Topic = keyof ChangesRow;

const OF_FIGURES = ['ADMIN', 'SUPERVISOR'] as const satisfies readonly Role[];

/** Who may be told of any change. */
export const READERS = [...OF_FIGURES, 'OPERATOR'] as const satisfies readonly Role[];

/** What pages show, and who is told of it: those who may read it. */
const READERS_OF: Readonly<Record<Topic, readonly Role[]>> = {
  overview: OF_FIGURES,
  devices: OF_FIGURES,
  conversations: READERS,
};

const TOPICS: readonly Topic[] = ['overview', 'devices', 'conversations'];

/** How often this instance looks for changes, whoever waits for them; without anybody not at all. In ms. */
const LOOK_EVERY = 2_000;

/** So many are told at once. */
const MOST = 100;

/** Length of a topic's part of an id. */
const SHORT = 12;

interface Reader {
  readonly caller: CurrentCaller;
  readonly topics: readonly Topic[];
  /** The id of what it was told last. */
  told: string;
}

/**
 * Tells those who look at something that it has changed; they read it anew. Each instance looks once for all of its readers. The id
 * of an event says in which state everything was that its reader may see: whoever shows it to any instance hears only of what is new
 * since.
 */
@Injectable()
export class ChangeStreams implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly streams = new EventStreams(MOST);
  private readonly readers = new Map<EventStream, Reader>();
  private readonly poller = new Poller({
    look: () => this.look(),
    pause: () => (this.streams.all().length === 0 ? null : LOOK_EVERY),
    onError: (err) => this.logger.warn({ err }, 'changes were not looked for'),
  });

  constructor(
    private readonly repository: ChangesRepository,
    private readonly sessions: Sessions,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** Open streams would hold the stop up. */
  beforeApplicationShutdown(): void {
    this.streams.endAll();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.poller.stop();
  }

  /**
   * @param last the id of what the reader was told before, as it says; null: nothing, so it is told of everything
   * @throws AppError `busy` when too many are told already
   */
  begin(caller: CurrentCaller, last: string | null, reply: FastifyReply): void {
    const stream = this.streams.begin(caller.userId, reply);
    const topics = TOPICS.filter((topic) => READERS_OF[topic].includes(caller.role));
    this.readers.set(stream, { caller, topics, told: last ?? '' });
    this.poller.wake();
  }

  private async look(): Promise<void> {
    const open = new Set(this.streams.all());
    for (const stream of this.readers.keys()) if (!open.has(stream)) this.readers.delete(stream);
    if (open.size === 0) return;
    const marks = await this.marks();
    await Promise.all([...this.readers].map(([stream, reader]) => this.tell(stream, reader, marks)));
  }

  /** Figures are not looked at for those who may not see them. */
  private async marks(): Promise<Partial<ChangesRow>> {
    const readers = [...this.readers.values()];
    const [figures, conversations] = await Promise.all([
      readers.some(({ topics }) => topics.includes('overview')) ? this.repository.figures() : {},
      this.repository.conversations(),
    ]);
    return { ...figures, ...conversations };
  }

  /** The page asks again when its stream ends, and is told why it may not. */
  private async tell(stream: EventStream, reader: Reader, marks: Partial<ChangesRow>): Promise<void> {
    if (!(await this.sessions.hasStillRole(reader.caller, [reader.caller.role]))) {
      stream.end();
      return;
    }
    const before = reader.told.split('.');
    const now = reader.topics.map((topic) => marks[topic]?.slice(0, SHORT) ?? '');
    const topics = reader.topics.filter((_, at) => before[at] !== now[at]);
    if (topics.length === 0) return;
    reader.told = now.join('.');
    stream.send('changed', { topics }, reader.told);
  }
}
