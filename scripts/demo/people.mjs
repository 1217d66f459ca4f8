/** The people of the demo, and who of them cannot log in. */
import { before } from './chance.mjs';
import { FIRST_NAMES, LAST_NAMES, USER_AGENTS } from './words.mjs';

/**
 * No operator has numbers that begin with 0827: of 082, only 0821 to 0823 are given out (Telkomsel), so nobody can be
 * reached by them. Masuk takes them for mobile numbers all the same (docs/phone-numbers.md#the-indonesian-rule).
 */
const NOBODYS_PREFIX = '+62827';

/** A number that is nobody's. @param n below a hundred million */
export const nobodysPhone = (n) => `${NOBODYS_PREFIX}${String(n).padStart(8, '0')}`;

/** Whom one logs in as to look around, with the numbers of the demo accounts (docs/contract/sikeskoja.md#demo-accounts). */
export const STAFF = [
  { role: 'ADMIN', fullName: 'Ratna Wulandari', phone: '+6281234567890', username: 'ratna' },
  { role: 'SUPERVISOR', fullName: 'Yosef Mandowen', phone: '+6281234567891', username: 'yosef' },
  { role: 'OPERATOR', fullName: 'Dewi Anggraini', phone: '+6281234567892', username: 'dewi' },
];

/** How many of each thousand accounts have which role; the others are users. */
const ROLES = { ADMIN: 5, SUPERVISOR: 10, OPERATOR: 22, KARYAWAN: 170 };

/** Of the accounts that are the last in the list of their kind, what is wrong with them. */
export const TROUBLES = { disabled: 12, closed: 3, locked: 2, passwordLocked: 1, erased: 3, registered: 24 };

/** Blocks that are set aside for examples (RFC 5737). */
const EXAMPLE_BLOCKS = ['192.0.2', '198.51.100', '203.0.113'];

/**
 * @param count of all, the three whom one logs in as included
 * @returns the people, those who came first in front
 */
export function makePeople(chance, now, count) {
  const roles = rolesOf(count);
  const people = Array.from({ length: count }, (_, at) => {
    const staff = STAFF[at];
    const fullName = staff?.fullName ?? `${chance.one(FIRST_NAMES)} ${chance.one(LAST_NAMES)}`;
    // A third was there from the beginning, the others came over the year.
    const daysAgo = at < Math.max(STAFF.length, count / 3) ? 365 - chance.next() : 365 * (1 - at / count) + 0.5;
    return {
      fullName,
      role: staff?.role ?? roles[at] ?? 'USER',
      phone: staff?.phone ?? nobodysPhone(1_000_000 + at * 131),
      username: staff?.username ?? null,
      mailName: chance.is(staff ? 1 : 0.45) ? mailNameOf(fullName, at) : null,
      hasPassword: staff === undefined && chance.is(0.25),
      createdAt: before(now, daysAgo, 'day'),
      trouble: null,
      endedAt: null,
      addresses: Array.from(
        { length: chance.whole(1, 3) },
        () => `${chance.one(EXAMPLE_BLOCKS)}.${chance.whole(1, 254)}`,
      ),
      agents: chance.some(USER_AGENTS, chance.whole(1, 2)),
    };
  });
  giveTroubles(chance, now, people);
  return people;
}

/** Spread over the list by a step that has no common factor with its length more often than not. */
function rolesOf(count) {
  const roles = {};
  let at = STAFF.length;
  for (const [role, ofThousand] of Object.entries(ROLES))
    for (let left = Math.ceil((count * ofThousand) / 1_000); left > 0; left -= 1) {
      roles[at] = role;
      at = STAFF.length + ((at - STAFF.length + 7) % (count - STAFF.length));
      while (roles[at] !== undefined) at = STAFF.length + ((at - STAFF.length + 1) % (count - STAFF.length));
    }
  return roles;
}

const mailNameOf = (name, at) => `${name.toLowerCase().replaceAll(/[^a-z]+/g, '.')}${at}`;

function giveTroubles(chance, now, people) {
  const users = people.filter(({ role }) => role === 'USER');
  const newest = users.slice(-TROUBLES.registered);
  for (const person of newest) Object.assign(person, { trouble: 'registered', hasPassword: true });
  const older = users.slice(0, -TROUBLES.registered).filter(({ createdAt }) => createdAt < before(now, 60, 'day'));
  const others = Object.entries(TROUBLES).filter(([trouble]) => trouble !== 'registered');
  const unlucky = chance.some(
    older,
    others.reduce((sum, [, count]) => sum + count, 0),
  );
  for (const [trouble, count] of others)
    for (const person of unlucky.splice(0, count)) {
      person.trouble = trouble;
      if (trouble === 'disabled' || trouble === 'erased') person.endedAt = before(now, chance.whole(2, 50), 'day');
      if (trouble === 'passwordLocked') person.hasPassword = true;
    }
}

/** An account as the service keeps it. @param passwordHash of a password that nobody knows */
export function accountRow(person, passwordHash) {
  const { id, fullName, role, phone, username, mailName, hasPassword, createdAt, trouble, endedAt } = person;
  const common = { id, created_at: createdAt, updated_at: endedAt ?? createdAt, devices_valid_from: createdAt };
  const registered = trouble === 'registered';
  if (trouble === 'erased')
    return {
      ...common,
      ...{ full_name: 'Erased', role: 'USER', phone: null, email: null, username: null, password_hash: null },
      ...{ password_changed_at: null, is_active: false, erased_at: endedAt, phone_claimed: false },
      ...{ email_claimed: false, self_registered: false },
    };
  return {
    ...common,
    full_name: fullName,
    role,
    phone,
    email: mailName === null ? null : `${mailName}@warga.example`,
    username,
    password_hash: hasPassword ? passwordHash : null,
    password_changed_at: hasPassword ? createdAt : null,
    is_active: trouble !== 'disabled',
    erased_at: null,
    phone_claimed: registered,
    email_claimed: registered && mailName !== null,
    self_registered: registered,
  };
}
