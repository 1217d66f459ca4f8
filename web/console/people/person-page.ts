import { html, nothing, type TemplateResult } from 'lit';
import { get, getTagged, type Entry } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { copyableId } from '../kit/copyable.js';
import { badge, facts, pageHead } from '../kit/page-parts.js';
import { takeDraft } from '../kit/login.js';
import { moment, number } from '../kit/moments.js';
import { goTo } from '../kit/navigation.js';
import { Remote } from '../kit/remote.js';
import { shown } from '../kit/states.js';
import { edit } from './edit.js';
import { PersonTables } from './person-tables.js';
import { personActions, endingActions, type ActionContext } from './person-actions.js';
import { whyNot, type Person } from './why.js';

type Event = Entry<'/api/admin/audit'>;
type Login = Entry<'/api/users/{id}/sessions'>;

/** A person, and which state of the account it is. */
export interface LoadedPerson {
  readonly person: Person;
  readonly tag: string | null;
}

/** `/admin/people/:id`: everything about one person that helps to help them. */
export class PersonPage extends ConsolePage {
  private readonly seen = new Remote<LoadedPerson>(this);
  private readonly logins = new Remote<readonly Login[]>(this);
  private readonly events = new Remote<readonly Event[]>(this);
  private readonly tables = new PersonTables(this);
  private draftDue = true;

  get heading(): string {
    return this.seen.value?.person.profile.fullName || this.texts.people.title;
  }

  load(): void {
    const { id = '' } = this.place.parts;
    if (this.seen.value?.person.id !== id) [this.seen, this.logins, this.events].forEach((each) => each.clear());
    void this.seen.load(async () => {
      const { body, tag } = await getTagged('/api/users/{id}', { at: { id } });
      return { person: body.data, tag };
    });
    void this.logins.load(async () => (await get('/api/users/{id}/sessions', { at: { id } })).data);
    void this.events.load(async () => (await get('/api/admin/audit', { query: { accountId: id, limit: 10 } })).data);
  }

  protected override updated(): void {
    super.updated();
    const { value } = this.seen;
    if (!this.draftDue || value === undefined) return;
    this.draftDue = false;
    const draft = this.mayChange ? takeDraft(`person ${value.person.id}`) : null;
    if (draft) edit(value, this.context(), draft);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    return html`<p class="crumb">
        <a href="/admin/people"><wa-icon name="chevron-left"></wa-icon> ${texts.people.back}</a>
      </p>
      ${shown(
        this.seen,
        texts,
        () => this.load(),
        (seen) => this.whole(seen),
      )}`;
  }

  private whole(seen: LoadedPerson): TemplateResult {
    const { texts, language, mayChange } = this;
    const { person } = seen;
    const { people } = texts;
    const state = person.isActive ? badge(people.active, 'success') : badge(people.inactive, 'danger');
    const head = pageHead(
      person.profile.fullName || people.noName,
      html`${badge(texts.roles[person.role], 'neutral')} ${state}`,
      mayChange ? personActions(seen, this.context()) : nothing,
    );
    return html`${head} ${this.banner(person)}
      <section class="card" aria-labelledby="account">
        <h2 id="account">${people.account}</h2>
        ${this.account(person)}
      </section>
      <section aria-labelledby="logins">
        <h2 id="logins">${people.sessions}</h2>
        ${shown(
          this.logins,
          texts,
          () => this.load(),
          (rows) => this.tables.logins(rows, texts, language),
        )}
      </section>
      <section aria-labelledby="messages">
        <h2 id="messages">${people.messages}</h2>
        ${this.tables.messages(person.lastSends, texts, language)}
      </section>
      <section aria-labelledby="audit">
        <div class="section-head">
          <h2 id="audit">${people.audit}</h2>
          <a href="/admin/logs/audit?accountId=${person.id}">${people.auditAll}</a>
        </div>
        ${shown(
          this.events,
          texts,
          () => this.load(),
          (rows) => this.tables.events(rows, person.id, texts, language),
        )}
      </section>
      ${mayChange ? endingActions(seen, this.context(), this.viewer.id) : nothing}`;
  }

  private banner(person: Person): TemplateResult {
    const { texts, language } = this;
    const { sentences, tone } = whyNot(person, texts.people, language);
    const [first, ...others] = sentences;
    const icon = tone === 'success' ? 'check-circle' : tone === 'danger' ? 'x-circle' : 'exclamation-triangle';
    return html`<wa-callout class="why" variant=${tone}>
      <wa-icon slot="icon" name=${icon}></wa-icon>
      <h2>${texts.people.why.title}</h2>
      <p>${first}</p>
      ${
        others.length === 0
          ? nothing
          : html`<p>${texts.people.why.also}</p>
              <ul>
                ${others.map((sentence) => html`<li>${sentence}</li>`)}
              </ul>`
      }
    </wa-callout>`;
  }

  private account(person: Person): TemplateResult {
    const { texts, language } = this;
    const { people } = texts;
    const none = html`<span class="quiet">${texts.states.none}</span>`;
    const { lastLoginAt: at } = person;
    return facts([
      [people.phone, person.phone ?? none],
      [people.email, person.email ?? none],
      [people.username, person.username ?? none],
      [people.role, texts.roles[person.role]],
      [people.factors, this.factors(person)],
      [people.created, moment(person.createdAt, language)],
      [
        people.lastLogin,
        at === null ? html`<span class="quiet">${people.lastLoginUnknown}</span>` : moment(at, language),
      ],
      ['ID', copyableId(person.id, 'ID', texts)],
    ]);
  }

  private factors({ secondFactor: held }: Person): unknown {
    const { people } = this.texts;
    if (held === null) return html`<span class="quiet">${people.noFactors}</span>`;
    const { app, passkeys, codes } = people.factorKinds;
    const count = (value: number) => number(value, this.language);
    const kinds = [
      ...(held.totp ? [app] : []),
      ...(held.passkeys > 0 ? [passkeys(count(held.passkeys))] : []),
      codes(count(held.recoveryCodesLeft)),
    ];
    return kinds.join(' · ');
  }

  private context(): ActionContext {
    return {
      texts: this.texts,
      language: this.language,
      done: (text) => {
        this.say(text);
        this.load();
      },
      gone: (text) => {
        goTo('/admin/people');
        this.say(text);
      },
      renew: async () => {
        const { id = '' } = this.place.parts;
        const { body, tag } = await getTagged('/api/users/{id}', { at: { id } });
        return { person: body.data, tag };
      },
    };
  }
}
customElements.define('console-person', PersonPage);
