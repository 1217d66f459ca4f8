import { Module } from '@nestjs/common';
import { DemoAccounts } from './demo-accounts.js';
import { PasswordBudgetRepository } from './password-budget.repository.js';
import { Passwords } from './passwords.js';
import { UsersRepository } from './users.repository.js';
import { Users } from './users.service.js';

@Module({
  providers: [Users, UsersRepository, Passwords, PasswordBudgetRepository, DemoAccounts],
  exports: [Users, DemoAccounts],
})
export class UsersModule {}
