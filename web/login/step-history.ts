/** A step as a history entry knows it. */
interface Entry {
  readonly purpose: string;
  readonly step: string;
}

/** Steps as entries of the browser's history, so that Back goes to the step before. Other data in them stay. */
export class StepHistory {
  private readonly onPop = ({ state }: PopStateEvent) => this.arrive(entryIn(state));

  /** @param arrive told when the browser's buttons lead to an entry; null for one that is not ours */
  constructor(private readonly arrive: (entry: Entry | null) => void) {
    addEventListener('popstate', this.onPop);
  }

  /** The entry that a reload has kept. */
  get current(): Entry | null {
    return entryIn(history.state);
  }

  push(entry: Entry): void {
    history.pushState(this.withEntry(entry), '');
  }

  replace(entry: Entry): void {
    history.replaceState(this.withEntry(entry), '');
  }

  back(): void {
    history.back();
  }

  close(): void {
    removeEventListener('popstate', this.onPop);
  }

  private withEntry(entry: Entry): object {
    return { ...(history.state as object | null), masuk: entry };
  }
}

function entryIn(state: unknown): Entry | null {
  const { purpose, step } = ((state as { masuk?: unknown } | null)?.masuk ?? {}) as Partial<Entry>;
  return typeof purpose === 'string' && typeof step === 'string' ? { purpose, step } : null;
}
