import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { Passwords } from './passwords/passwords.js';
import { UsersRepository, type NewAccount } from './users.repository.js';

const DEMO_PASSWORD = 'password123';

type DemoAccount = Omit<NewAccount, 'id' | 'passwordHash'>;

/** The demo accounts of the replaced systems: docs/contract/sikeskoja.md#demo-accounts. */
const SETS: Record<'sikeskoja' | 'ticketing', readonly DemoAccount[]> = {
  sikeskoja: [
    {
      fullName: 'Administrator SiKesKoja',
      role: 'ADMIN',
      phone: '+6281234567890',
      email: 'admin@sikeskoja.com',
      username: 'admin',
    },
    {
      fullName: 'Supervisor SiKesKoja',
      role: 'SUPERVISOR',
      phone: '+6281234567891',
      email: 'supervisor@sikeskoja.com',
      username: 'supervisor',
    },
    {
      fullName: 'Operator SiKesKoja',
      role: 'OPERATOR',
      phone: '+6281234567892',
      email: 'operator@sikeskoja.com',
      username: 'operator',
    },
    { fullName: 'Jane Smith', role: 'USER', phone: '+6289876543210', email: null, username: null },
  ],
  ticketing: [
    { fullName: 'John Doe', role: 'USER', phone: '+6281234567890', email: null, username: null },
    { fullName: 'Jane Smith', role: 'USER', phone: '+6289876543210', email: null, username: null },
  ],
};

/** A demo account lives on where strangers come, with the password that everybody can read here. */
export class DemoPasswordInUse extends Error {
  override readonly name = 'DemoPasswordInUse';
  constructor() {
    super('An account still has the demo password. Delete the demo accounts or give them other passwords.');
  }
}

/** Demo accounts for a development database, and the check that none of them lives on where strangers come. */
@Injectable()
export class DemoAccounts {
  constructor(
    private readonly modeSettings: ModeSettings,
    private readonly accountSettings: AccountSettings,
    private readonly repository: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** Inserts the set of `SEED_DEMO`; what exists stays as it is, so it can run twice. Returns how many were new. */
  async seed(): Promise<number> {
    if (this.modeSettings.production) throw new Error('The demo seed refuses to run in production.');
    if (this.accountSettings.seedDemo === 'none') return 0;
    const passwordHash = await this.passwords.hash(DEMO_PASSWORD);
    return this.repository.insertMissing(
      SETS[this.accountSettings.seedDemo].map((account) => ({ ...account, id: uuidv7(), passwordHash })),
    );
  }

  /** Seeds an empty database only: deleted demo accounts do not come back with the next start. */
  async seedIfEmpty(): Promise<number> {
    return (await this.repository.isEmpty()) ? this.seed() : 0;
  }

  /** Numbers of demo accounts that are in the database, to show at a development start; E.164. */
  async phones(): Promise<string[]> {
    if (this.accountSettings.seedDemo === 'none') return [];
    return this.repository.activePhonesAmong(SETS[this.accountSettings.seedDemo].flatMap(({ phone }) => phone ?? []));
  }

  /** @throws DemoPasswordInUse when an account of the demo sets still has the demo password (see SETS) */
  async refuseDemoPassword(): Promise<void> {
    const identifiers = Object.values(SETS).flatMap((set) =>
      set.flatMap(({ phone, email, username }) => [phone, email, username]),
    );
    const hashes = await this.repository.passwordHashesOf(identifiers.filter((identifier) => identifier !== null));
    for (const hash of hashes) {
      if ((await this.passwords.compare(hash, DEMO_PASSWORD)).matched) throw new DemoPasswordInUse();
    }
  }
}
