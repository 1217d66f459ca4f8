import { html, nothing, type TemplateResult } from 'lit';
import { act, get, keep } from '../kit/api.js';
import { ask } from '../kit/console-dialog.js';
import { number } from '../kit/moments.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import { edit } from './edit.js';
import type { LoadedPerson } from './person-page.js';
import type { Person } from './why.js';

/** What a page does once something was done to the person. */
export interface ActionContext {
  readonly texts: ConsoleTexts;
  readonly language: Language;
  readonly done: (text: string) => void;
  readonly gone: (text: string) => void;
  /** The person as they are now. */
  readonly renew: () => Promise<LoadedPerson>;
}

/** What is done most often. */
export function personActions(seen: LoadedPerson, context: ActionContext): TemplateResult {
  const { people } = context.texts;
  const locked = seen.person.locks.some(({ reason }) => reason !== 'disabled');
  return html`<wa-button appearance="outlined" @click=${() => edit(seen, context)}>
      <wa-icon slot="start" name="pencil-square"></wa-icon>${people.edit}
    </wa-button>
    <wa-button
      variant=${locked ? 'brand' : 'neutral'}
      appearance=${locked ? 'accent' : 'outlined'}
      @click=${() => unlock(seen.person, context)}
    >
      <wa-icon slot="start" name="lock-open"></wa-icon>${people.unlock}
    </wa-button>`;
}

/** What ends something. @param viewerId who looks: nobody resets their own second factor */
export function endingActions({ person }: LoadedPerson, context: ActionContext, viewerId: string): TemplateResult {
  const { people } = context.texts;
  const button = (label: string, run: () => void, variant = 'neutral') =>
    html`<wa-button appearance="outlined" variant=${variant} @click=${run}>${label}</wa-button>`;
  return html`<section aria-labelledby="ending-actions" class="card danger">
    <h2 id="ending-actions">${people.danger}</h2>
    <div class="row-actions">
      ${person.isActive ? button(people.disable, () => disable(person, context)) : button(people.enable, () => enable(person, context))}
      ${button(people.endSessions, () => endSessions(person, context))}
      ${button(people.reset, () => removePassword(person, context))}
      ${person.secondFactor !== null && person.id !== viewerId ? button(people.resetFactors, () => resetFactors(person, context)) : nothing}
      ${button(people.export, () => exportData(person, context))}
      ${button(people.erase, () => erase(person, context), 'danger')}
    </div>
  </section>`;
}

const nameOf = ({ profile, id }: Person): string => profile.fullName || id;

function unlock(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.unlockTitle(nameOf(person)),
    text: people.unlockText,
    submit: people.unlock,
    run: async () => {
      await act('post', '/api/users/{id}/unlock', { at: { id: person.id } });
      done(people.unlocked);
    },
  });
}

function disable(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.disableTitle(nameOf(person)),
    text: people.disableText,
    submit: people.disable,
    danger: true,
    run: async () => {
      await act('patch', '/api/users/{id}', { at: { id: person.id }, body: { isActive: false } });
      done(people.disabled);
    },
  });
}

function enable(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.enableTitle(nameOf(person)),
    text: people.enableText,
    submit: people.enable,
    run: async () => {
      await act('patch', '/api/users/{id}', { at: { id: person.id }, body: { isActive: true } });
      done(people.enabled);
    },
  });
}

function endSessions(person: Person, { texts: { people }, language, done }: ActionContext): void {
  ask({
    title: people.endSessionsTitle(nameOf(person)),
    text: people.endSessionsText,
    submit: people.endSessions,
    danger: true,
    run: async () => {
      const { data } = await act('delete', '/api/users/{id}/sessions', { at: { id: person.id } });
      done(people.endedSessions(number(data.ended, language)));
    },
  });
}

function removePassword(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.resetTitle(nameOf(person)),
    text: people.resetText,
    submit: people.reset,
    danger: true,
    run: async () => {
      await act('post', '/api/users/{id}/reset-password', { at: { id: person.id } });
      done(people.resetDone);
    },
  });
}

function resetFactors(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.resetFactorsTitle(nameOf(person)),
    text: people.resetFactorsText,
    submit: people.resetFactors,
    danger: true,
    run: async () => {
      await act('post', '/api/users/{id}/reset-second-factor', { at: { id: person.id } });
      done(people.resetFactorsDone);
    },
  });
}

function exportData(person: Person, { texts: { people }, done }: ActionContext): void {
  ask({
    title: people.exportTitle(nameOf(person)),
    text: people.exportText,
    submit: people.export,
    run: async () => {
      const { data } = await get('/api/users/{id}/export', { at: { id: person.id } });
      keep(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }), `masuk-${person.id}.json`);
      done(people.exported);
    },
  });
}

function erase(person: Person, { texts: { people }, gone }: ActionContext): void {
  ask({
    title: people.eraseTitle(nameOf(person)),
    text: people.eraseText,
    submit: people.eraseSubmit,
    danger: true,
    run: async () => {
      await act('delete', '/api/users/{id}', { at: { id: person.id } });
      gone(people.erased);
    },
  });
}
