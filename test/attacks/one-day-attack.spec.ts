import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { atOnce } from '../support/crowds.js';
import { CROWD, openHouse, type House, type Resident } from '../support/house.js';
import { PASSWORD } from '../support/logins.js';

// A day of somebody who has one number in mind and as many addresses as they like: they ask for codes and guess at them as
// often as they are let, against the owner of the number and, by the way, against the owner's patience. Hours pass by
// moving the times of rows back. The figures stand in docs/security.md#in-figures.

const HOURS = 24;
/** Ten is the default, with which nobody logs in by code every hour; the stranger gets more by it, too. */
const SENDS_A_DAY = HOURS;
/** The stranger comes so often an hour, which is when the shortest window has passed. */
const TRIES_AN_HOUR = 4;
const MINUTES = 60 / TRIES_AN_HOUR;

/** A code of six digits. */
const CODES = 1_000_000;

let house: House;
let address = 0;

beforeAll(async () => {
  house = await openHouse(
    { ...CROWD, TRUST_PROXY: '127.0.0.1', OTP_SENDS_PER_DAY: String(SENDS_A_DAY) },
    { instances: 2 },
  );
});
afterAll(async () => house.close());

/** Has the database note each guess that was paid for while a code lived: only these may have been compared with one. */
beforeAll(async () => {
  await house.database.query(
    `CREATE TABLE guesses_at_codes (phone text, code uuid);
     CREATE FUNCTION note_guess() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN INSERT INTO guesses_at_codes VALUES (NEW.phone, NEW.current_session_id); RETURN NULL; END $$;
     CREATE TRIGGER note_guess AFTER UPDATE ON otp_codes FOR EACH ROW
       WHEN (NEW.failures > OLD.failures AND NEW.current_expires_at > now()) EXECUTE FUNCTION note_guess()`,
  );
});

/** Every call comes from an address of its own. */
const elsewhere = () => {
  address += 1;
  return { 'x-forwarded-for': `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}` };
};

interface Gains {
  sends: number;
  /** Guesses that were paid for. */
  tries: number;
}

/** Asks for a code and guesses, one time more than any allowance has room for. */
async function attack(victim: Resident, gains: Gains): Promise<void> {
  const asked = await house.resend(victim.phone, elsewhere());
  if (asked.status === 200) gains.sends += 1;
  const guesses = await atOnce(6, (at) => house.verify(victim.phone, String(at).padStart(6, '0'), elsewhere()));
  gains.tries += guesses.filter(({ status }) => status === 400).length;
  expect(guesses.map(({ status }) => status)).not.toContain(200);
}

/** A code is compared so often and no more (guessing.spec.ts). */
const ATTEMPTS = 3;

/** Guesses that were compared with an active code: only these can be right. */
async function compared(victim: Resident): Promise<number> {
  const [row] = await house.database.query<{ attempts: number }>(
    `SELECT coalesce(sum(least(guesses, ${ATTEMPTS})), 0)::int AS attempts
       FROM (SELECT count(*) AS guesses FROM guesses_at_codes WHERE phone = $1 GROUP BY code) codes`,
    [victim.e164],
  );
  return row?.attempts ?? Number.NaN;
}

/** As the pages do: a code that a stranger has just asked for is on the owner's phone, and serves the owner. */
async function loginByCode(owner: Resident, device: Record<string, string>): Promise<number> {
  const headers = { ...elsewhere(), ...device };
  const { status } = await house.request(owner.phone, headers);
  return status === 200
    ? (await house.verify(owner.phone, house.fake.codeFor(owner.phone) ?? '', headers)).status
    : status;
}

const loginByPassword = async (owner: Resident) => {
  const body = { identifier: owner.phone, password: PASSWORD };
  return (await house.service.post('/api/auth/login', body, elsewhere())).status;
};

it('V6.6.3, V6.1.1: an owner with a known device logs in every hour at the first try, whatever a stranger does for a day', async () => {
  const owner = await house.person();
  const { deviceToken } = await house.login(owner.phone);
  const device = { 'x-device-token': deviceToken as string };
  const gains: Gains = { sends: 0, tries: 0 };
  for (let hour = 0; hour < HOURS; hour++) {
    for (let part = 0; part < TRIES_AN_HOUR; part++) {
      await house.pass(owner.phone, MINUTES * 60);
      await attack(owner, gains);
    }
    expect([hour, await loginByCode(owner, device)]).toEqual([hour, 200]);
    // The owner's success gives guesses back, also the stranger's: that is in the figure.
    await attack(owner, gains);
  }
  const guesses = await compared(owner);
  report('an owner who logs in every hour', gains, guesses);
  expect(guesses).toBeGreaterThan(0);
  expect(gains.sends).toBeLessThanOrEqual(SENDS_A_DAY);
  expect(gains.tries).toBeLessThanOrEqual(20 * HOURS);
  expect(guesses / CODES).toBeLessThan(1 / 5_000);
}, 120_000);

it('V6.6.3, NIST 3.2.2: an owner without one gets in by password; the stranger, closed out after a hundred, by nothing', async () => {
  const owner = await house.person({ password: PASSWORD });
  const gains: Gains = { sends: 0, tries: 0 };
  let closedAt: number | undefined;
  for (let hour = 0; hour < HOURS; hour++) {
    for (let part = 0; part < (closedAt === undefined ? TRIES_AN_HOUR : 1); part++) {
      await house.pass(owner.phone, (closedAt === undefined ? MINUTES : 60) * 60);
      await attack(owner, gains);
    }
    const refused = await house.verify(owner.phone, '000000', elsewhere());
    if (refused.body.details?.closed === true) closedAt ??= hour;
  }
  const guesses = await compared(owner);
  report(`an owner who does not log in, closed in hour ${closedAt}`, gains, guesses);
  expect(closedAt).toBeDefined();
  expect(gains.tries).toBe(100);
  expect(gains.sends).toBeLessThanOrEqual(SENDS_A_DAY);
  expect(guesses / CODES).toBeLessThan(1 / 5_000);
  expect(await loginByPassword(owner)).toBe(200);
}, 120_000);

function report(who: string, { sends, tries }: Gains, guesses: number): void {
  if (process.env['MASUK_TEST_FIGURES'])
    console.log(`${who}: ${sends} sends, ${tries} tries, ${guesses} of them at an active code`);
}
