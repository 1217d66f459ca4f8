import { StepHistory } from './step-history.js';

/**
 * The way through the steps: entries of the browser's history where the page wants that, else kept here. Either way
 * `back` leads to the step before.
 */
export class StepTrail {
  private readonly history: StepHistory | null;
  private passed: string[] = [];

  /** @param arrive told of steps that the browser's own buttons, or `back`, lead to */
  constructor(
    private readonly purpose: string,
    inHistory: boolean,
    private readonly arrive: (step: string) => void,
  ) {
    this.history = inHistory ? new StepHistory((entry) => arrive(entry?.purpose === purpose ? entry.step : '')) : null;
  }

  /** The first step that is shown, perhaps after a reload; makes sure that there is a way back to `first`. */
  begin(step: string, first: string): void {
    const { purpose, history } = this;
    if (step !== first) this.passed = [first];
    if (history === null || history.current?.purpose === purpose) return history?.replace({ purpose, step });
    history.replace({ purpose, step: first });
    if (step !== first) history.push({ purpose, step });
  }

  enter(step: string, from: string, how: 'next' | 'instead'): void {
    const entry = { purpose: this.purpose, step };
    if (how === 'next') {
      this.passed.push(from);
      this.history?.push(entry);
    } else this.history?.replace(entry);
  }

  back(first: string): void {
    if (this.history) this.history.back();
    else this.arrive(this.passed.pop() ?? first);
  }

  close(): void {
    this.history?.close();
  }
}
