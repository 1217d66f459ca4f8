import { html, nothing, type TemplateResult } from 'lit';
import type { Viewer } from '../kit/console-page.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import { homeOf, isReadOnly, mayRead, NAVIGATION, SECURITY, type Route } from './routes.js';

interface Frame {
  readonly texts: ConsoleTexts;
  readonly viewer: Viewer;
  readonly language: Language;
  readonly route: Route | null;
  readonly menuOpen: boolean;
  readonly isDark: boolean;
  readonly isOffline: boolean;
  readonly content: unknown;
  /** What is offered to the viewer, above every page. */
  readonly offer: unknown;
  readonly openMenu: (open: boolean) => void;
  readonly speak: (language: Language) => void;
  readonly switchScheme: () => void;
  readonly leave: () => void;
}

const LANGUAGES: Readonly<Record<Language, readonly [short: string, name: string]>> = {
  id: ['ID', 'Bahasa Indonesia'],
  en: ['EN', 'English'],
};

export const brandName = (): string =>
  document.querySelector('meta[name="application-name"]')?.getAttribute('content') ?? '';
const brandMark = (): string => document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? '';

/** What surrounds every page: navigation, language, colours, the account, and a line for what was done. */
export function frame(it: Frame): TemplateResult {
  const { texts } = it;
  return html`<a class="skip" href="#content" @click=${skip}>${texts.skip}</a>
    <div class="frame">
      <aside class="side" aria-label=${texts.console}>${brand(it)} ${navigation(it)} ${person(it)}</aside>
      <div class="column">
        ${bar(it)} ${it.isOffline ? html`<p class="offline" role="alert">${texts.frame.offline}</p>` : nothing}
        ${it.offer === nothing ? nothing : html`<aside aria-label=${texts.security.title}>${it.offer}</aside>`}
        <main id="content" tabindex="-1">${it.content}</main>
      </div>
    </div>
    <console-toast .closeLabel=${texts.dialog.close}></console-toast>
    <wa-drawer
      placement="start"
      label=${texts.console}
      .open=${it.menuOpen}
      light-dismiss
      @wa-after-hide=${() => it.openMenu(false)}
    >
      ${it.menuOpen ? html`${navigation(it)} ${person(it)}` : nothing}
    </wa-drawer>`;
}

function bar(it: Frame): TemplateResult {
  const { texts, viewer } = it;
  const other = it.isDark ? texts.frame.light : texts.frame.dark;
  const readOnly = html`<span class="badge read-only" title=${texts.frame.readOnlyHint}>${texts.frame.readOnly}</span>`;
  return html`<header class="bar">
    <button class="icon menu" aria-label=${texts.nav.menu} @click=${() => it.openMenu(true)}>
      <wa-icon name="bars-3"></wa-icon>
    </button>
    <div class="bar-brand">${brand(it)}</div>
    ${isReadOnly(viewer.role, it.route) ? readOnly : nothing}
    <span class="push"></span>
    ${languages(it)}
    <button class="icon" aria-label=${other} title=${other} @click=${it.switchScheme}>
      <wa-icon name=${it.isDark ? 'sun' : 'moon'}></wa-icon>
    </button>
  </header>`;
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function brand({ texts, viewer }: Frame): TemplateResult {
  return html`<a class="brand" href=${homeOf(viewer.role)}>
    <img src=${brandMark()} alt="" width="32" height="32" />
    <span><b>${brandName()}</b><small>${texts.console}</small></span>
  </a>`;
}

function navigation({ texts, route, viewer }: Frame): TemplateResult {
  return html`<nav aria-label=${texts.nav.label}>
    ${NAVIGATION.filter(({ name }) => mayRead(viewer.role, name)).map(
      ({ name, href, icon }) =>
        html`<a href=${href} aria-current=${route?.nav === name ? 'page' : nothing}>
          <wa-icon name=${icon}></wa-icon>${texts.nav[name]}
        </a>`,
    )}
  </nav>`;
}

function person({ texts, viewer, leave }: Frame): TemplateResult {
  return html`<div class="person">
    <a href="/account" class="who" title=${texts.frame.account}>
      <span><b>${viewer.name}</b><small>${texts.roles[viewer.role]}</small></span>
    </a>
    <a class="icon" href=${SECURITY} aria-label=${texts.security.title} title=${texts.security.title}>
      <wa-icon name="shield-check"></wa-icon>
    </a>
    <button class="icon" aria-label=${texts.frame.logout} title=${texts.frame.logout} @click=${leave}>
      <wa-icon name="arrow-right-start-on-rectangle"></wa-icon>
    </button>
  </div>`;
}

function languages({ texts, language, speak }: Frame): TemplateResult {
  return html`<div class="languages" role="group" aria-label=${texts.frame.language}>
    ${(Object.keys(LANGUAGES) as Language[]).map((code) => {
      const [short, name] = LANGUAGES[code];
      return html`<button
        lang=${code}
        aria-pressed=${String(code === language)}
        aria-label=${`${short}, ${name}`}
        @click=${() => speak(code)}
      >
        ${short}
      </button>`;
    })}
  </div>`;
}

/** @param again where the address is right, but its page could not be had */
export function missing(texts: ConsoleTexts, again?: () => void): TemplateResult {
  const { states } = texts;
  return html`<div class="state">
    <h1>${again ? states.failed : states.missingTitle}</h1>
    ${again ? nothing : html`<p>${states.missing}</p>`}
    ${
      again
        ? html`<wa-button appearance="outlined" @click=${again}>${states.retry}</wa-button>`
        : html`<a href="/admin">${states.home}</a>`
    }
  </div>`;
}

/** For an OPERATOR at an address that is for others. */
export function notForOperators({ states }: ConsoleTexts): TemplateResult {
  return html`<div class="state">
    <wa-icon name="lock-closed"></wa-icon>
    <h1>${states.forbiddenTitle}</h1>
    <p>${states.operator}</p>
    <a href=${homeOf('OPERATOR')}>${states.toConversations}</a>
  </div>`;
}

/** For those whose role may see nothing here: what they can do about it. */
export function forbidden(texts: ConsoleTexts, { role }: Viewer, leave: () => void): TemplateResult {
  const { states } = texts;
  return html`<main class="alone">
    <div class="state">
      <wa-icon name="lock-closed"></wa-icon>
      <h1>${states.forbiddenTitle}</h1>
      <p>${states.forbidden(texts.roles[role])}</p>
      <wa-button variant="brand" @click=${leave}>${states.otherAccount}</wa-button>
      <p><a href="/account">${texts.frame.account}</a></p>
    </div>
  </main>`;
}
