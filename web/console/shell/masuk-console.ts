import '@awesome.me/webawesome/dist/components/drawer/drawer.js';
import '../kit/components.js';
import '../kit/console-dialog.js';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { html, unsafeStatic } from 'lit/static-html.js';
import { secondFactorState, type SecondFactorState } from '../../login/second-factor.js';
import { OtherTabs } from '../../login/tabs.js';
import { rememberLanguage } from '../../pages/language-switch.js';
import { logOut, proveBy, whoAmI } from '../kit/api.js';
import type { ConsolePage, Place, Saying, Viewer } from '../kit/console-page.js';
import { goToLogin, setViewer } from '../kit/login.js';
import { addressOf, goTo } from '../kit/navigation.js';
import { askForProof } from '../kit/proof.js';
import { Remote } from '../kit/remote.js';
import { failed, loading } from '../kit/states.js';
import { consoleTexts, languageOf, type ConsoleTexts, type Language } from '../texts/texts.js';
import { followScheme, isDark, switchScheme } from './color-scheme.js';
import './console-toast.js';
import type { ConsoleToast } from './console-toast.js';
import { brandName, forbidden, frame, missing, notForOperators } from './frame.js';
import { homeOf, mayEnter, mayRead, ROUTES, SECURITY, type Route } from './routes.js';

/** Where it is kept that somebody does not want a second factor. */
const NO_OFFER = 'masuk-console-no-second-factor';

