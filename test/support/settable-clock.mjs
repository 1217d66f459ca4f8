/**
 * For `NODE_OPTIONS=--import=…`: a wall clock that SIGUSR2 sets back by an hour, as an operator or a time server does to a
 * machine. `CLOCK_AHEAD` (seconds) is how far it goes wrong from the start. The monotonic clock and timers stay as they are.
 */
const RealDate = Date;
let ahead = Number(process.env.CLOCK_AHEAD ?? '0') * 1000;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + ahead);
    else super(...given);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};

process.on('SIGUSR2', () => {
  ahead -= 3_600_000;
  process.stdout.write('the clock was set back\n');
});
