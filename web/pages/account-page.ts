import './style-nonce.js';
import { MasukAccount } from '../account/masuk-account.js';
import { OtherTabs } from '../login/tabs.js';
import { switchLanguage, titlePage } from './language-switch.js';

/** `/account`: the shell around the element. */
const LOGIN = '/login';

const element = document.querySelector('masuk-account');
if (element instanceof MasukAccount) {
  const tabs = new OtherTabs((news) => {
    if (news.kind === 'logged-out') location.replace(LOGIN);
    if (news.kind === 'logged-in') location.reload();
  });
  element.addEventListener('masuk-logout', () => {
    tabs.tell({ kind: 'logged-out' });
    location.replace(LOGIN);
  });
  switchLanguage((language) => {
    element.language = language;
    titlePage(element.heading);
  });
}
