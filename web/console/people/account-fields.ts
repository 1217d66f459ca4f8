import { html, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import type { Values } from '../kit/console-dialog.js';
import type { ConsoleTexts } from '../texts/texts.js';

type Role = Entry<'/api/users'>['role'];

export const ROLES: readonly Role[] = ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'];

/** The fields of an account as people type them. */
export function accountFields(values: Values, texts: ConsoleTexts): TemplateResult {
  const { people, roles } = texts;
  return html`<wa-input
      name="fullName"
      label=${people.name}
      required
      maxlength="200"
      autocomplete="off"
      autofocus
      .value=${values['fullName'] ?? ''}
    ></wa-input>
    <wa-input
      name="phone"
      type="tel"
      label=${people.phone}
      autocomplete="off"
      .value=${values['phone'] ?? ''}
    ></wa-input>
    <wa-input
      name="email"
      type="email"
      label=${people.email}
      autocomplete="off"
      .value=${values['email'] ?? ''}
    ></wa-input>
    <wa-input
      name="username"
      label=${people.username}
      hint=${people.identityHint}
      autocomplete="off"
      .value=${values['username'] ?? ''}
    ></wa-input>
    <wa-select name="role" label=${people.role} .value=${values['role'] ?? 'USER'}>
      ${ROLES.map((role) => html`<wa-option value=${role}>${roles[role]}</wa-option>`)}
    </wa-select>`;
}

/** What was typed, as the service takes it: an empty identity counts as left out. */
export function bodyOf({ fullName = '', phone = '', email = '', username = '', role = 'USER' }: Values) {
  const orNull = (value: string) => (value.trim() === '' ? null : value.trim());
  return {
    fullName: fullName.trim(),
    phone: orNull(phone),
    email: orNull(email),
    username: orNull(username),
    role: role as Role,
  };
}
