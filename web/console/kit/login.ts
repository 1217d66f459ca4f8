import { MasukError } from './api.js';

/** What was typed in a form when the login ended, kept for this tab until the next login. */
interface Draft {
  readonly form: string;
  readonly who: string;
  readonly at: string;
  readonly values: Record<string, string>;
}

const KEPT = 'masuk-console-draft';

let who = '';
/** The form that is open: its name and what is in it. */
let open: { name: string; values: () => Record<string, string> } | null = null;

export const setViewer = (id: string): void => {
  who = id;
};

/** Says which form is open, so that what is typed in it outlives the login; null: none. */
export function watchForm(form: typeof open): void {
  open = form;
}

/**
 * Whether a failure says that nobody is logged in any more. Then the browser is on its way to the login, which comes
 * back to this very address; what is typed in an open form is kept until then.
 */
export function loginIsOver(error: unknown): boolean {
  if (!(error instanceof MasukError) || error.status !== 401) return false;
  const at = location.pathname + location.search;
  if (open) {
    const draft: Draft = { form: open.name, who, at, values: open.values() };
    sessionStorage.setItem(KEPT, JSON.stringify(draft));
  }
  goToLogin();
  return true;
}

export function goToLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** What the same person had typed in this form, at this address, before the login ended; once. */
export function takeDraft(form: string): Record<string, string> | null {
  const kept = sessionStorage.getItem(KEPT);
  if (kept === null) return null;
  const draft = JSON.parse(kept) as Draft;
  if (draft.at !== location.pathname + location.search || draft.who !== who) sessionStorage.removeItem(KEPT);
  if (draft.form !== form || draft.who !== who) return null;
  sessionStorage.removeItem(KEPT);
  return draft.values;
}
