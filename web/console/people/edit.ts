import { html, type TemplateResult } from 'lit';
import { act, MasukError } from '../kit/api.js';
import { conflict } from '../kit/conflict.js';
import { ask, type Values } from '../kit/console-dialog.js';
import type { ConsoleTexts } from '../texts/texts.js';
import { accountFields, bodyOf } from './account-fields.js';
import type { LoadedPerson } from './person-page.js';
import type { ActionContext } from './person-actions.js';
import type { Person } from './why.js';

export const draftOf = ({ id }: Person): string => `person ${id}`;

const FIELDS = ['fullName', 'phone', 'email', 'username', 'role'] as const;

/** Changes an account, unless somebody else has meanwhile: then both versions are shown, and saving again decides. */
export function edit(seen: LoadedPerson, context: ActionContext, typed: Values = {}): void {
  const { texts } = context;
  let { person, tag } = seen;
  ask({
    title: texts.people.editTitle,
    form: draftOf(person),
    values: { ...valuesOf(person), ...typed },
    submit: texts.people.editSubmit,
    fields: (values) => accountFields(values, texts),
    run: async (values) => {
      const headers = tag === null ? {} : { 'if-match': tag };
      try {
        await act('patch', '/api/users/{id}', { at: { id: person.id }, body: changesOf(person, values), headers });
      } catch (error) {
        if (error instanceof MasukError && error.code === 'account_changed') ({ person, tag } = await context.renew());
        throw error;
      }
      context.done(texts.people.saved);
    },
    problem: ({ code }, values) =>
      code === 'account_changed' ? bothVersions(valuesOf(person), values, texts) : undefined,
  });
}

function valuesOf({ profile, phone, email, username, role }: Person): Values {
  return { fullName: profile.fullName, phone: phone ?? '', email: email ?? '', username: username ?? '', role };
}

/** Only what was changed: a number that is sent again is vouched for again. */
function changesOf(person: Person, values: Values): Partial<ReturnType<typeof bodyOf>> {
  const [before, wanted] = [bodyOf(valuesOf(person)), bodyOf(values)];
  return Object.fromEntries(FIELDS.filter((name) => wanted[name] !== before[name]).map((name) => [name, wanted[name]]));
}

function bothVersions(now: Values, mine: Values, texts: ConsoleTexts): TemplateResult {
  const { people, roles } = texts;
  const names = {
    fullName: people.name,
    phone: people.phone,
    email: people.email,
    username: people.username,
    role: people.role,
  };
  const shown = (name: string, value: string | undefined) =>
    value === undefined || value === ''
      ? html`<i>${people.empty}</i>`
      : name === 'role'
        ? roles[value as Person['role']]
        : value;
  const different = FIELDS.filter((name) => (now[name] ?? '') !== (mine[name] ?? ''));
  const differences = different.map((name) => ({
    field: names[name],
    mine: shown(name, mine[name]),
    now: shown(name, now[name]),
  }));
  return conflict(people.conflict, differences, texts);
}
