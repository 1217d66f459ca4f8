import { Injectable } from '@nestjs/common';
import { type Client, type ErrorOut, type KoaContextWithOIDC } from 'oidc-provider';
import { Settings, type Language } from '../../platform/config/settings.js';
import { type Text } from '../../platform/errors/catalogue.js';
import { BuiltFiles } from '../pages/built-files.js';
import { escape, renderSheet, SCRIPTS, type Application, type Sheet } from '../pages/page.js';
import { LANGUAGE_COOKIE, LANGUAGE_KEPT, pageLanguage } from '../pages/page-language.js';
import { SCOPES_SAID, TEXTS } from './page-texts.js';
import { isLanguage } from '../../platform/errors/language.js';

/** Problems with a typed code that stand under its field; see the library's re-rendered errors. */
const STOPPED = 'AbortedError';

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
}

/** What the library would say in its own design, in ours and in both languages. */
@Injectable()
export class ProviderPages {
  constructor(
    private readonly settings: Settings,
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
    return pageLanguage({ asked: wanted, chosen, acceptLanguage }, this.settings.messageLanguage);
  }

  /** The login page with the application's name and logo. */
  login({ uid, clientId, application, phone }: Visit, language: Language): string {
    const hint = phone === null ? '' : ` phone="${escape(phone)}"`;
    const here = `/oidc/interaction/${uid}`;
    const element = `<masuk-login purpose="login" session="cookie" history autofocus client-id="${escape(clientId)}" data-continue="${here}"${hint}></masuk-login>`;
    const cancel = said(TEXTS.cancel, language, application.name);
    const form = `<form class="quiet" method="post" action="${here}/abort"><button>${cancel}</button></form>`;
    const sheet = { page: 'login', title: TEXTS.login[language], main: `${element}\n${form}`, script: true };
    return this.sheet(sheet, language, application);
  }

  /** Asks whether an application may know what it wants to. */
  consent(uid: string, application: Application, scopes: readonly string[], language: Language): string {
    const items = scopes
      .filter((scope) => SCOPES_SAID[scope] !== null)
      .map((scope) => `<li>${escape(SCOPES_SAID[scope]?.[language] ?? scope)}</li>`);
    const main = `${heading(TEXTS.consent, TEXTS.consentIntro, language, application.name)}
<ul>${items.join('')}</ul>
<form method="post" action="/oidc/interaction/${uid}/confirm"><button class="primary" autofocus>${TEXTS.allow[language]}</button></form>
<form class="quiet" method="post" action="/oidc/interaction/${uid}/abort"><button>${TEXTS.deny[language]}</button></form>`;
    const sheet = { page: 'consent', title: said(TEXTS.consent, language, application.name), main, script: false };
    return this.sheet(sheet, language, application);
  }

  /** A login that took too long, or whose cookies are gone. */
  expired(language: Language): string {
    return this.plain('error', TEXTS.expired, heading(TEXTS.expired, TEXTS.expiredIntro, language), language);
  }

  error(ctx: KoaContextWithOIDC, out: ErrorOut): void {
    const language = this.languageIn(ctx);
    const words = `${out.error} ${out.error_description ?? ''}`;
    const detail = `<p class="detail"><code>${escape(out.error)}</code> ${escape(out.error_description ?? '')}</p>`;
    const isExpired = EXPIRED.test(words) && ctx.status < 500;
    this.answer(
      ctx,
      isExpired
        ? this.expired(language)
        : this.plain('error', TEXTS.failed, heading(TEXTS.failed, TEXTS.failedIntro, language) + detail, language),
    );
  }

  deviceInput(ctx: KoaContextWithOIDC, problem?: Error): void {
    const language = this.languageIn(ctx);
    const session = ctx.oidc.session as { exp?: number; touched?: boolean } | undefined;
    if (problem && session?.exp === undefined) {
      // Somebody without cookies: the library cannot keep what it has put into a session that was never stored.
      if (session) session.touched = false;
      this.answer(ctx, this.expired(language));
      return;
    }
    if (problem?.name === STOPPED) {
      const stopped = heading(TEXTS.device, TEXTS.deviceStopped, language);
      this.answer(ctx, this.plain('device', TEXTS.device, stopped, language));
      return;
    }
    const wrong = problem ? `<p class="problem" role="alert" id="wrong">${TEXTS.deviceWrong[language]}</p>` : '';
    const described = problem ? ' aria-invalid="true" aria-describedby="wrong"' : '';
    const main = `${heading(TEXTS.device, TEXTS.deviceIntro, language)}
<form method="post" action="/oidc/device">${this.xsrf(ctx)}
<label for="user_code">${TEXTS.deviceCode[language]}</label>
<input id="user_code" name="user_code" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20"${described}>
${wrong}<button class="primary">${TEXTS.deviceNext[language]}</button></form>`;
    this.answer(ctx, this.plain('device', TEXTS.device, main, language));
  }

