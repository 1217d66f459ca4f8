import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { badge } from '../kit/page-parts.js';
import { clock, number, utc } from '../kit/moments.js';
import { whatsappText } from '../kit/whatsapp-text.js';
import { addressOf, goTo } from '../kit/navigation.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import { addressOfTalk, idOf, titleOf, type State, type Talk } from './talk.js';

interface Shown {
  readonly talks: readonly Talk[];
  /** The conversation that is open. */
  readonly openId: string | null;
  readonly texts: ConsoleTexts;
  readonly language: Language;
  /** Filters, which stand in the address. */
  readonly query: URLSearchParams;
}

export const STATES: readonly State[] = ['BOT', 'AGENT', 'PAUSE'];

const ALL = '-';

/** Conversations, those in which something was said last at the top. */
export function talkList({ talks, openId, texts, language, query }: Shown): TemplateResult {
  const { conversations } = texts;
  return html`<ul class="talks" aria-label=${conversations.title}>
    ${repeat(
      talks,
      idOf,
      (talk) =>
        html`<li>
          <a
            href=${addressOf(addressOfTalk(idOf(talk)), { state: query.get('state') })}
            aria-current=${idOf(talk) === openId ? 'true' : nothing}
          >
            ${entry(talk, texts, language)}
          </a>
        </li>`,
    )}
  </ul>`;
}

function entry(talk: Talk, { conversations }: ConsoleTexts, language: Language): TemplateResult {
  const { unread, state, lastMessage, lastActivityAt } = talk;
  const count = number(unread, language);
  return html`<span class="talk-head">
      <b dir="auto">${titleOf(talk, conversations.hiddenNumber)}</b>
      <time class="fine" datetime=${lastActivityAt} title=${utc(lastActivityAt)}
        >${clock(lastActivityAt, language)}</time
      >
    </span>
    <span class="talk-foot">
      <span class="preview" dir="auto">${preview(lastMessage, conversations)}</span>
      ${badge(conversations.states[state], state === 'AGENT' ? 'brand' : 'neutral')}
      ${
        unread === 0
          ? nothing
          : html`<span class="unread"
              ><span aria-hidden="true">${count}</span><span class="spoken">${conversations.unread(count)}</span></span
            >`
      }
    </span>`;
}

function preview(message: Talk['lastMessage'], { kinds, we }: ConsoleTexts['conversations']): unknown {
  if (message === null) return nothing;
  const { preview: text, kind } = message;
  const what = text === null ? `[${kinds[kind] ?? kinds['other']}]` : whatsappText(text);
  return message.direction === 'out' ? html`<span class="quiet">${we}</span> ${what}` : what;
}

/** A number that somebody knows, and the state. */
export function talkFilters(
  query: URLSearchParams,
  path: string,
  { conversations, table }: ConsoleTexts,
): TemplateResult {
  return html`<form class="talk-find" role="search" @submit=${find}>
      <wa-input
        name="number"
        type="tel"
        label=${conversations.find}
        placeholder=${conversations.findHint}
        autocomplete="off"
        size="small"
      ></wa-input>
      <wa-button type="submit" appearance="outlined" size="small">${conversations.findGo}</wa-button>
    </form>
    <wa-select
      class="talk-state"
      size="small"
      label=${conversations.stateLabel}
      .value=${query.get('state') ?? ALL}
      @change=${(event: Event) => {
        const { value } = event.currentTarget as HTMLInputElement;
        goTo(addressOf(path, { state: value === ALL ? null : value }));
      }}
    >
      <wa-option value=${ALL}>${table.all}</wa-option>
      ${STATES.map((state) => html`<wa-option value=${state}>${conversations.states[state]}</wa-option>`)}
    </wa-select>`;
}

function find(event: SubmitEvent): void {
  event.preventDefault();
  const typed = new FormData(event.currentTarget as HTMLFormElement).get('number');
  const digits = typeof typed === 'string' ? typed.replace(/[^\d+]/g, '') : '';
  if (digits !== '') goTo(addressOfTalk(digits));
}
