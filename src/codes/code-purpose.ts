import { type CodeContent } from '../messaging/templates.js';

/** What a code is for: it is asked for, sent, guessed and limited under this name, and fits nothing else. */
export interface CodePurpose {
  readonly name: string;
  readonly template: CodeContent['template'];
  readonly minutes: number;
}
