import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { MasukError } from './api.js';
import { loginIsOver } from './login.js';

/** What is got from the service, and how far it is. While it is got again, the last value stays to be seen. */
export class Remote<T> implements ReactiveController {
  value: T | undefined;
  error: MasukError | null = null;
  loading = false;
  private current = 0;

  constructor(protected readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.current += 1;
  }

  /**
   * Asks; an answer that comes after a newer question is nobody's.
   *
   * @param quietly nobody asked for it, so nobody is shown that it takes long
   */
  async load(ask: () => Promise<T>, quietly = false): Promise<void> {
    const own = ++this.current;
    this.loading ||= !quietly;
    this.host.requestUpdate();
    try {
      const answer = await ask();
      if (own !== this.current) return;
      [this.value, this.error] = [this.merged(answer), null];
    } catch (error) {
      if (own !== this.current || loginIsOver(error)) return;
      this.error = failure(error);
    }
    this.loading = false;
    this.host.requestUpdate();
  }

  /** What is known once an answer has come. */
  protected merged(answer: T): T {
    return answer;
  }

  /** Takes a value that came by another way; an answer to what was asked before it is nobody's. */
  set(value: T): void {
    this.current += 1;
    [this.value, this.error, this.loading] = [value, null, false];
    this.host.requestUpdate();
  }

  /** Forgets the value, so that the next one is waited for. */
  clear(): void {
    this.value = undefined;
    this.error = null;
  }
}

/** Whatever was thrown, as a failure that can be shown. */
export function failure(error: unknown): MasukError {
  if (error instanceof MasukError) return error;
  return new MasukError({ code: 'unexpected_answer', status: 0, message: String(error), cause: error });
}
