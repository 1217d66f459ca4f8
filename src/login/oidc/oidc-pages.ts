import { Injectable } from '@nestjs/common';
import { type Client, type ErrorOut, type KoaContextWithOIDC } from 'oidc-provider';
import { NameSettings } from '../../platform/config/groups/names.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { type Language } from '../../platform/config/languages.js';
import { TEXTS, type Texts } from '../../platform/texts/texts.js';
import { BuiltFiles } from '../pages/built-files.js';
import { renderSheet, SCRIPTS, tooOld, type Application, type Sheet } from '../pages/page.js';
import { LANGUAGE_COOKIE, LANGUAGE_KEPT, pageLanguage } from '../pages/page-language.js';
import { isLanguage } from '../../platform/texts/language.js';
import { escapeHtml } from '../../platform/texts/escape-html.js';

/** Problems with a typed code, shown under its field; see the library's re-rendered errors. */
const STOPPED = 'AbortedError';

/** Scopes that let an application know nothing; those of other services are shown by name. */
const UNSAID = new Set(['openid', 'offline_access']);

/** The protocol's words for a login that took too long. */
const EXPIRED = /expired|session not found|cookie/i;

/** In the address of the page after a logout that was thought better of. */
export const STAYED = 'stayed';

/** What a login page must know of the application that a person comes from. */
export interface Visit {
  readonly uid: string;
  readonly clientId: string;
  readonly application: Application;
  /** E.164 or as the application wrote it, where it is a phone number. */
  readonly phone: string | null;
  /** By what they have to log in, where the application insists on it. */
  readonly way: 'code' | 'password' | null;
}

/** Who is logged in. */
export interface Person {
  readonly name: string | null;
  /** Not whole: whoever looks at the screen may not know it. */
  readonly phone: string | null;
}

