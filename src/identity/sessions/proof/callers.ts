import { Injectable } from '@nestjs/common';
import { AccountSettings } from '../../../platform/config/groups/accounts.js';
import { STAFF, type CurrentCaller, type RoleRefusal } from '../../../platform/http/access.decorators.js';
import { type AccessClaims } from '../access-tokens.js';
import { numericDate } from './authentication.js';
import { type LiveSession } from '../login-sessions.repository.js';

/** What a token says of what its session had proved. */
export type TokenProof = Pick<AccessClaims, 'authTime' | 'hasSecondFactor'>;

/** The caller of a session, as far as our own pages need to know more. */
export interface SessionCaller extends CurrentCaller {
  /** The account has no second factor, and may enrol one. */
  readonly mayEnrolSecondFactor: boolean;
}

/** Who calls, and as what: the one place that decides what a session without a second factor may not do. */
@Injectable()
export class Callers {
  constructor(private readonly settings: AccountSettings) {}

  /**
   * The caller of a living session. What the session has proved since a token was made counts for the tokens that were made
   * then, so a stolen one gains nothing.
   *
   * @param token where one was shown; a cookie is the session itself
   */
  of(live: LiveSession, token?: TokenProof): SessionCaller {
    const provedSecondFactor = live.second_factor !== null && (token?.hasSecondFactor ?? true);
    const made = token ? (token.authTime ?? numericDate(live.created_at)) : numericDate(live.proved_at);
    const lag = Math.max(0, numericDate(live.proved_at) - made);
    const roleRefusal = this.roleRefusalOf(live, provedSecondFactor);
    return {
      userId: live.user_id,
      sessionId: live.id,
      role: roleRefusal === null ? live.role : 'USER',
      accountRole: live.role,
      roleRefusal,
      loggedInAt: live.created_at,
      provedAt: new Date(live.proved_at.getTime() - lag * 1000),
      proofAge: live.age_seconds + lag,
      provedSecondFactor,
      isAskedForSecondFactor: live.has_second_factor && this.isForSecondFactor(live),
      mayEnrolSecondFactor: !live.has_second_factor && this.isForSecondFactor(live),
      application: live.application_id,
    };
  }

  /** Whether second factors are there for the account. */
  private isForSecondFactor({ role }: LiveSession): boolean {
    return STAFF.includes(role) && this.settings.staffSecondFactor !== 'off';
  }

  private roleRefusalOf(live: LiveSession, hasProved: boolean): RoleRefusal | null {
    if (!this.isForSecondFactor(live)) return null;
    if (live.has_second_factor) return hasProved ? null : 'second_factor_required';
    return this.settings.staffSecondFactor === 'require' ? 'second_factor_enrolment_required' : null;
  }
}
