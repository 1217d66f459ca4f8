import { Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Interaction, type Provider } from 'oidc-provider';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { sessionCookie } from '../../platform/http/browser-cookies.js';
import { maskPhone, parsePhone } from '../../platform/phone/phone.js';
import { authenticationOf, numericDate } from '../../identity/sessions/proof/authentication.js';
import { BrowserSessions, type BrowserCaller } from '../../identity/sessions/browser-sessions.js';
import { Users } from '../../identity/users/users.service.js';
import { Artifacts } from './artifacts.js';
import { ownClient, type OwnClient } from './client-metadata.js';
import { demandedAcrs, demandedWay, missingStep } from './login-demands.js';
import { type Person, type Visit } from './oidc-pages.js';
import { OidcRequest } from './oidc-request.js';
import { type FinishedLogin } from './oidc-logins.js';
import { OidcProviders } from './oidc-providers.js';

/** An interaction that this browser has begun, with whom it is about. */
export interface Begun {
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly client: OwnClient;
  /** Who has this browser's session with us. */
  readonly caller: BrowserCaller | null;
  /** The session is younger than the interaction, and no code for another application opened it: a login was made for it. */
  readonly hasLoggedInForIt: boolean;
}

/** What is to happen next: a page, or a step of the provider's own. */
export type NextStep =
  | { readonly kind: 'login' | 'proof' | 'enrolment' | 'consent'; readonly begun: Begun }
  | { readonly kind: 'sent'; readonly to: string }
  | { readonly kind: 'expired' };

/** An id as the library makes them. */
const UID = /^[\w-]{20,60}$/;

/** What the library notes of a login that was made for a request. */
type Submitted = { login?: FinishedLogin; consent?: { grantId: string } } | undefined;

/**
 * The person's part of a request of an application: to log in, to consent. An interaction belongs to the browser that
 * began it, by a signed cookie for its own path; its id alone opens nothing.
 */
@Injectable()
export class Interactions {
  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly serverSettings: ServerSettings,
    private readonly providers: OidcProviders,
    private readonly browsers: BrowserSessions,
    private readonly artifacts: Artifacts,
    private readonly users: Users,
  ) {}

  /**
   * What a browser that comes to the page of an interaction gets: whoever is logged in already is not asked again, but for what their
   * login lacks.
   */
  async visit(uid: string, request: FastifyRequest, reply: FastifyReply): Promise<NextStep> {
    const begun = await this.begun(uid, request, reply);
    if (!begun) return { kind: 'expired' };
    const { interaction, caller, hasLoggedInForIt } = begun;
    if (interaction.prompt.name === 'consent') {
      if (!isSame(interaction, caller)) return { kind: 'expired' };
      return mustAsk(begun) ? { kind: 'consent', begun } : this.consent(begun);
    }
    if (!caller || !(hasLoggedInForIt || satisfies(interaction, caller))) return { kind: 'login', begun };
    const step = missingStep(caller, demandedAcrs(interaction.params['claims']));
    if (step === 'proof' || step === 'enrolment' || (step === 'login' && !hasLoggedInForIt))
      return { kind: step, begun };
    // What nothing helps, the policy tells the application.
    return this.finish(interaction, { login: loginOf(caller, hasLoggedInForIt) });
  }

  /** The person lets the application have what it asked for. */
  async confirm(uid: string, request: FastifyRequest, reply: FastifyReply): Promise<NextStep> {
    const begun = await this.begun(uid, request, reply);
    if (begun?.interaction.prompt.name !== 'consent' || !isSame(begun.interaction, begun.caller))
      return { kind: 'expired' };
    return this.consent(begun);
  }

  /** The person does not want to: the application is told so. */
  async abort(uid: string, request: FastifyRequest, reply: FastifyReply): Promise<NextStep> {
    const begun = await this.begun(uid, request, reply);
    if (!begun) return { kind: 'expired' };
    return this.finish(begun.interaction, { error: 'access_denied', error_description: 'the person refused' }, false);
  }

  /** What the login page shows of an interaction; a hint that is not a phone number is left out. */
  visitOf({ interaction, client }: Begun): Visit {
    const hint = interaction.params['login_hint'];
    const phone =
      typeof hint === 'string' && hint.length <= 64 ? parsePhone(hint, this.regionSettings.allowedCountries) : null;
    const application = { name: client.clientName ?? '', logo: client.logoUri ?? null };
    const way = demandedWay(demandedAcrs(interaction.params['claims']));
    return { uid: interaction.uid, clientId: client.clientId, application, phone, way };
  }

  /** Who is logged in, as a page may show it: at a shared computer that may be somebody else. */
  async personOf({ caller }: Begun): Promise<Person | null> {
    const account = caller && (await this.users.findActive(caller.userId));
    if (!account) return null;
    return { name: account.full_name, phone: account.phone === null ? null : maskPhone(account.phone) };
  }

  private async begun(uid: string, request: FastifyRequest, reply: FastifyReply): Promise<Begun | null> {
    const provider = await this.providers.current();
    const incoming = new OidcRequest(request, this.serverSettings.publicUrl);
    const { cookies } = provider.createContext(incoming, reply.raw);
    const shown = cookies.get((provider as unknown as Named).cookieName('interaction'), { signed: true });
    if (!UID.test(uid) || shown !== uid) return null;
    const interaction = await provider.Interaction.find(uid);
    const client = interaction && (await provider.Client.find(String(interaction.params['client_id'])));
    if (!interaction || !client) return null;
    await forgetEndedSession(provider, interaction);
    const cookie = sessionCookie(request);
    const caller = cookie === null ? null : await this.browsers.caller(cookie);
    const at = await this.artifacts.createdAt('Interaction', uid);
    const hasLoggedInForIt = caller !== null && at !== null && caller.loggedInAt > at && isFor(client.clientId, caller);
    return { provider, interaction, client: ownClient(client), caller, hasLoggedInForIt };
  }

  private async consent({ provider, interaction, client, caller }: Begun): Promise<NextStep> {
    const { details } = interaction.prompt as { details: Missing };
    const known = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
    const accountId = interaction.session?.accountId;
    const grant = known ?? new provider.Grant({ ...(accountId ? { accountId } : {}), clientId: client.clientId });
    if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
    for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {}))
      grant.addResourceScope(resource, scopes.join(' '));
    Object.assign(grant, { loginSessionId: caller?.sessionId });
    return this.finish(interaction, { consent: { grantId: await grant.save() } });
  }

  private async finish(interaction: Interaction, result: object, isMerged = true): Promise<NextStep> {
    Object.assign(interaction, { result: isMerged ? { ...interaction.lastSubmission, ...result } : result });
    await interaction.persist();
    return { kind: 'sent', to: interaction.returnTo };
  }
}

