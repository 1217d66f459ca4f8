import './style-nonce.js';
import { createMasuk } from '../../client/src/masuk.js';
import { MasukLogin } from '../login/masuk-login.js';
import { OtherTabs } from '../login/tabs.js';
import { languageOf, textsIn, type Language } from '../texts/language.js';
import { switchLanguage, titlePage } from './language-switch.js';

/** Roles that may have a second factor. */
const STAFF = ['ADMIN', 'SUPERVISOR', 'OPERATOR'];

/** `/login`, `/forgot-password` and the login for another application: the shell around the element. */
const ACCOUNT = '/account';

/** Where the server said to go on: the request of an application that sent the person here. */
const nextOf = (element: HTMLElement) => element.dataset['continue'] ?? ACCOUNT;

/** What is shown in another language when the person chooses one. */
let speak: (language: Language) => void = () => undefined;

/**
 * Asks for the second factor where the account has one, in place of an element; the service asks for it in any case.
 *
 * @param otherwise what is done where the session needs no proof; with false, where that cannot be found out
 */
async function secondStep(place: Element, goOn: () => void, otherwise: (known: boolean) => void): Promise<void> {
  const { secondFactorElement, secondFactorState } = await import('../login/second-factor.js');
  const state = await secondFactorState().catch(() => null);
  if (state?.needs !== 'proof') {
    otherwise(state !== null);
    return;
  }
  const language = languageOf(document.documentElement.lang);
  const { proof } = textsIn(language);
  const step = secondFactorElement(state, language, proof.logout);
  step.addEventListener('masuk-proved', goOn);
  step.addEventListener('masuk-proof-left', () => {
    void createMasuk({ session: 'cookie' })
      .logout()
      .finally(() => location.reload());
  });
  place.replaceWith(step);
  titlePage(proof.title);
  speak = (chosen) => {
    const said = textsIn(chosen).proof;
    [step.language, step.leaveLabel] = [chosen, said.logout];
    titlePage(said.title);
  };
}

function serve(element: MasukLogin): void {
  const next = nextOf(element);
  const tabs = new OtherTabs((news) => {
    // A new password may be half made: whoever makes it goes on, and a login elsewhere does not end that.
    if (news.kind === 'logged-in' && element.purpose === 'login') location.replace(next);
  });
  const goOn = () => {
    tabs.tell({ kind: 'logged-in' });
    location.replace(next);
  };
  element.addEventListener('masuk-login', (event) => {
    const { user } = (event as CustomEvent<{ user: { role: string } }>).detail;
    if (STAFF.includes(user.role)) void secondStep(element, goOn, goOn);
    else goOn();
  });
  element.addEventListener('masuk-step', (event) => titlePage((event as CustomEvent<{ title: string }>).detail.title));
  // After a reload in mid-flow the step is not the one that the server has named.
  void element.updateComplete.then(() => titlePage(element.heading));
  speak = (language) => {
    element.language = language;
    titlePage(element.heading);
  };
}

const element = document.querySelector('masuk-login');
/** In place of the login where somebody is logged in already, and is to prove a second factor. */
const section = document.querySelector<HTMLElement>('[data-second-factor]');
if (element instanceof MasukLogin) serve(element);
if (section !== null) {
  const goOn = () => location.replace(nextOf(section));
  // Where it cannot be found out, what the server has drawn stays: going on would come back here at once.
  void secondStep(section, goOn, (known) => {
    if (known) goOn();
  });
}
if (element !== null || section !== null) switchLanguage((language) => speak(language));
