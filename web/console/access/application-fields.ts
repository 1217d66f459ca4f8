import { html, nothing, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import { touched, type Fields } from '../kit/conflict.js';
import type { Values } from '../kit/console-dialog.js';
import type { ConsoleTexts } from '../texts/texts.js';
import { choices, lines } from './choices.js';

type Application = Entry<'/api/oidc/clients'>;

const SCOPES = ['profile', 'phone', 'email', 'roles'];

/** The fields of an application. @param isNew whether its kind can still be chosen */
export function applicationFields(values: Values, texts: ConsoleTexts, isNew: boolean): TemplateResult {
  const { access } = texts;
  const { applications } = access;
  return html`<wa-input
      name="name"
      label=${access.name}
      hint=${applications.nameHint}
      required
      maxlength="60"
      autocomplete="off"
      autofocus
      .value=${values['name'] ?? ''}
    ></wa-input>
    ${isNew ? kinds(values['kind'] ?? 'web', texts) : nothing}
    <wa-textarea
      name="redirectUris"
      label=${applications.redirects}
      hint=${access.perLine}
      rows="3"
      .value=${values['redirectUris'] ?? ''}
      @input=${(event: Event) => judge(event, texts)}
    ></wa-textarea>
    ${choices(
      'scopes',
      applications.scopes,
      SCOPES.map((scope) => [scope, scope] as const),
      values['scopes'] ?? 'profile',
    )}
    <wa-checkbox name="firstParty" value="true" .checked=${values['firstParty'] === 'true'}
      >${applications.firstParty}</wa-checkbox
    >`;
}

function kinds(kind: string, texts: ConsoleTexts): TemplateResult {
  const { applications } = texts.access;
  return html`<wa-select name="kind" label=${applications.kind} .value=${kind}>
    ${Object.entries(applications.kinds).map(([name, label]) => html`<wa-option value=${name}>${label}</wa-option>`)}
  </wa-select>`;
}

/** Says at once which address can be none; the service knows the rest of the rule. */
function judge(event: Event, { access }: ConsoleTexts): void {
  const field = event.currentTarget as HTMLElement & { value: string; hint: string };
  const bad = lines(field.value).find((address) => !canBeRedirect(address));
  field.hint = bad === undefined ? access.perLine : access.applications.redirectsBad(bad);
}

function canBeRedirect(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, hash } = new URL(address);
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (protocol === 'http:') return isLocal && hash === '';
  return hash === '' && (protocol === 'https:' || protocol.includes('.'));
}

/** What the form begins with, and whose it is. */
export function valuesOf(row: Application): Values {
  return {
    id: row.id,
    name: row.name,
    redirectUris: row.redirectUris.join('\n'),
    scopes: row.scopes.join(','),
    firstParty: String(row.firstParty),
  };
}

const scopesIn = (value: string): string[] => value.split(',').filter(Boolean);

export function bodyOf(values: Values) {
  return {
    name: values['name'] ?? '',
    redirectUris: lines(values['redirectUris']),
    scopes: scopesIn(values['scopes'] ?? ''),
    firstParty: values['firstParty'] === 'true',
  };
}

/** Only what was changed. Scopes of other services, which the form does not show, stay. */
export function changesOf(fields: Fields, began: Values, values: Values): Partial<ReturnType<typeof bodyOf>> {
  const body = bodyOf(values);
  const others = scopesIn(began['scopes'] ?? '').filter((scope) => !SCOPES.includes(scope));
  const wanted = { ...body, scopes: [...others, ...body.scopes] };
  return Object.fromEntries(touched(fields, began, values).map((name) => [name, wanted[name as keyof typeof wanted]]));
}

/** The fields as they are compared and shown: of scopes only those that the form shows. */
export function fieldsIn({ access, people }: ConsoleTexts): Fields {
  const { applications } = access;
  const parts = (name: string, value: string) => {
    if (name === 'firstParty') return [String(value === 'true')];
    if (name === 'scopes') return SCOPES.filter((scope) => scopesIn(value).includes(scope));
    return name === 'redirectUris' ? lines(value) : [value.trim()].filter(Boolean);
  };
  return {
    names: {
      name: access.name,
      redirectUris: applications.redirects,
      scopes: applications.scopes,
      firstParty: applications.consent,
    },
    same: (name, one, other) => parts(name, one).join('\n') === parts(name, other).join('\n'),
    shown: (name, value) => {
      if (name === 'firstParty') return value === 'true' ? applications.asksNot : applications.asks;
      const said = parts(name, value);
      return said.length === 0
        ? html`<i>${people.empty}</i>`
        : said.map((part, at) => html`${at === 0 ? nothing : html`<br />`}<span class="address">${part}</span>`);
    },
  };
}