interface Named {
  cookieName(type: string): string;
}

/** What an application has not been let have yet. */
interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingResourceScopes?: Record<string, readonly string[]>;
}

/** Everything that a page of consent names. */
export function asksFor({ interaction }: Begun): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = interaction.prompt.details as Missing;
  return [...new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()])];
}

/**
 * A login ends the session that the browser had before, and the provider's with it. An interaction that was begun in that
 * one would never be found again.
 */
async function forgetEndedSession(provider: Provider, interaction: Interaction): Promise<void> {
  const { session } = interaction;
  if (session?.uid === undefined || interaction.prompt.name === 'consent') return;
  if (await provider.Session.findByUid(session.uid)) return;
  delete (interaction as { session?: unknown }).session;
  await interaction.persist();
}

/** Why somebody is asked who need not log in anew for it. */
const WITHOUT_LOGIN = ['no_session', 'max_age', 'second_factor', 'enrolment'];

/** Whether a login that the browser had already is what the application asked for. */
function satisfies({ prompt, params, session }: Interaction, { userId, proofAge }: BrowserCaller): boolean {
  if (prompt.reasons.some((reason) => !WITHOUT_LOGIN.includes(reason))) return false;
  const maxAge = params['max_age'];
  if (maxAge !== undefined && proofAge > Number(maxAge)) return false;
  return session === undefined || session.accountId === userId;
}

/** A code is for the application that its message names; a password is for all of them. */
function isFor(clientId: string, { method, application }: BrowserCaller): boolean {
  return method === 'PASSWORD' || application === clientId;
}

function loginOf(caller: BrowserCaller, isFresh: boolean): FinishedLogin {
  const { userId, sessionId, provedAt } = caller;
  const ts = numericDate(provedAt);
  return { accountId: userId, ...authenticationOf(caller), ts, loginSessionId: sessionId, isFresh };
}

function isSame(interaction: Interaction, caller: BrowserCaller | null): boolean {
  return caller !== null && caller.roleRefusal === null && interaction.session?.accountId === caller.userId;
}

/**
 * Nobody is asked about the operator's own applications. One on a device might be another that took its address: it gets
 * nothing without the person having done something (RFC 8252 section 8.6), be it a login just now.
 */
function mustAsk({ interaction, client }: Begun): boolean {
  if (!client.first_party) return true;
  const isFresh = (interaction.lastSubmission as Submitted)?.login?.isFresh === true;
  return client.applicationType === 'native' && !isFresh;
}
