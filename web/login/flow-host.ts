import type { LoggedIn } from '../../client/src/masuk.js';
import { type SentCode } from './code-entry.js';
import { type OneCall } from './call.js';
import { type FieldName, type Problem } from './problem.js';
import { type Remembered } from './memory.js';
import { type ServiceLink } from './service-link.js';
import { type Texts } from '../texts/id.js';

/** What a flow is given by the element around it. */
export interface FlowHost {
  readonly service: ServiceLink;
  /** What the page's registration answered; null where it registered nobody. */
  readonly registrationToken: () => string | null;
  /** Something to draw has changed. */
  changed(): void;
  /** Goes to a step: the next one, or instead of this one where there is no way back. */
  enter(step: string, how?: 'next' | 'instead'): void;
  /** Back to the step before. */
  back(): void;
  /** Shows a problem, and tells the page around. */
  failed(error: unknown): Problem;
  /** Puts the cursor where the person goes on. */
  focus(target: FieldName | 'problem'): void;
  loggedIn(login: LoggedIn): void;
  /** A code is on its way: other tabs want to know. */
  sent(sent: SentCode): void;
  passwordChanged(phone: string): void;
}

/** What a form holds under a name; a file is not a text. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

/** Said politely, once; a key of the texts' notices. */
export type Notice = keyof Texts['notices'];

/** What the element needs of a flow, whatever its purpose. */
export interface Flow {
  readonly step: string;
  readonly steps: readonly string[];
  readonly call: OneCall<string>;
  problem: Problem | null;
  notice: Notice | null;
  /** What was typed in a field that is kept. */
  type(field: FieldName, value: string): void;
  /** Sends the step's form. */
  submit(form: FormData): void;
  /** The step that may be shown when this one is asked for, by a reload or the browser's buttons. */
  allowed(step: string): string;
  show(step: string): void;
  remembered(): Remembered;
  restore(remembered: Remembered): void;
  /** Another tab has asked for a code. */
  hear(sent: SentCode): void;
}
