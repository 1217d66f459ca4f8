import { postgresSeconds } from '../../bench/cpu.mjs';
import { Gate } from '../../bench/gate.mjs';
import { readOptions } from '../../bench/options.mjs';
import { ratio } from '../../bench/report.mjs';

const process = (seconds: number, database: string | null) => ({ seconds, database });

describe('the bench', () => {
  it('divides the turns of one round and shows the range of the ratios', () => {
    const results = [
      { target: 'compat', round: 1, perSecond: 50 },
      { target: 'ceiling', round: 1, perSecond: 100 },
      { target: 'ceiling', round: 2, perSecond: 40 },
      { target: 'compat', round: 2, perSecond: 30 },
      { target: 'compat', round: 3, perSecond: 60 },
      { target: 'ceiling', round: 3, perSecond: 100 },
    ];
    const perSecond = (result: { perSecond: number | null }) => result.perSecond;
    expect(ratio(results, 'compat', 'ceiling', perSecond)).toBe('0.60 (0.50 to 0.75)');
    const unknown = results.map((result) => ({ ...result, perSecond: null }));
    expect(ratio(unknown, 'compat', 'ceiling', perSecond)).toBe('–');
  });

  it('counts the backends of one database, shared processes, and what ended in between', () => {
    const before = {
      processes: new Map([
        ['1', process(10, 'ours')],
        ['2', process(20, 'other')],
        ['3', process(5, null)],
        ['4', process(7, 'other')],
      ]),
      ended: 100,
    };
    const after = {
      processes: new Map([
        ['1', process(11, 'ours')],
        ['2', process(25, 'other')],
        ['3', process(5.5, null)],
        ['5', process(0.25, 'ours')],
      ]),
      // Process 4 ended: its 7 seconds of before count no more, only the 2 that it used since.
      ended: 109,
    };
    expect(postgresSeconds(before, after, 'ours')).toBeCloseTo(1 + 0.5 + 0.25 + 2);
    expect(postgresSeconds(null, null, 'ours')).toBeNull();
  });

  it('lets people who waited outside go before those who begin', async () => {
    const gate = new Gate(1);
    const order: string[] = [];
    let come = (): void => undefined;
    const code = new Promise<void>((resolve) => (come = resolve));
    const waits = (async () => {
      await gate.enter();
      await gate.outside(() => code);
      order.push('waited');
      gate.leave();
    })();
    const others = ['first', 'second', 'third'].map(async (name) => {
      await gate.enter();
      order.push(name);
      come();
      await new Promise(setImmediate);
      gate.leave();
    });
    await Promise.all([waits, ...others]);
    expect(order).toEqual(['third', 'waited', 'second', 'first']);
  });

  it('reads lists and refuses what it does not know', () => {
    const options = readOptions(['--people', '1,64', '--parts', 'all', '--rows', '1e3,1e6', '--profile', 'strict']);
    expect(options).toMatchObject({ people: [1, 64], rows: [1_000, 1_000_000], profile: ['strict'], rounds: 3 });
    expect(options).toHaveProperty('parts', ['logins', 'half-load', 'routes', 'idle', 'growth', 'console']);
    expect(() => readOptions(['--people', '0'])).toThrow(
      '--people must be a comma list of whole numbers above 0, not "0"',
    );
    expect(() => readOptions(['--parts', 'login'])).toThrow('--parts must be');
    expect(() => readOptions(['--patience', '9'])).toThrow("Unknown option '--patience'");
  });
});
