/** Work that goes on behind an answer, and that a stop waits for. */
export class UnderWay {
  private readonly works = new Set<Promise<unknown>>();

  /** @param work whose failure somebody else deals with */
  add(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work.then(
      () => this.works.delete(ended),
      () => this.works.delete(ended),
    );
    this.works.add(ended);
  }

  /** Resolves when all that is under way now has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.all(this.works);
  }
}
