import { Injectable } from '@nestjs/common';
import { CommandRunner } from './accounts/command-runner.js';
import { GatewayUpkeep } from './gateway-upkeep.js';
import { HeldAccounts } from './link/held-accounts.js';

/** The gateway's own work, beside what requests ask for. */
@Injectable()
export class Gateway {
  constructor(
    private readonly sessions: HeldAccounts,
    private readonly commands: CommandRunner,
    private readonly upkeep: GatewayUpkeep,
  ) {}

  /**
   * Begins to hold linked accounts. Once the service listens, and not when the rooms are made: a command line that
   * works with them must take none.
   */
  begin(): void {
    this.sessions.begin();
    this.commands.begin();
    this.upkeep.begin();
  }
}