/** `/admin`: who looks, where they are, and the page of that place in its frame. */
export class MasukConsole extends LitElement {
  private language: Language = languageOf(document.documentElement.lang);
  private readonly who = new Remote<Viewer>(this);
  /** The viewer's own second factors. */
  private readonly own = new Remote<SecondFactorState>(this);
  private route: Route | null = null;
  private place: Place = placeOf(null);
  /** Pages whose script has come. */
  private readonly loaded = new Set<Route>();
  private pageFailed = false;
  private menuOpen = false;
  /** The heading gets the cursor once the new page is drawn. */
  private headingDue = false;
  private tabs: OtherTabs | null = null;
  private connection = new AbortController();

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const redraw = () => this.requestUpdate();
    this.connection = new AbortController();
    const { signal } = this.connection;
    followScheme(redraw, signal);
    proveBy((code) => askForProof(code, this.language));
    this.tabs = new OtherTabs((news) => {
      if (news.kind === 'logged-out') goToLogin();
    });
    addEventListener('popstate', () => this.moved(), { signal });
    addEventListener('console-moved', () => this.moved(), { signal });
    addEventListener('offline', redraw, { signal });
    const online = () => {
      redraw();
      this.page?.load();
    };
    addEventListener('online', online, { signal });
    this.addEventListener('click', (event) => this.follow(event), { signal });
    this.addEventListener('console-drawn', () => this.drawn(), { signal });
    this.addEventListener('console-say', (event) => this.toast?.say((event as CustomEvent<Saying>).detail), { signal });
    this.begin();
    this.moved();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.connection.abort();
    this.tabs?.close();
  }

  protected override render(): unknown {
    const texts = consoleTexts(this.language);
    const viewer = this.who.value;
    if (viewer === undefined)
      return this.who.error ? failed(this.who.error, texts, () => this.begin()) : loading(texts);
    if (!mayEnter(viewer.role)) return forbidden(texts, viewer, () => void this.leave());
    return html`${frame({
        ...{ texts, viewer, language: this.language, route: this.route },
        ...{ menuOpen: this.menuOpen, isDark: isDark(), isOffline: !navigator.onLine },
        content: this.content(texts, viewer),
        offer: this.offer(texts),
        openMenu: (open) => {
          this.menuOpen = open;
          this.requestUpdate();
        },
        speak: (language) => this.speak(language),
        switchScheme: () => {
          switchScheme();
          this.requestUpdate();
        },
        leave: () => void this.leave(),
      })} <console-dialog .language=${this.language}></console-dialog>`;
  }

  private content(texts: ConsoleTexts, viewer: Viewer): TemplateResult {
    const { route, place, language } = this;
    if (route === null) return missing(texts);
    if (!mayRead(viewer.role, route.nav)) return notForOperators(texts);
    if (this.pageFailed) return missing(texts, () => location.reload());
    if (!this.loaded.has(route)) return loading(texts);
    const tag = unsafeStatic(route.tag);
    return html`<${tag} id="page" .viewer=${viewer} .place=${place} .language=${language}></${tag}>`;
  }

  /** A second factor is offered to whoever has none, until they do not want to hear of it. */
  private offer({ security }: ConsoleTexts): unknown {
    const { value } = this.own;
    const hasNone = value?.mode === 'offer' && value.totp === null && value.passkeys.length === 0;
    if (!hasNone || this.place.path === SECURITY || localStorage.getItem(NO_OFFER) !== null) return nothing;
    return html`<div class="offer">
      <wa-icon name="shield-check"></wa-icon>
      <p>${security.offer} <a href=${SECURITY}>${security.offerGo}</a></p>
      <button class="link" @click=${() => this.refuseOffer()}>${security.offerNo}</button>
    </div>`;
  }

  private refuseOffer(): void {
    localStorage.setItem(NO_OFFER, '1');
    this.requestUpdate();
  }

  private get page(): ConsolePage | null {
    return this.querySelector<ConsolePage>('#page');
  }

  private get toast(): ConsoleToast | null {
    return this.querySelector<ConsoleToast>('console-toast');
  }

  private begin(): void {
    void this.who
      .load(async () => {
        const user = await whoAmI();
        setViewer(user.id);
        if (mayEnter(user.role)) void this.own.load(secondFactorState);
        return { id: user.id, name: user.profile.fullName, role: user.role };
      })
      .then(() => {
        if (this.route === null) this.moved();
      });
  }

  private moved(): void {
    if (/^\/admin\/?$/.test(location.pathname)) {
      // Whose console it is, is not known at once.
      const viewer = this.who.value;
      if (viewer) goTo(homeOf(viewer.role), { replace: true });
      return;
    }
    const [before, from] = [this.route, this.place.path];
    this.route = ROUTES.find(({ pattern }) => pattern.test(location.pathname)) ?? null;
    this.place = placeOf(this.route);
    this.menuOpen = false;
    this.toast?.clear();
    // A filter or the next page of a list leaves the cursor where it is.
    this.headingDue = before !== null && (from !== this.place.path || this.route === null);
    if (this.headingDue) scrollTo(0, 0);
    this.requestUpdate();
    if (this.route !== null) void this.fetchPage(this.route);
  }

  private async fetchPage(route: Route): Promise<void> {
    if (this.loaded.has(route)) return;
    try {
      await route.load();
      this.loaded.add(route);
      this.pageFailed = false;
    } catch {
      this.pageFailed = true;
    }
    this.requestUpdate();
  }

  private drawn(): void {
    const heading = this.page?.heading ?? '';
    document.title = [heading, consoleTexts(this.language).console, brandName()].filter(Boolean).join(' · ');
    if (!this.headingDue) return;
    const target = this.querySelector<HTMLElement>('main h1');
    if (target === null) return;
    this.headingDue = false;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  /** Links within the console stay in this document. */
  private follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a[href^="/admin"]') : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !plain || event.defaultPrevented || link.target !== '') return;
    event.preventDefault();
    goTo(link.pathname + link.search);
  }

  private speak(language: Language): void {
    rememberLanguage(language);
    // A `?lang=` that the page was opened with would win over the choice at the next load.
    const { path, query, trail } = this.place;
    query.delete('lang');
    if (location.search.includes('lang=')) goTo(addressOf(path, Object.fromEntries(query)), { replace: true, trail });
    document.documentElement.lang = language;
    this.language = language;
    this.requestUpdate();
  }

  private async leave(): Promise<void> {
    await logOut().catch(() => undefined);
    this.tabs?.tell({ kind: 'logged-out' });
    goToLogin();
  }
}
customElements.define('masuk-console', MasukConsole);

function placeOf(route: Route | null): Place {
  const path = location.pathname;
  const state = history.state as { trail?: readonly string[] } | null;
  return {
    path,
    parts: { ...route?.pattern.exec(path)?.groups },
    query: new URLSearchParams(location.search),
    trail: state?.trail ?? [],
  };
}
