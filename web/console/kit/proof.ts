import { secondFactorElement, secondFactorState } from '../../login/second-factor.js';
import { textsIn } from '../../texts/language.js';
import type { Language } from '../texts/texts.js';
import { goTo } from './navigation.js';

/** The proof that is being asked for: whoever needs one meanwhile waits for it, too. */
let pending: Promise<boolean> | null = null;

/**
 * Asks the viewer to prove who they are, over whatever the page shows: what was typed there stays.
 *
 * @param code why the service wants it
 * @returns whether they did
 */
export function askForProof(code: string, language: Language): Promise<boolean> {
  if (code === 'second_factor_enrolment_required') {
    if (location.pathname !== '/admin/security') goTo('/admin/security');
    return Promise.resolve(false);
  }
  pending ??= ask(language).finally(() => {
    pending = null;
  });
  return pending;
}

async function ask(language: Language): Promise<boolean> {
  const state = await secondFactorState().catch(() => null);
  if (state === null) return false;
  const dialog = document.createElement('dialog');
  dialog.className = 'proof';
  const { proof } = textsIn(language);
  dialog.setAttribute('aria-label', state.freshBy === 'second-factor' ? proof.title : proof.freshTitle);
  const element = secondFactorElement(state, language, proof.cancel);
  dialog.append(element);
  document.body.append(dialog);
  const before = document.activeElement;
  dialog.showModal();
  return new Promise((resolve) => {
    const end = (proved: boolean) => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(proved);
    };
    element.addEventListener('masuk-proved', () => end(true));
    element.addEventListener('masuk-proof-left', () => end(false));
    dialog.addEventListener('cancel', () => end(false));
  });
}
