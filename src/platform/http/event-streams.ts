import { type FastifyReply } from 'fastify';
import { AppError } from '../errors/app-error.js';

/** Something is written at least so often, in ms: proxies end connections on which nothing moves. */
const SIGN_OF_LIFE = 15_000;

/** A stream ends after this, in ms; its reader asks again by itself, and is refused if it may not any more. */
const LONGEST = 300_000;

/** When a reader that lost its stream asks again, in ms. */
const RETRY = 3_000;

/** Seconds after which it is worth asking again when there is no room. */
const NO_ROOM_FOR = 10;

/** One answer that goes on: server-sent events (HTML standard, section 9.2). */
export interface EventStream {
  /** Whose it is. */
  readonly of: string;
  /** @param id what the reader shows as `Last-Event-ID` when it asks again */
  send(event: string, data: unknown, id?: string): void;
  /** Ends it. The reader asks again by itself. */
  end(): void;
}

/** The streams of one kind that this instance has open. */
export class EventStreams {
  private readonly open = new Set<EventStream>();

  /** @param most how many at once; one reader has at most half of what the others leave */
  constructor(private readonly most: number) {}

  /** Those that are open now. */
  all(): EventStream[] {
    return [...this.open];
  }

  /**
   * Answers with a stream.
   *
   * @param of whose it is
   * @throws AppError `busy` when too many are open
   */
  begin(of: string, reply: FastifyReply): EventStream {
    const own = this.all().filter((stream) => stream.of === of).length;
    if (2 * own >= this.most - (this.open.size - own)) throw new AppError('busy', { retryAfter: NO_ROOM_FOR });
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const write = (text: string) => {
      alive.refresh();
      if (!raw.writableEnded) raw.write(text);
    };
    const end = () => {
      clearTimeout(alive);
      clearTimeout(longest);
      this.open.delete(stream);
      raw.end();
    };
    const alive = setTimeout(() => write(': still here\n\n'), SIGN_OF_LIFE).unref();
    const longest = setTimeout(end, LONGEST).unref();
    const stream: EventStream = {
      of,
      send: (event, data, id) =>
        write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      end,
    };
    this.open.add(stream);
    raw.on('close', end);
    raw.on('error', end);
    write(`retry: ${RETRY}\n\n`);
    // Whoever asks for the head alone is answered.
    if (reply.request.method === 'HEAD') end();
    return stream;
  }

  /** Ends all of them: open ones would hold a stop up. */
  endAll(): void {
    for (const stream of this.all()) stream.end();
  }
}
