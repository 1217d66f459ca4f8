import { Injectable } from '@nestjs/common';
import { type KoaContextWithOIDC } from 'oidc-provider';
import { BrowserSessions, type BrowserCaller } from '../../identity/sessions/browser-sessions.js';
import { MULTIPLE } from '../../identity/sessions/proof/authentication.js';

/** What the library knows of a login when an interaction is finished, with the login session behind it. */
export interface FinishedLogin {
  readonly accountId: string;
  readonly acr: string;
  readonly amr: readonly string[];
  /** Seconds since 1970. */
  readonly ts: number;
  readonly loginSessionId: string;
  /** It was made for this very request, not found in the browser. */
  readonly isFresh: boolean;
}

/** What the library issues on a login: codes and tokens, with what they say of it. */
export interface Issued {
  readonly sessionUid?: string | undefined;
  readonly amr?: readonly string[] | undefined;
  readonly authTime?: number | undefined;
  /** Of an access token: see `tokenClaims`. */
  readonly extra?: { readonly amr?: readonly string[]; readonly auth_time?: number } | undefined;
}

/** The logins behind what applications ask for and hold, as they stand. */
@Injectable()
export class OidcLogins {
  /** Of the requests under way: each asks more than once. */
  private readonly found = new WeakMap<object, Promise<BrowserCaller | null>>();

  constructor(private readonly browsers: BrowserSessions) {}

  /** The login behind an authorization request, once an interaction has noted it; null when there is none. */
  ofRequest({ oidc }: KoaContextWithOIDC): Promise<BrowserCaller | null> {
    const found = this.found.get(oidc) ?? this.of(oidc.session);
    this.found.set(oidc, found);
    return found;
  }

  /**
   * The login behind a code or a token that is shown; null when that is worth nothing: the login is over, its role is withheld, or it
   * has not proved (any more) what the token says of it. The lower of the two counts, so that a proof lifts no token from before it.
   */
  async ofToken({ oidc }: KoaContextWithOIDC, token: Issued): Promise<BrowserCaller | null> {
    const { sessionUid, amr = token.extra?.amr, authTime = token.extra?.auth_time } = token;
    const hasSecondFactor = amr?.includes(MULTIPLE) === true;
    const session = sessionUid === undefined ? undefined : await oidc.provider.Session.findByUid(sessionUid);
    const caller = await this.of(session, { authTime, hasSecondFactor });
    if (!caller || caller.roleRefusal !== null) return null;
    return hasSecondFactor && !caller.provedSecondFactor ? null : caller;
  }

  private async of(session: object | undefined, token?: { authTime: number | undefined; hasSecondFactor: boolean }) {
    const { loginSessionId } = (session ?? {}) as { loginSessionId?: string };
    return loginSessionId === undefined ? null : this.browsers.callerBehind(loginSessionId, token);
  }
}