  deviceConfirm(ctx: KoaContextWithOIDC, client: Client, userCode: string): void {
    const language = this.languageIn(ctx);
    const name = client.clientName ?? '';
    const fields = `${this.xsrf(ctx)}<input type="hidden" name="user_code" value="${escape(userCode)}">`;
    const main = `${heading(TEXTS.deviceConfirm, TEXTS.deviceConfirmIntro, language, name)}
<p class="code">${escape(userCode)}</p>
<form method="post" action="/oidc/device">${fields}<input type="hidden" name="confirm" value="yes"><button class="primary">${TEXTS.deviceYes[language]}</button></form>
<form class="quiet" method="post" action="/oidc/device">${fields}<button name="abort" value="yes">${TEXTS.deviceNo[language]}</button></form>`;
    this.answer(ctx, this.plain('device', TEXTS.deviceConfirm, main, language));
  }

  deviceDone(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const main = heading(TEXTS.deviceDone, TEXTS.deviceDoneIntro, language);
    this.answer(ctx, this.plain('device', TEXTS.deviceDone, main, language));
  }

  logout(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const form = (button: string, quiet: string) =>
      `<form${quiet} method="post" action="/oidc/session/end/confirm">${this.xsrf(ctx)}${button}</form>`;
    const main = `${heading(TEXTS.logout, TEXTS.logoutIntro, language)}
${form(`<button class="primary" name="logout" value="yes" autofocus>${TEXTS.logoutYes[language]}</button>`, '')}
${form(`<button>${TEXTS.logoutNo[language]}</button>`, ' class="quiet"')}`;
    const sheet = { page: 'logout', title: TEXTS.logout[language], main, script: false, hasLanguages: false };
    this.answer(ctx, this.sheet(sheet, language));
  }

  /** Also where somebody comes to who would rather stay: `providers.ts` says so. */
  loggedOut(ctx: KoaContextWithOIDC): void {
    const language = this.languageIn(ctx);
    const title = ctx.query[STAYED] === undefined ? TEXTS.loggedOut : TEXTS.stayed;
    const main = heading(title, TEXTS.loggedOutIntro, language);
    this.answer(ctx, this.plain('logout', title, main, language));
  }

  private xsrf(ctx: KoaContextWithOIDC): string {
    const { secret } = ctx.oidc.session?.state as { secret: string };
    return `<input type="hidden" name="xsrf" value="${escape(secret)}">`;
  }

  private languageIn(ctx: KoaContextWithOIDC): Language {
    const { lang } = ctx.query;
    // Only a choice is remembered: the next page of these comes by a form.
    if (isLanguage(lang)) {
      const secure = this.settings.publicUrl.startsWith('https:');
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

  private plain(page: string, title: Text, main: string, language: Language): string {
    return this.sheet({ page, title: title[language], main, script: false }, language);
  }

  private sheet(sheet: Sheet, language: Language, application?: Application): string {
    const assets = this.files.ofPage(SCRIPTS.login);
    return renderSheet(sheet, { language, appName: this.settings.appName, assets, application });
  }

  private answer(ctx: KoaContextWithOIDC, html: string): void {
    ctx.type = 'html';
    ctx.body = html;
  }
}

function heading(title: Text, intro: Text, language: Language, name = ''): string {
  return `<h2>${said(title, language, name)}</h2>\n<p>${said(intro, language, name)}</p>\n`;
}

/** A sentence with the application's name in it, as HTML. */
function said(text: Text, language: Language, name: string): string {
  return text[language].replaceAll('{app}', () => escape(name));
}

/** The first of ours in a list of wishes (OpenID Connect Core section 3.1.2.1); undefined when there is none. */
function uiLocale(locales: unknown): string | undefined {
  if (typeof locales !== 'string') return undefined;
  const languages = locales.slice(0, 200).toLowerCase().split(' ');
  return languages.map((tag) => tag.split('-')[0]).find(isLanguage);
}