/** What the library would say in its own design, in ours and in both languages. */
@Injectable()
export class OidcPages {
  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly serverSettings: ServerSettings,
    private readonly nameSettings: NameSettings,
    private readonly files: BuiltFiles,
  ) {}

  /** @param wishes of the browser and of the application, see `pageLanguage` */
  languageOf(wishes: {
    asked: unknown;
    uiLocales: unknown;
    chosen: string | undefined;
    acceptLanguage: string | undefined;
  }): Language {
    const { asked, uiLocales, chosen, acceptLanguage } = wishes;
    const wanted = asked ?? uiLocale(uiLocales);
    return pageLanguage({ asked: wanted, chosen, acceptLanguage }, this.regionSettings.messageLanguage);
  }

  /**
   * The login page with the application's name and logo.
   *
   * @param nonce see `styleNonce`
   */
  login({ uid, clientId, application, phone, way }: Visit, language: Language, nonce: string): string {
    const say = TEXTS[language].pages.oidc;
    const told = way === null ? '' : `<p>${say.loginBy[way](escapeHtml(application.name))}</p>\n`;
    const hint = phone === null ? '' : ` phone="${escapeHtml(phone)}"`;
    const element = `<masuk-login purpose="login" session="cookie" history autofocus client-id="${escapeHtml(clientId)}" data-continue="${pathOf(uid)}"${hint}>${tooOld(language)}</masuk-login>`;
    const main = `${told}${element}\n${cancelForm(uid, application, language)}`;
    return this.sheet({ page: 'login', title: say.login, main, script: true }, language, { application, nonce });
  }

  /** Asks somebody who is logged in for the second factor: the script of the login page does, in place of the section. */
  proof({ uid, application }: Visit, language: Language, nonce: string): string {
    const { proof, proofIntro, proofAgain } = TEXTS[language].pages.oidc;
    const again = `<form action="${pathOf(uid)}"><button class="primary">${proofAgain}</button></form>`;
    const section = `<section data-second-factor data-continue="${pathOf(uid)}">${heading(proof, proofIntro)}${again}</section>`;
    const main = `${section}\n${cancelForm(uid, application, language)}`;
    return this.sheet({ page: 'login', title: proof, main, script: true }, language, { application, nonce });
  }

  /** Leads somebody who must enrol a second factor to the page where they do, which leads back here. */
  enrolment({ uid, application }: Visit, language: Language): string {
    const { enrolment, enrolmentIntro, enrolmentGo } = TEXTS[language].pages.oidc;
    const fields = `<input type="hidden" name="interaction" value="${uid}"><input type="hidden" name="lang" value="${language}">`;
    const main = `${heading(enrolment, enrolmentIntro(escapeHtml(application.name)))}
<form action="/admin/security">${fields}<button class="primary" autofocus>${enrolmentGo}</button></form>
${cancelForm(uid, application, language)}`;
    return this.sheet({ page: 'enrolment', title: enrolment, main, script: false }, language, { application });
  }

  /** Asks whether an application may know what it wants to. */
  consent(
    { uid, application }: Visit,
    { scopes, person }: { scopes: readonly string[]; person: Person | null },
    language: Language,
  ): string {
    const { oidc: say, scopes: known } = TEXTS[language].pages;
    const items = scopes
      .filter((scope) => !UNSAID.has(scope))
      .map((scope) => `<li>${escapeHtml(isKnown(scope, known) ? known[scope] : scope)}</li>`);
    const name = escapeHtml(application.name);
    const shown = [person?.name, person?.phone]
      .filter((part) => part != null && part !== '')
      .map((part) => escapeHtml(part ?? ''));
    const as = shown.length === 0 ? '' : `<p class="person">${say.consentAs(shown.join(', '))}</p>\n`;
    const main = `${heading(say.consent(name), say.consentIntro(name))}
<ul>${items.join('')}</ul>
${as}<form method="post" action="/oidc/interaction/${uid}/confirm"><button class="primary">${say.allow}</button></form>
<form class="quiet" method="post" action="/oidc/interaction/${uid}/abort"><button>${say.deny}</button></form>`;
    const sheet = { page: 'consent', title: say.consent(name), main, script: false };
    return this.sheet(sheet, language, { application });
  }

  /** A login that took too long, or whose cookies are gone. */
  expired(language: Language): string {
    const { expired, expiredIntro } = TEXTS[language].pages.oidc;
    return this.plain('error', expired, heading(expired, expiredIntro), language);
  }

  error(ctx: KoaContextWithOIDC, out: ErrorOut): void {
    const language = this.languageIn(ctx);
    const words = `${out.error} ${out.error_description ?? ''}`;
    const detail = `<p class="detail"><code>${escapeHtml(out.error)}</code> ${escapeHtml(out.error_description ?? '')}</p>`;
    const isExpired = EXPIRED.test(words) && ctx.status < 500;
    const { failed, failedIntro } = TEXTS[language].pages.oidc;
    this.answer(
      ctx,
      isExpired ? this.expired(language) : this.plain('error', failed, heading(failed, failedIntro) + detail, language),
    );
  }

  deviceInput(ctx: KoaContextWithOIDC, problem?: Error): void {
    const language = this.languageIn(ctx);
    const say = TEXTS[language].pages.oidc;
    const session = ctx.oidc.session as { exp?: number; touched?: boolean } | undefined;
    if (problem && session?.exp === undefined) {
      // Somebody without cookies: the library cannot keep what it has put into a session that was never stored.
      if (session) session.touched = false;
      this.answer(ctx, this.expired(language));
      return;
    }
    if (problem?.name === STOPPED) {
      const stopped = heading(say.device, say.deviceStopped);
      this.answer(ctx, this.plain('device', say.device, stopped, language));
      return;
    }
    const wrong = problem ? `<p class="problem" role="alert" id="wrong">${say.deviceWrong}</p>` : '';
    const described = problem ? ' aria-invalid="true" aria-describedby="wrong"' : '';
    const main = `${heading(say.device, say.deviceIntro)}
<form method="post" action="/oidc/device">${this.xsrf(ctx)}
<label for="user_code">${say.deviceCode}</label>
<input id="user_code" name="user_code" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20"${described}>
${wrong}<button class="primary">${say.deviceNext}</button></form>`;
    this.answer(ctx, this.plain('device', say.device, main, language));
  }

  deviceConfirm(ctx: KoaContextWithOIDC, client: Client, userCode: string): void {
    const language = this.languageIn(ctx);
    const say = TEXTS[language].pages.oidc;
    const name = escapeHtml(client.clientName ?? '');
    const fields = `${this.xsrf(ctx)}<input type="hidden" name="user_code" value="${escapeHtml(userCode)}">`;
    const main = `${heading(say.deviceConfirm, say.deviceConfirmIntro(name))}
<p class="code">${escapeHtml(userCode)}</p>
<form method="post" action="/oidc/device">${fields}<input type="hidden" name="confirm" value="yes"><button class="primary">${say.deviceYes}</button></form>
<form class="quiet" method="post" action="/oidc/device">${fields}<button name="abort" value="yes">${say.deviceNo}</button></form>`;
    this.answer(ctx, this.plain('device', say.deviceConfirm, main, language));
  }

  deviceDone(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const say = TEXTS[language].pages.oidc;
    const main = heading(say.deviceDone, say.deviceDoneIntro);
    this.answer(ctx, this.plain('device', say.deviceDone, main, language));
  }

  logout(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const say = TEXTS[language].pages.oidc;
    const form = (button: string, quiet: string) =>
      `<form${quiet} method="post" action="/oidc/session/end/confirm">${this.xsrf(ctx)}${button}</form>`;
    const main = `${heading(say.logout, say.logoutIntro)}
${form(`<button class="primary" name="logout" value="yes" autofocus>${say.logoutYes}</button>`, '')}
${form(`<button>${say.logoutNo}</button>`, ' class="quiet"')}`;
    const sheet = { page: 'logout', title: say.logout, main, script: false, hasLanguages: false };
    this.answer(ctx, this.sheet(sheet, language));
  }

  /** Also where somebody comes to who would rather stay: `providers.ts` says so. */
  loggedOut(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const say = TEXTS[language].pages.oidc;
    const title = ctx.query[STAYED] === undefined ? say.loggedOut : say.stayed;
    const main = heading(title, say.loggedOutIntro);
    this.answer(ctx, this.plain('logout', title, main, language));
  }

  private xsrf(ctx: KoaContextWithOIDC): string {
    const { secret } = ctx.oidc.session?.state as { secret: string };
    return `<input type="hidden" name="xsrf" value="${escapeHtml(secret)}">`;
  }

  private languageIn(ctx: KoaContextWithOIDC): Language {
    const { lang } = ctx.query;
    // Only a choice is remembered: the next page of these comes by a form.
    if (isLanguage(lang)) {
      const secure = this.serverSettings.publicUrl.startsWith('https:');
      const kept = { path: '/', maxAge: LANGUAGE_KEPT * 1000, sameSite: 'lax', secure } as const;
      ctx.cookies.set(LANGUAGE_COOKIE, lang, { ...kept, httpOnly: false, signed: false });
    }
    return this.languageOf({
      asked: lang,
      uiLocales: ctx.oidc.params?.['ui_locales'] ?? ctx.query['ui_locales'],
      chosen: ctx.cookies.get(LANGUAGE_COOKIE, { signed: false }),
      acceptLanguage: ctx.get('accept-language'),
    });
  }

  private plain(page: string, title: string, main: string, language: Language): string {
    return this.sheet({ page, title, main, script: false }, language);
  }

  private sheet(sheet: Sheet, language: Language, more: { application?: Application; nonce?: string } = {}): string {
    const assets = this.files.ofPage(SCRIPTS.login);
    return renderSheet(sheet, { language, appName: this.nameSettings.appName, assets, ...more });
  }

  private answer(ctx: KoaContextWithOIDC, html: string): void {
    ctx.type = 'html';
    ctx.body = html;
  }
}

const pathOf = (uid: string) => `/oidc/interaction/${uid}`;

/** The way back to the application, with nothing done. */
function cancelForm(uid: string, { name }: Application, language: Language): string {
  const cancel = TEXTS[language].pages.oidc.cancel(escapeHtml(name));
  return `<form class="quiet" method="post" action="${pathOf(uid)}/abort"><button>${cancel}</button></form>`;
}

/** @param title and `intro`: HTML */
function heading(title: string, intro: string): string {
  return `<h2>${title}</h2>\n<p>${intro}</p>\n`;
}

function isKnown(scope: string, known: Texts['pages']['scopes']): scope is keyof typeof known {
  return Object.hasOwn(known, scope);
}

/** The first of ours in a list of wishes (OpenID Connect Core section 3.1.2.1); undefined when there is none. */
function uiLocale(locales: unknown): string | undefined {
  if (typeof locales !== 'string') return undefined;
  const languages = locales.slice(0, 200).toLowerCase().split(' ');
  return languages.map((tag) => tag.split('-')[0]).find(isLanguage);
}
