import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../platform/errors/app-error.js';
import { CATALOGUE, type ErrorCode } from '../../platform/errors/catalogue.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import { GatewayCommandsRepository, type CommandKind, type CommandRow } from './gateway-commands.repository.js';
import { HeldAccounts } from '../link/held-accounts.js';
import { PAIRING_SECONDS, type LinkedAccount } from '../link/linked-account.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';

/** How often an instance that holds linked accounts looks for what others ask of them, in ms. */
const LOOK_EVERY = 400;

/** How often the asker looks for the answer, in ms. */
const COLLECT_EVERY = 100;

/** What is done with a linked account is done by the instance that holds it; others ask it through the database. */
@Injectable()
export class CommandRunner implements OnApplicationShutdown {
  private looking: Recurring | undefined;

  constructor(
    private readonly sessions: HeldAccounts,
    private readonly repository: GatewayCommandsRepository,
    private readonly seal: LinkedAccountSeal,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** Begins to do what others ask. */
  begin(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'could not read gateway commands');
    this.looking = every(LOOK_EVERY, () => this.look(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking?.stop();
  }

  /**
   * Has something done with a linked account, here or wherever it is held.
   *
   * @param seconds how long it may take until somebody holds the linked account and has done it
   * @returns its result; null when nobody did it in time
   * @throws AppError what the command refused with
   */
  async run(
    sessionId: string,
    kind: CommandKind,
    phone: string | null,
    seconds: number,
  ): Promise<{ text: string } | null> {
    const here = this.sessions.get(sessionId);
    if (here) return { text: await perform(here, kind, phone) };
    const id = uuidv7();
    if (!(await this.repository.insert({ id, sessionId, kind, phone }, seconds)))
      throw new AppError('session_not_found');
    for (let waited = 0; waited < seconds * 1000; waited += COLLECT_EVERY) {
      await new Promise((resolve) => setTimeout(resolve, COLLECT_EVERY));
      const end = await this.repository.collect(id);
      if (!end) continue;
      if (end.error !== null)
        throw new AppError(Object.hasOwn(CATALOGUE, end.error) ? (end.error as ErrorCode) : 'internal_error');
      return { text: end.sealed_result ? this.seal.openResult(end.sealed_result, id) : '' };
    }
    return null;
  }

  private async look(): Promise<void> {
    const held = this.sessions.held();
    if (held.length === 0) return;
    const commands = await this.repository.take(held.map(({ lease }) => lease));
    for (const command of commands) void this.work(command);
  }

  private async work(command: CommandRow): Promise<void> {
    const { id, session_id: sessionId, kind, phone } = command;
    const session = this.sessions.get(sessionId);
    if (!session) return;
    try {
      const text = await perform(session, kind, phone);
      await this.repository.finish(command, { sealed_result: this.seal.result(text, id), error: null });
    } catch (err) {
      if (!(err instanceof AppError)) this.logger.warn({ err, kind }, 'a command of the gateway failed');
      const error = err instanceof AppError ? err.code : 'internal_error';
      await this.repository
        .finish(command, { sealed_result: null, error })
        .catch((again: unknown) => this.logger.warn({ err: again, kind }, 'the end of a command was not stored'));
    }
  }
}

async function perform(session: LinkedAccount, kind: CommandKind, phone: string | null): Promise<string> {
  switch (kind) {
    case 'restart':
      await session.restart(PAIRING_SECONDS);
      return '';
    case 'logout':
      await session.logout();
      return '';
    case 'pairing-code':
      return session.pairingCode(phone ?? '');
  }
}
