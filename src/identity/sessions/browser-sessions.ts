import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { isFromOwnPage } from '../../platform/http/browser-cookies.js';
import { type Proved } from './proof/authentication.js';
import { Callers, type SessionCaller, type TokenProof } from './proof/callers.js';
import { LoginSessionsRepository, type LiveSession } from './login-sessions.repository.js';
import { tokenHash } from './refresh-tokens.js';

/** Our cookies are 43 characters of base64url; nothing else is hashed. */
const COOKIE = /^[\w-]{43}$/;

/** Who has a browser's session, and how they logged in. */
export interface BrowserCaller extends SessionCaller, Proved {
  readonly application: string | null;
}

/** Login sessions of browsers on our own pages: held by a cookie, so that no script ever sees a token. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly serverSettings: ServerSettings,
    private readonly sessionSettings: SessionSettings,
    private readonly repository: LoginSessionsRepository,
    private readonly callers: Callers,
  ) {}

  /** Whether a request comes from a page of this service, so that its cookie counts. */
  isOwnPage(request: FastifyRequest): boolean {
    return isFromOwnPage(request, new URL(this.serverSettings.publicUrl).origin);
  }

  /** Whose cookie it is; null when it is not our cookie, or its session is over. Using it keeps the session alive. */
  async caller(cookie: string): Promise<BrowserCaller | null> {
    if (!COOKIE.test(cookie)) return null;
    const live = await this.repository.findLiveByCookie(tokenHash(cookie));
    if (!live) return null;
    if (live.stale) await this.keepAlive(live.id);
    return this.callerOf(live);
  }

  /**
   * Whose session it is, by its id: for what applications hold on it.
   *
   * @param token what that says of the login; as for our own tokens, the lower of the two counts
   * @returns null when the session is over
   */
  async callerBehind(sessionId: string, token?: TokenProof): Promise<BrowserCaller | null> {
    const live = await this.repository.findLive(sessionId);
    return live && this.callerOf(live, token);
  }

  /** Notes that a session is used, by somebody who has found it stale: its idle end moves on. */
  async keepAlive(sessionId: string): Promise<void> {
    await this.repository.keepAlive(sessionId, this.sessionSettings.refreshExpiresIn);
  }

  private callerOf(live: LiveSession, token?: TokenProof): BrowserCaller {
    const { method, second_factor: secondFactor, application_id: application } = live;
    return { ...this.callers.of(live, token), method, secondFactor, application };
  }
}
