import { Injectable, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type Role } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { AccessTokens } from './access-tokens.js';
import { SessionRecordsRepository, type PersonalSessionRow } from './session-records.repository.js';
import { type SecondFactor } from './proof/authentication.js';
import { Callers } from './proof/callers.js';
import { ProofsRepository } from './proof/proofs.repository.js';
import { LoginSessionsRepository, type Ending, type SessionRow } from './login-sessions.repository.js';
import { RefreshRepository } from './refresh.repository.js';
import { newRefreshToken, openSuccessor, sealSuccessor, tokenHash } from './refresh-tokens.js';

export { type SessionRow };

/** Tokens that replace the presented one. */
export interface RefreshedTokens {
  readonly token: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
}

/** What holds a session from now on: one of the two. */
export type ProvedSession =
  { readonly cookie: string; readonly tokens: null } | { readonly cookie: null; readonly tokens: RefreshedTokens };

/** The request that ends sessions; without an address where somebody else than their owner made it. */
interface EndedFrom {
  readonly id: string | null;
  readonly address: string | null;
}

/** Our refresh tokens are 43 characters; longer strings are not even hashed. */
const LONGEST_TOKEN = 512;

/** Steps of a thousand sessions that are looked at every ten minutes: millions in a day. */
const SESSION_STEPS = 40;

/** Login sessions after they were opened: refreshed, listed, ended. */
@Injectable()
export class Sessions implements OnModuleInit {
  constructor(
    private readonly settings: SessionSettings,
    private readonly repository: LoginSessionsRepository,
    private readonly refreshes: RefreshRepository,
    private readonly records: SessionRecordsRepository,
    private readonly tokens: AccessTokens,
    private readonly proofs: ProofsRepository,
    private readonly callers: Callers,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('dead-sessions', '*/10 * * * *', async () => {
      await this.jobs.walk('login-sessions', SESSION_STEPS, (after) => this.repository.forgetDead(after));
      return false;
    });
  }

  /**
   * Exchanges a refresh token for its one successor and a new access token. The same token again within 30 s, while
   * that successor is unused, gets the same successor: an answer that was lost must not log a phone out.
   *
   * @throws AppError `invalid_refresh_token`; a reuse has then ended the whole session
   */
  async refresh(presented: string, context: RequestContext): Promise<RefreshedTokens> {
    if (presented.length > LONGEST_TOKEN) throw new AppError('invalid_refresh_token');
    const successor = newRefreshToken();
    const row = await this.refreshes.exchange({
      presented_hash: tokenHash(presented),
      successor_hash: successor.hash,
      sealed_successor: sealSuccessor(presented, successor.token),
      idle_seconds: this.settings.refreshExpiresIn,
      address: context.address,
      request_id: context.id,
      audit_id: uuidv7(),
    });
    if (!row?.id || !row.role || (row.verdict !== 'fresh' && row.verdict !== 'repeated')) {
      context.addressReservations.confirm('failures');
      const concerns = row ? { userId: row.owner_id, subjectId: row.session_id, reason: row.verdict } : {};
      throw new AppError('invalid_refresh_token', { concerns });
    }
    const repeated = row.verdict === 'repeated';
    if (repeated && !row.sealed_successor) throw new AppError('invalid_refresh_token');
    const refreshToken =
      repeated && row.sealed_successor ? openSuccessor(presented, row.sealed_successor) : successor.token;
    const { session_id: id, method, second_factor: secondFactor, proved_at: provedAt } = row;
    const session = { id, method, secondFactor, provedAt };
    return { ...this.tokens.sign({ id: row.id, role: row.role }, session), refreshToken };
  }

