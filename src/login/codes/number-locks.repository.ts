import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';

const LOCK = statement(
  'codes_lock',
  `SELECT ${FUNCTIONS}.hold_number(n.phone) FROM (SELECT phone FROM unnest(:phones::text[]) phone ORDER BY phone) n`,
);
const VOID = statement('codes_void', `SELECT ${FUNCTIONS}.void_codes(:phone::text)`);
const REOPEN = statement('codes_reopen', `SELECT ${FUNCTIONS}.reopen_number(:phone::text)`);
const UNLOCK = statement('codes_unlock', `SELECT ${FUNCTIONS}.unlock_number(:phone::text)`);
const IS_CLOSED = statement<{ closed: boolean }>(
  'codes_is_closed',
  `SELECT ${FUNCTIONS}.number_is_closed(:phone::text) AS closed`,
);

interface EndLivingRow {
  o_ended: number;
  o_phone: string | null;
  o_purpose: string | null;
}

const END_LIVING = statement<EndLivingRow>(
  'codes_end_living',
  `SELECT * FROM ${FUNCTIONS}.end_living_codes(:phone::text, :purpose::text, :rows::int)`,
);

/** Rows in a step of the walk that ends every code. */
const ROWS_A_STEP = 1_000;

/** Locks the rows of numbers, ends their codes, and unlocks numbers. */
@Injectable()
export class NumberLocksRepository {
  constructor(private readonly database: Database) {}

  /** Of several numbers always in the order of the numbers. */
  async lock(phones: readonly string[], within: Transaction): Promise<void> {
    await within.run(LOCK, { phones });
  }

  async void(phone: string, within: Transaction): Promise<void> {
    await within.run(VOID, { phone });
  }

  /** Ends the codes of all numbers, step by step. @returns how many were valid */
  async endLiving(): Promise<number> {
    let ended = 0;
    let after: { phone: string; purpose: string } | null = { phone: '', purpose: '' };
    while (after !== null) {
      const [step]: EndLivingRow[] = await this.database.run(END_LIVING, { ...after, rows: ROWS_A_STEP });
      ended += step?.o_ended ?? 0;
      after =
        step && step.o_phone !== null && step.o_purpose !== null
          ? { phone: step.o_phone, purpose: step.o_purpose }
          : null;
    }
    return ended;
  }

  async reopen(phone: string): Promise<void> {
    await this.database.run(REOPEN, { phone });
  }

  /** Whether unknown devices can neither ask for codes nor guess at them until somebody opens the number. */
  async isClosed(phone: string, within: Transaction): Promise<boolean> {
    const [row] = await within.run(IS_CLOSED, { phone });
    return row?.closed ?? false;
  }

  async unlock(phone: string, within: Transaction): Promise<void> {
    await within.run(UNLOCK, { phone });
  }
}
