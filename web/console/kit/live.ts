import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { serverEvents } from './api.js';
import { loginIsOver } from './login.js';

/** What the service tells of. */
type Topic = 'overview' | 'devices' | 'conversations';

/** Pauses before it is asked again after a failure, in ms. */
const SHORTEST = 3_000;
const LONGEST = 60_000;

/** A page is not loaded more often than this, in ms, however often things change, unless it says otherwise. */
const CALM = 5_000;

/**
 * Has a page load anew when the service says that something it shows has changed, and when it could not be told for a while. Not
 * in a hidden tab, which catches up when it is seen again.
 */
export class Live implements ReactiveController {
  /** Whether the service tells of changes right now. */
  isOn = false;
  private aborter: AbortController | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private last = '';
  private pause = SHORTEST;
  private loadedAt = performance.now();
  private readonly seen = () => this.follow();

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly topic: Topic,
    private readonly load: () => void,
    private readonly calm = CALM,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.seen);
    addEventListener('online', this.seen);
    addEventListener('offline', this.seen);
    this.loadedAt = performance.now();
    this.follow();
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.seen);
    removeEventListener('online', this.seen);
    removeEventListener('offline', this.seen);
    this.leave();
  }

  private leave(): void {
    clearTimeout(this.again);
    clearTimeout(this.due);
    this.due = undefined;
    this.aborter?.abort();
    this.aborter = null;
    this.turn(false);
  }

  private follow(): void {
    this.leave();
    if (document.hidden || !navigator.onLine) return;
    const aborter = new AbortController();
    this.aborter = aborter;
    void this.read(aborter.signal);
  }

  private async read(signal: AbortSignal): Promise<void> {
    try {
      const opened = () => {
        this.pause = SHORTEST;
        this.turn(true);
      };
      for await (const { name, data, id } of serverEvents('/api/admin/events', this.last, signal, opened)) {
        this.last = id;
        const { topics } = JSON.parse(data) as { topics: readonly string[] };
        if (name === 'changed' && topics.includes(this.topic)) this.changed();
      }
      // It ends after some minutes, and goes on at once where it was.
      if (!signal.aborted) this.follow();
    } catch (error) {
      if (signal.aborted || loginIsOver(error)) return;
      this.turn(false);
      this.again = setTimeout(() => this.follow(), this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST);
    }
  }

  private changed(): void {
    const load = () => {
      this.due = undefined;
      this.loadedAt = performance.now();
      this.load();
    };
    this.due ??= setTimeout(load, Math.max(0, this.loadedAt + this.calm - performance.now()));
  }

  private turn(isOn: boolean): void {
    if (this.isOn === isOn) return;
    this.isOn = isOn;
    this.host.requestUpdate();
  }
}
