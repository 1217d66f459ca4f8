import { type CodeContent } from '../../delivery/templates/templates.js';

/** What a code is for: it is asked for, sent, guessed and limited under this name, and fits nothing else. */
export interface CodePurpose {
  readonly name: string;
  readonly template: CodeContent['template'];
  readonly minutes: number;
  /** Whether the code can be for an application: its message names the application then, and it opens nothing else. */
  readonly isForApplications: boolean;
}
