import { Module } from '@nestjs/common';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { AccountsRepository } from './accounts.repository.js';
import { Accounts } from './accounts.service.js';
import { DemoAccounts } from './demo-accounts.js';
import { ImportedAccountsRepository } from './imported/imported-accounts.repository.js';
import { ImportedAccounts } from './imported/imported-accounts.js';
import { PasswordBudgetRepository } from './passwords/password-budget.repository.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { Passwords } from './passwords/passwords.js';
import { RegistrationTokens } from './registration-tokens.js';
import { UsersRepository } from './users.repository.js';
import { Users } from './users.service.js';

@Module({
  imports: [JobsModule],
  providers: [
    Users,
    UsersRepository,
    Accounts,
    AccountsRepository,
    Passwords,
    PasswordPolicy,
    PasswordBudgetRepository,
    DemoAccounts,
    RegistrationTokens,
    ImportedAccounts,
    ImportedAccountsRepository,
  ],
  exports: [Users, Accounts, DemoAccounts, ImportedAccounts, RegistrationTokens],
})
export class UsersModule {}
