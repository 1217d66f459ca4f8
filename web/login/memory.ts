import { type SentCode } from './code-entry.js';

/** What survives a reload of the tab: never a code, a password or a token. */
export interface Remembered {
  readonly step: string;
  readonly phone?: string;
  readonly name?: string;
  readonly identifier?: string;
  readonly sent?: SentCode | null;
  /** Something to say after the next page has opened. */
  readonly notice?: 'passwordChanged';
}

/** A page that was left for longer begins anew: whoever sits there now may be somebody else. In ms. */
const FORGOTTEN_AFTER = 30 * 60_000;

/** The tab's own storage. Where it is switched off, a reload begins at the first step. */
export class Memory {
  constructor(readonly key: string) {}

  read(): Remembered | null {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key) ?? 'null') as (Remembered & { at?: unknown }) | null;
      if (typeof kept?.step !== 'string' || typeof kept.at !== 'number') return null;
      if (Date.now() - kept.at <= FORGOTTEN_AFTER) return kept;
      this.forget();
      return null;
    } catch {
      return null;
    }
  }

  /** What is kept already stays as old as it is: a page that nobody touches is drawn again each second. */
  write(remembered: Remembered): void {
    try {
      const before = sessionStorage.getItem(this.key);
      const at = Number(/"at":(\d+)}$/.exec(before ?? '')?.[1]);
      if (JSON.stringify({ ...remembered, at }) === before) return;
      sessionStorage.setItem(this.key, JSON.stringify({ ...remembered, at: Date.now() }));
    } catch {
      // Switched off or full: nothing is kept, and nothing depends on it.
    }
  }

  forget(): void {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // As above.
    }
  }
}

/**
 * One memory for each service and purpose, and for each element of a page, so that two do not mix.
 *
 * @param place of the element on its page, see `Places`
 */
export const memoryOf = (purpose: string, base: string, place = 0) =>
  new Memory(`masuk:${purpose}:${base}${place === 0 ? '' : `#${place}`}`);

/** Numbers the elements of a page as they come: after a reload each has its own again. */
export class Places {
  private readonly taken = new Set<number>();

  take(): number {
    let place = 0;
    while (this.taken.has(place)) place += 1;
    this.taken.add(place);
    return place;
  }

  leave(place: number): void {
    this.taken.delete(place);
  }
}
