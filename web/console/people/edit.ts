import { html } from 'lit';
import { act, MasukError } from '../kit/api.js';
import { conflict, merged, touched, type Fields } from '../kit/conflict.js';
import { ask, redraw, type Values } from '../kit/console-dialog.js';
import type { Draft } from '../kit/login.js';
import type { ConsoleTexts } from '../texts/texts.js';
import { accountFields, bodyOf } from './account-fields.js';
import type { LoadedPerson } from './person-page.js';
import type { ActionContext } from './person-actions.js';
import type { Person } from './why.js';

type Body = ReturnType<typeof bodyOf>;

/**
 * Changes an account, unless somebody else has meanwhile: then both versions are shown, and saving again decides.
 *
 * @param draft what was typed, and what it began with, before the login ended
 */
export function edit({ person, tag }: LoadedPerson, context: ActionContext, draft: Draft | null = null): void {
  const { texts } = context;
  const fields = fieldsIn(texts);
  let began = draft?.began ?? { tag, values: valuesOf(person) };
  let versions: unknown;
  const title = texts.people.editTitle;
  ask({
    title,
    form: `person ${person.id}`,
    values: { ...began.values, ...draft?.values },
    began: () => began,
    submit: texts.people.editSubmit,
    fields: (values) => accountFields(values, texts),
    run: async (values) => {
      const headers = began.tag === null ? {} : { 'if-match': began.tag };
      const body = changesOf(fields, began.values, values);
      try {
        await act('patch', '/api/users/{id}', { at: { id: person.id }, body, headers });
      } catch (error) {
        if (error instanceof MasukError && error.code === 'account_changed') {
          const now = await context.renew();
          const theirs = valuesOf(now.person);
          versions = conflict(texts.people.conflict, fields, [began.values, values, theirs], texts);
          redraw({ title, values: merged(fields, began.values, values, theirs) });
          began = { tag: now.tag, values: theirs };
        }
        throw error;
      }
      context.done(texts.people.saved);
    },
    problem: ({ code }) => (code === 'account_changed' ? versions : undefined),
  });
}

function valuesOf({ profile, phone, email, username, role }: Person): Values {
  return { fullName: profile.fullName, phone: phone ?? '', email: email ?? '', username: username ?? '', role };
}

/** Only what was changed: a number that is sent again is vouched for again. */
function changesOf(fields: Fields, began: Values, values: Values): Partial<Body> {
  const wanted = bodyOf(values);
  return Object.fromEntries(touched(fields, began, values).map((name) => [name, wanted[name as keyof Body]]));
}

function fieldsIn({ people, roles }: ConsoleTexts): Fields {
  const { name: fullName, phone, email, username, role } = people;
  return {
    names: { fullName, phone, email, username, role },
    same: (_, one, other) => one.trim() === other.trim(),
    shown: (name, value) =>
      value.trim() === '' ? html`<i>${people.empty}</i>` : name === 'role' ? roles[value as Person['role']] : value,
  };
}
