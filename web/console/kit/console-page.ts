import { LitElement, type PropertyValues } from 'lit';
import { consoleTexts, type ConsoleTexts, type Language } from '../texts/texts.js';
import type { Entry } from './api.js';

/** What a page says of what was done. */
export interface Saying {
  readonly text: string;
  /** Whether it is there until it is closed or replaced: an error, and what is under way. */
  readonly stays?: boolean;
}

/** Who looks at the console. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly role: Entry<'/api/users'>['role'];
}

/** Where the console is: what the address says. */
export interface Place {
  readonly path: string;
  /** The text of the pattern's groups. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Cursors of the pages before this one, as far as the person came through them. */
  readonly trail: readonly string[];
}

/** A page of the console. It is drawn in the document itself, so that one style sheet holds for all. */
export abstract class ConsolePage extends LitElement {
  static override properties = { language: {}, viewer: { attribute: false }, place: { attribute: false } };
  declare language: Language;
  declare viewer: Viewer;
  declare place: Place;
  /** The tab that was brought into sight. */
  private tab: string | null = null;

  /** What the page is called, in its heading and in the title of the tab. */
  abstract get heading(): string;

  /** Gets what the page shows: at the start, at another address of the page, and when the network is back. */
  abstract load(): void;

  override createRenderRoot(): this {
    return this;
  }

  get texts(): ConsoleTexts {
    return consoleTexts(this.language);
  }

  /** Whether the viewer may change anything; the service decides, this only hides what it would refuse. */
  get mayChange(): boolean {
    return this.viewer.role === 'ADMIN';
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('place')) this.load();
  }

  protected override updated(): void {
    this.showTab();
    this.dispatchEvent(new CustomEvent('console-drawn', { bubbles: true }));
  }

  /** Of tabs that do not all fit, the one that is open is in sight, until somebody moves them. */
  private showTab(): void {
    const tab = this.querySelector<HTMLElement>('.tabs [aria-current=page]');
    const tabs = tab?.parentElement;
    if (!tab || !tabs || this.tab === tab.textContent) return;
    this.tab = tab.textContent;
    tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }

  /** Tells a screen reader and everybody else that something was done. */
  protected say(text: string, { stays = false } = {}): void {
    this.dispatchEvent(new CustomEvent<Saying>('console-say', { bubbles: true, detail: { text, stays } }));
  }
}
