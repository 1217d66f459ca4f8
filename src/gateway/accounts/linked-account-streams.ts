import { type ServerResponse } from 'node:http';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { AppError } from '../../platform/errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { sessionData } from './answers.js';
import { type StreamViewer } from './stream-viewers.js';
import { LinkedAccounts } from './linked-accounts.service.js';

/** How often a linked account that is watched is looked at, in ms. */
const LOOK_EVERY = 1_000;

/** A page that is left open asks again after this, in ms; callers without access are refused then. */
const LONGEST = 300_000;

/** So many pages are watched at once, at most; by one viewer half of what the others leave. */
const MOST = 200;

/** Something is written at least so often, in ms: proxies end connections on which nothing moves. */
const SIGN_OF_LIFE = 15_000;

/** Server-sent events of one linked account each, for the QR page (HTML standard, section 9.2). */
@Injectable()
export class LinkedAccountStreams implements BeforeApplicationShutdown {
  /** With whose each one is. */
  private readonly open = new Map<SessionStream, string>();

  constructor(
    private readonly sessions: LinkedAccounts,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** Open streams would hold the stop up. */
  beforeApplicationShutdown(): void {
    for (const stream of this.open.keys()) stream.end();
  }

  /**
   * Ends with the linked account, and when the viewer may not look any more.
   *
   * @throws AppError `busy` when too many are open
   */
  begin(sessionId: string, viewer: StreamViewer, reply: FastifyReply): void {
    const own = [...this.open.values()].filter((of) => of === viewer.of).length;
    if (2 * own >= MOST - (this.open.size - own)) throw new AppError('busy', { retryAfter: 10 });
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const stream: SessionStream = new SessionStream(
      reply.raw,
      async () => {
        const shown = await this.sessions.shownById(sessionId);
        // A ticket goes with its linked account, and the page says which of both it was.
        if (!shown) return null;
        if (!(await viewer.isStillAllowed())) return 'refused';
        return JSON.stringify(sessionData(shown.row, shown.qr));
      },
      () => this.open.delete(stream),
      (err) => this.logger.warn({ err }, 'a watched linked account was not checked'),
    );
    this.open.set(stream, viewer.of);
  }
}

/** One page that watches one linked account. */
class SessionStream {
  private readonly timers = [
    setInterval(() => void this.look(), LOOK_EVERY),
    setTimeout(() => this.end(), LONGEST),
  ] as const;
  private last = '';
  private writtenAt = 0;
  private looking = false;

  /** @param read the linked account as JSON; null when it is gone, `refused` for who may not look any more */
  constructor(
    private readonly raw: ServerResponse,
    private readonly read: () => Promise<string | null>,
    private readonly ended: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    raw.on('close', () => this.end());
    raw.on('error', () => this.end());
    this.write('retry: 3000\n\n');
    void this.look();
  }

  end(): void {
    clearInterval(this.timers[0]);
    clearTimeout(this.timers[1]);
    this.raw.end();
    this.ended();
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const data = await this.read();
      if (data === 'refused') {
        // The page asks again by itself, and is told why it may not.
        this.end();
      } else if (data === null) {
        this.write('event: status\ndata: {"status":"gone"}\n\nevent: end\ndata: {}\n\n');
        this.end();
      } else if (data !== this.last) {
        this.last = data;
        this.write(`event: status\ndata: ${data}\n\n`);
      } else if (performance.now() - this.writtenAt > SIGN_OF_LIFE) {
        this.write(': still here\n\n');
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.looking = false;
    }
  }

  private write(text: string): void {
    this.writtenAt = performance.now();
    if (!this.raw.writableEnded) this.raw.write(text);
  }
}
