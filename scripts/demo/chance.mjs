/** What looks like chance and is the same at each run: the generator mulberry32, which is enough for made-up people. */
export class Chance {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from the first to the last, both included. */
  whole(first, last) {
    return first + Math.floor(this.next() * (last - first + 1));
  }

  /** Whether something happens that happens in this share of all cases. */
  is(share) {
    return this.next() < share;
  }

  one(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** So many of a list, in another order. */
  some(list, count) {
    const left = [...list];
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(Math.floor(this.next() * left.length), 1),
    ).flat();
  }
}

const MILLISECONDS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The instant so long before another one: `before(now, 3, 'day')`. */
export const before = (instant, count, unit) => new Date(instant.getTime() - count * MILLISECONDS[unit]);
