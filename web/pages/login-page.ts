import { MasukLogin } from '../login/masuk-login.js';
import { OtherTabs } from '../login/tabs.js';
import { switchLanguage, titlePage } from './language-switch.js';

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
  element.addEventListener('masuk-login', () => {
    tabs.tell({ kind: 'logged-in' });
    location.replace(next);
  });
  element.addEventListener('masuk-step', (event) => titlePage((event as CustomEvent<{ title: string }>).detail.title));
  // After a reload in mid-flow the step is not the one that the server has named.
  void element.updateComplete.then(() => titlePage(element.heading));
  switchLanguage((language) => {
    element.language = language;
    titlePage(element.heading);
  });
}
