import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { PrismaService } from '../database/prisma.service.js';
import { statement } from '../database/statement.js';
import { endOf, pageOf, wantedOf } from '../database/steps.js';
import { type AccountRow } from './account.js';
import { ACCOUNT_COLUMNS } from './users.sql.js';

// Where the number is only what somebody said who registered, the account is as one without a password: in the same time.
const BY_IDENTIFIER = statement<AccountRow & { password_hash: string | null }>(
  'users_by_identifier',
  `SELECT ${ACCOUNT_COLUMNS}, CASE WHEN NOT users.phone_claimed THEN users.password_hash END AS password_hash FROM users
    WHERE is_active AND (email = :identifier::text OR username = :identifier::text OR phone = :phone::text)`,
);

const BY_ID = statement<FoundAccountRow>(
  'users_by_id',
  `SELECT ${ACCOUNT_COLUMNS}, users.is_active, users.created_at, users.phone_proven_at FROM users WHERE id = :id::uuid`,
);

// Only over the hash that was compared: a password that was changed meanwhile stays changed.
const STRENGTHEN = statement<{ id: string }>(
  'users_strengthen_password',
  `UPDATE users SET password_hash = :stronger::text WHERE id = :id::uuid AND password_hash = :compared::text RETURNING id`,
);

const BCRYPT_COST = statement<{ cost: number | null }>(
  'users_bcrypt_cost',
  `SELECT max(substr(password_hash, 5, 2))::int AS cost FROM users WHERE password_hash LIKE '$2%'`,
);

const EVERYBODY = {
  table: 'users',
  key: 'id',
  after: ':after::uuid',
  most: 1_000,
  where: 'erased_at IS NULL',
};
const FORGET_DEVICES = statement<{ accounts: number; end: string | null }>(
  'users_forget_devices',
  `WITH ${pageOf(EVERYBODY)}, strange AS (
     UPDATE users SET devices_valid_from = now() WHERE ${wantedOf(EVERYBODY)} RETURNING id
   )
   SELECT (SELECT count(*)::int FROM strange) AS accounts, (${endOf(EVERYBODY)}) AS end`,
);

/** An account, active or not, and when somebody proved its number. */
export type FoundAccountRow = AccountRow & { is_active: boolean; created_at: Date; phone_proven_at: Date | null };

/** An account to be made, as the seed gives it. */
export interface NewAccount {
  id: string;
  fullName: string;
  role: AccountRow['role'];
  phone: string | null;
  email: string | null;
  username: string | null;
  passwordHash: string | null;
}

@Injectable()
export class UsersRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
  ) {}

  /** The active account whose e-mail, username or phone is given; an identifier fits one of the three only. */
  async findByIdentifier(
    identifier: string,
    phone: string | null,
  ): Promise<(AccountRow & { password_hash: string | null }) | null> {
    const [row] = await this.database.run(BY_IDENTIFIER, { identifier, phone });
    return row ?? null;
  }

  async findById(id: string): Promise<FoundAccountRow | null> {
    const [row] = await this.database.run(BY_ID, { id });
    return row ?? null;
  }

  async roleByPhone(phone: string): Promise<AccountRow['role'] | null> {
    const found = await this.prisma.user.findFirst({ where: { phone, isActive: true }, select: { role: true } });
    return found?.role ?? null;
  }

  /** Those of these phones that active accounts have, in order. */
  async activePhonesAmong(phones: string[]): Promise<string[]> {
    const rows = await this.prisma.user.findMany({
      where: { phone: { in: phones }, isActive: true },
      select: { phone: true },
      orderBy: { phone: 'asc' },
    });
    return rows.flatMap(({ phone }) => phone ?? []);
  }

  /** @returns false when the account has another hash by now */
  async strengthenPassword(id: string, compared: string, stronger: string): Promise<boolean> {
    return (await this.database.run(STRENGTHEN, { id, compared, stronger })).length > 0;
  }

  /**
   * One step of a walk through the accounts: device tokens of before are known no more.
   *
   * @param after where the step before ended; null for the first
   * @returns of how many accounts, and where it ended; null behind the last
   */
  async forgetDevices(after: string | null): Promise<{ accounts: number; end: string | null }> {
    const [step] = await this.database.run(FORGET_DEVICES, { after: after ?? '00000000-0000-0000-0000-000000000000' });
    return step ?? { accounts: 0, end: null };
  }

  /** The highest cost of the bcrypt hashes that are stored; null when there are none. */
  async bcryptCost(): Promise<number | null> {
    const [row] = await this.database.run(BCRYPT_COST, {});
    return row?.cost ?? null;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.prisma.user.findFirst({ select: { id: true } })) === null;
  }

  /** Inserts those that do not meet an existing e-mail, username or phone; returns how many were new. */
  async insertMissing(accounts: NewAccount[]): Promise<number> {
    const { count } = await this.prisma.user.createMany({ data: accounts, skipDuplicates: true });
    return count;
  }

  /** The password hashes of accounts known by these phones or e-mails. */
  async passwordHashesOf(identifiers: string[]): Promise<string[]> {
    const rows = await this.prisma.user.findMany({
      where: {
        passwordHash: { not: null },
        OR: [{ phone: { in: identifiers } }, { email: { in: identifiers } }, { username: { in: identifiers } }],
      },
      select: { passwordHash: true },
    });
    return rows.flatMap(({ passwordHash }) => passwordHash ?? []);
  }
}
