import { Injectable } from '@nestjs/common';
import { type Account, type KoaContextWithOIDC } from 'oidc-provider';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { Users } from '../../identity/users/users.service.js';
import { OidcLogins, type Issued } from './oidc-logins.js';

/** What each scope lets an application know (OpenID Connect Core section 5.4, and our roles). */
export const CLAIMS = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'preferred_username'],
  phone: ['phone_number', 'phone_number_verified'],
  email: ['email', 'email_verified'],
  roles: ['role'],
  iss: null,
  sid: null,
};

/** Scopes that say something of the person; others are the business of the services that tokens are for. */
export const OIDC_SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'phone', 'email', 'roles'];

/** What applications are told of people. */
@Injectable()
export class OidcClaims {
  constructor(
    private readonly settings: TokenSettings,
    private readonly users: Users,
    private readonly logins: OidcLogins,
  ) {}

  /**
   * The active account with this id; undefined when it is gone or disabled, or what was shown is worth nothing.
   *
   * @param token a code or a token that is used; without one, the authorization endpoint asks, whose policy decides
   */
  async accountOf(ctx: KoaContextWithOIDC, id: string, token?: Issued): Promise<Account | undefined> {
    const account = await this.users.findActive(id);
    const caller = token ? await this.logins.ofToken(ctx, token) : await this.logins.ofRequest(ctx);
    if (!account || caller?.userId !== id) return undefined;
    const { full_name: name, username, email, phone, phone_proven_at: provenAt } = account;
    return {
      accountId: id,
      claims: (use) => ({
        sub: id,
        // With `resource` the library would put all of them into the ID token, which others see.
        ...(use === 'id_token'
          ? {}
          : {
              name,
              ...(username === null ? {} : { preferred_username: username }),
              ...(phone === null ? {} : { phone_number: phone, phone_number_verified: provenAt !== null }),
              // Nobody has proved it to us.
              ...(email === null ? {} : { email, email_verified: false }),
              role: this.roleOf(caller.role),
            }),
      }),
    };
  }

  /** As our own access tokens spell it. */
  roleOf(role: string): string {
    return this.settings.jwtRoleCase === 'lower' ? role.toLowerCase() : role;
  }
}
