import { Injectable } from '@nestjs/common';
import { RegionSettings } from '../../../platform/config/groups/region.js';
import { type Transaction } from '../../../platform/database/database.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { readAccountFields, type AccountFields } from '../account-fields.js';
import { Passwords } from '../passwords/passwords.js';
import {
  ImportedAccountsRepository,
  type Filling,
  type ImportedAccount,
  type KnownAccountRow,
  type Names,
} from './imported-accounts.repository.js';

export { type Filling, type ImportedAccount, type KnownAccountRow, type Names };

/** Bytes of a password that are hashed at most. */
const LONGEST_PASSWORD = 1_024;

/** Accounts as an import of many people makes them and adds to them. */
@Injectable()
export class ImportedAccounts {
  constructor(
    private readonly settings: RegionSettings,
    private readonly repository: ImportedAccountsRepository,
    private readonly passwords: Passwords,
  ) {}

  /** One field in the service's spelling; null when it is none that an account can have. */
  read<Field extends keyof AccountFields>(
    field: Field,
    typed: NonNullable<AccountFields[Field]>,
  ): AccountFields[Field] | null {
    try {
      return readAccountFields({ [field]: typed }, this.settings.allowedCountries)[field] ?? null;
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /**
   * Hashes the plain password of another system. It need not follow the rules for new ones: its owner has it already.
   *
   * @returns null for one that is too long
   * @throws AppError `busy`
   */
  async hash(password: string): Promise<string | null> {
    return Buffer.byteLength(password) > LONGEST_PASSWORD ? null : this.passwords.hash(password);
  }

  /**
   * The accounts that have one of these names.
   *
   * @param locks whether they are to stay as they are until the transaction ends
   */
  known(names: Names, within: Transaction, locks: boolean): Promise<KnownAccountRow[]> {
    return this.repository.known(names, within, locks);
  }

  /**
   * Makes accounts whose number, e-mail and password the operator vouches for.
   *
   * @returns the ids of those that are made; a name of each other one was taken at this moment
   */
  insert(accounts: readonly ImportedAccount[], within: Transaction): Promise<string[]> {
    return this.repository.insert(accounts, within);
  }

  /**
   * Gives accounts the names that they lack.
   *
   * @throws the driver's error for a name that was taken at this moment
   */
  fill(accounts: readonly Filling[], within: Transaction): Promise<void> {
    return this.repository.fill(accounts, within);
  }
}
