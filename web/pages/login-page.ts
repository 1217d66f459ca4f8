import { createMasuk } from '../../client/src/masuk.js';
import { MasukLogin } from '../login/masuk-login.js';
import { OtherTabs } from '../login/tabs.js';
import { languageOf, textsIn } from '../texts/language.js';
import { switchLanguage, titlePage } from './language-switch.js';

/** Roles that may have a second factor. */
const STAFF = ['ADMIN', 'SUPERVISOR', 'OPERATOR'];

/** Asks for the second factor where the account has one; the service asks for it in any case. */
async function secondStep(login: MasukLogin, goOn: () => void): Promise<void> {
  const { secondFactorElement, secondFactorState } = await import('../login/second-factor.js');
  const state = await secondFactorState().catch(() => null);
  if (state?.needs !== 'proof') {
    goOn();
    return;
  }
  const language = languageOf(login.language ?? document.documentElement.lang);
  const { proof } = textsIn(language);
  const step = secondFactorElement(state, language, proof.logout);
  step.addEventListener('masuk-proved', goOn);
  step.addEventListener('masuk-proof-left', () => {
    void createMasuk({ session: 'cookie' })
      .logout()
      .finally(() => location.reload());
  });
  login.replaceWith(step);
  titlePage(proof.title);
}

/** `/login`, `/forgot-password` and the login for another application: the shell around the element. */
const ACCOUNT = '/account';

const element = document.querySelector('masuk-login');
if (element instanceof MasukLogin) {
  // Where the server said to go on: the request of an application that sent the person here.
  const next = element.dataset['continue'] ?? ACCOUNT;
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
    if (STAFF.includes(user.role)) void secondStep(element, goOn);
    else goOn();
  });
  element.addEventListener('masuk-step', (event) => titlePage((event as CustomEvent<{ title: string }>).detail.title));
  // After a reload in mid-flow the step is not the one that the server has named.
  void element.updateComplete.then(() => titlePage(element.heading));
  switchLanguage((language) => {
    element.language = language;
    titlePage(element.heading);
  });
}
