import { html, nothing, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import { badge, facts, type Fact, type Tone } from '../kit/page-parts.js';
import { duration, moment, number, percent } from '../kit/moments.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';

type Provider = Entry<'/api/admin/providers'>;
type Texts = ConsoleTexts['devices'];

const STATE_TONES: Record<Provider['state'], Tone> = {
  connected: 'success',
  disconnected: 'danger',
  'waiting-for-scan': 'warning',
  unreachable: 'danger',
};
const BREAKER_TONES: Record<Provider['breaker'], Tone> = { closed: 'neutral', open: 'danger', 'half-open': 'warning' };

/** A provider as it is: nothing that is not known is shown as a number. */
export function providerCard(it: Provider, place: number, texts: Texts, language: Language): TemplateResult {
  return html`<article class="card" aria-labelledby="provider-${it.provider}">
    <header>
      <div>
        <h3 id="provider-${it.provider}">${it.provider}</h3>
        <p class="fine">${texts.rung(place)}</p>
      </div>
      ${badge(texts.state[it.state], STATE_TONES[it.state])}
    </header>
    ${it.stateText === null ? nothing : html`<p class="words">${it.stateText}</p>`}
    ${facts(factsOf(it, texts, language))} ${lastError(it, texts, language)}
  </article>`;
}

function factsOf(it: Provider, texts: Texts, language: Language): Fact[] {
  const rest = it.restSeconds > 0 ? ` · ${texts.rests(number(it.restSeconds, language))}` : '';
  const none = html`<span class="quiet">${texts.notInADay}</span>`;
  const noReceipts = html`<span class="quiet">${texts.noReceipts}</span>`;
  const delivered = it.lastDeliveredAt === null ? none : moment(it.lastDeliveredAt, language);
  return [
    [texts.breakerLabel, html`${badge(texts.breaker[it.breaker], BREAKER_TONES[it.breaker])}${rest}`],
    [texts.lastAccepted, it.lastAcceptedAt === null ? none : moment(it.lastAcceptedAt, language)],
    [texts.lastDelivered, it.sendsReceipts ? delivered : noReceipts],
    [texts.lastHour, lastHour(it, texts, language)],
    [texts.p95Accept, figure(it.p95AcceptMs, texts, language)],
    [texts.p95Deliver, it.sendsReceipts ? figure(it.p95DeliverMs, texts, language) : noReceipts],
    [texts.canary, canary(it, texts, language)],
  ];
}

function lastHour(it: Provider, texts: Texts, language: Language): unknown {
  const accepted = texts.accepted(number(it.acceptedInLastHour, language));
  return it.deliveredShare === null ? accepted : `${accepted}, ${texts.share(percent(it.deliveredShare, language))}`;
}

function figure(ms: number | null, texts: Texts, language: Language): unknown {
  return ms === null ? html`<span class="quiet">${texts.noFigure}</span>` : duration(ms, language);
}

function canary(it: Provider, texts: Texts, language: Language): unknown {
  if (it.canaryAcceptedAt === null) return html`<span class="quiet">${texts.canaryOff}</span>`;
  const arrived =
    it.canaryDeliveredAt === null
      ? nothing
      : html`, ${texts.canaryDelivered} ${moment(it.canaryDeliveredAt, language)}`;
  return html`${texts.canaryAccepted} ${moment(it.canaryAcceptedAt, language)}${arrived}`;
}

function lastError({ lastError: error }: Provider, texts: Texts, language: Language): TemplateResult {
  if (error === null) return html`<p class="fine">${texts.noError}</p>`;
  return html`<div class="last-error">
    <p><b>${texts.lastError}</b> · ${moment(error.at, language)}</p>
    <p><code>${error.reason}</code>${error.text === null ? nothing : html` <q>${error.text}</q>`}</p>
  </div>`;
}