  /**
   * Notes that the owner of a session has just proved who they are. What holds the session is replaced (ASVS 7.2.4): whoever
   * has stolen the old refresh token or cookie gains nothing, and a stolen refresh token ends the session when it is shown.
   *
   * @param secondFactor what was proved; null: the login's own factor again
   * @throws AppError `unauthenticated` when the session has ended meanwhile
   */
  async prove(
    { sessionId, userId }: { sessionId: string; userId: string },
    secondFactor: SecondFactor | null,
    within: Transaction,
  ): Promise<ProvedSession> {
    const { token: secret, hash } = newRefreshToken();
    const values = { id: sessionId, user_id: userId, second_factor: secondFactor, secret_hash: hash };
    const row = await this.proofs.prove(values, within);
    if (!row) throw new AppError('unauthenticated');
    if (row.held_by_cookie) return { cookie: secret, tokens: null };
    const { method, second_factor, proved_at: provedAt, role } = row;
    const session = { id: sessionId, method, secondFactor: second_factor, provedAt };
    return { cookie: null, tokens: { ...this.tokens.sign({ id: userId, role }, session), refreshToken: secret } };
  }

  /** Has the account's other sessions prove a second factor again: what they proved is not what the account has now. */
  forgetProofsOfOthers(
    { userId, sessionId }: { userId: string; sessionId: string },
    within: Transaction,
  ): Promise<void> {
    return this.proofs.forgetOthers(userId, sessionId, within);
  }

  /** The active sessions of an account, last used first. */
  list(userId: string): Promise<SessionRow[]> {
    return this.repository.ofUser(userId);
  }

  /** @returns whether the account had such a session */
  end(sessionId: string, userId: string, reason: Ending['reason'], context: EndedFrom): Promise<boolean> {
    return this.repository.endOne(sessionId, userId, ending(reason, context));
  }

  /** Ends the session of a refresh token; an unknown token ends nothing and is not an error (RFC 7009 section 2.2). */
  endByRefreshToken(token: string, reason: Ending['reason'], context: RequestContext): Promise<boolean> {
    return this.repository.endByRefreshToken(tokenHash(token.slice(0, LONGEST_TOKEN)), ending(reason, context));
  }

  /**
   * Ends every session of an account, but for one if it is named. Access tokens of them are refused at their next call.
   *
   * @returns how many there were
   */
  endAll(
    userId: string,
    reason: Ending['reason'],
    context: EndedFrom,
    but: string | null = null,
    within?: Transaction,
  ): Promise<number> {
    return this.repository.endAll(userId, but, ending(reason, context), within);
  }

  /**
   * Ends the sessions of all accounts: in a database that was restored, those that were ended are open again, and so are refresh
   * tokens that were exchanged.
   *
   * @returns how many there were
   */
  async endEverybodys(): Promise<number> {
    let ended = 0;
    let place: string | null = null;
    do {
      const step: { ended: number; end: string | null } = await this.records.endLiving(place);
      ended += step.ended;
      place = step.end;
    } while (place !== null);
    return ended;
  }

  /** Whether an admin who was let in still is one, and still logged in. For answers that take long. */
  isStillAdmin(caller: { sessionId: string; userId: string }): Promise<boolean> {
    return this.hasStillRole(caller, ['ADMIN']);
  }

  /** Whether somebody who was let in still has one of the roles, and is still logged in. */
  async hasStillRole(
    { sessionId, userId }: { sessionId: string; userId: string },
    roles: readonly Role[],
  ): Promise<boolean> {
    const live = await this.repository.findLive(sessionId);
    return live?.user_id === userId && roles.includes(this.callers.of(live).role);
  }

  /** Every session of an account that is still kept, the ended ones too. */
  personalDataOf(userId: string): Promise<PersonalSessionRow[]> {
    return this.records.allOf(userId);
  }

  /** When these accounts last logged in, as far as the sessions are still kept. */
  lastLogins(userIds: readonly string[]): Promise<Map<string, Date>> {
    return this.records.lastLogins(userIds);
  }

  /** Forgets the sessions of an account and with them its tokens, which are refused from then on. */
  forget(userId: string, within: Transaction): Promise<void> {
    return this.records.forget(userId, within);
  }
}

function ending(reason: Ending['reason'], context: EndedFrom): Ending {
  return { reason, address: context.address, requestId: context.id, auditId: uuidv7() };
}
