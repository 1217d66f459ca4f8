/** The service's clock, as the `Date` headers of its answers tell it. */
export class ServiceClock {
  private offset = 0;

  /** Milliseconds since 1970 by the service's clock; by the device's until an answer says it better. */
  now(): number {
    return Date.now() + this.offset;
  }

  /**
   * Learns from an answer that no cache can have kept.
   *
   * @param date the header; it is cut to whole seconds, hence the half second
   * @param sentAt when the request left, in ms by the device's clock
   */
  learn(date: string | null, sentAt: number): void {
    const serverTime = Date.parse(date ?? '');
    if (Number.isNaN(serverTime)) return;
    this.offset = serverTime + 500 - (sentAt + Date.now()) / 2;
  }
}
