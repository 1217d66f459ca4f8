/**
 * Lets a fixed number of people call the target at a time. Who comes back inside goes before who begins; of those who
 * begin, the last one goes first, so that no more people (and client addresses) play than are needed.
 */
export class Gate {
  #free;
  #comingBack = [];
  #beginning = [];

  constructor(places) {
    this.#free = places;
  }

  async enter(queue = this.#beginning) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => queue.push(resolve));
  }

  leave() {
    const next = this.#comingBack.shift() ?? this.#beginning.pop();
    if (next) next();
    else this.#free += 1;
  }

  /** Makes room for somebody else until the work is done. */
  async outside(work) {
    this.leave();
    const result = await work();
    await this.enter(this.#comingBack);
    return result;
  }
}
