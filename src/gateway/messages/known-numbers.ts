/** How long a number that is on WhatsApp is taken to stay there, in ms. */
const BELIEVED_FOR = 24 * 3_600_000;

/** How many numbers are remembered: about 1 MB. */
const MOST = 10_000;

/** Numbers that WhatsApp said are there: it is not asked again for each message, which it counts as spying. */
export class KnownNumbers {
  /** Instants of `performance.now()`. */
  private readonly until = new Map<string, number>();

  has(phone: string): boolean {
    return (this.until.get(phone) ?? 0) > performance.now();
  }

  add(phone: string): void {
    this.until.delete(phone);
    this.until.set(phone, performance.now() + BELIEVED_FOR);
    // A map keeps the order in which its keys came: the oldest go first.
    for (const oldest of this.until.keys()) {
      if (this.until.size <= MOST) break;
      this.until.delete(oldest);
    }
  }
}
