import { MasukError } from './api.js';

type Values = Readonly<Record<string, string>>;

/** What a form that changes something began with. */
export interface Beginning {
  /** The `ETag` of what is changed. */
  readonly tag: string | null;
  readonly values: Values;
}

/** What was typed in a form when the login ended. */
export interface Draft {
  readonly form: string;
  readonly values: Values;
  readonly began?: Beginning | undefined;
}

/** The drafts of an address, kept for this tab until the next login. */
interface Kept {
  readonly who: string;
  readonly at: string;
  readonly drafts: readonly Draft[];
}

const KEPT = 'masuk-console-drafts';

let who = '';
/** What is in the forms that are open, by what shows them. */
const open = new Map<object, () => Draft>();

export const setViewer = (id: string): void => {
  who = id;
};

/** Says which form is open, so that what is typed in it outlives the login; null: none. @param owner what shows it */
export function watchForm(owner: object, draft: (() => Draft) | null): void {
  if (draft) open.set(owner, draft);
  else open.delete(owner);
}

/**
 * Whether a failure says that nobody is logged in any more. Then the browser is on its way to the login, which comes
 * back to this very address; what is typed in open forms is kept until then.
 */
export function loginIsOver(error: unknown): boolean {
  if (!(error instanceof MasukError) || error.status !== 401) return false;
  const at = location.pathname + location.search;
  if (open.size > 0) keep({ who, at, drafts: [...open.values()].map((draft) => draft()) });
  goToLogin();
  return true;
}

export function goToLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

function keep(kept: Kept): void {
  if (kept.drafts.length === 0) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

/** What the same person had typed in this form, at this address, before the login ended; once. */
export function takeDraft(form: string): Draft | null {
  const text = sessionStorage.getItem(KEPT);
  if (text === null) return null;
  const kept = JSON.parse(text) as Kept;
  if (kept.at !== location.pathname + location.search || kept.who !== who) {
    sessionStorage.removeItem(KEPT);
    return null;
  }
  const draft = kept.drafts.find((each) => each.form === form) ?? null;
  if (draft) keep({ ...kept, drafts: kept.drafts.filter((each) => each !== draft) });
  return draft;
}
