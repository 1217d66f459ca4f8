import { type AnswerTexts } from './id/answers.js';
import { type BotTexts } from './id/bot.js';
import { type ErrorTexts } from './id/errors.js';
import { type PageTexts } from './id/pages.js';
import { type ProblemTexts } from './id/problems.js';
import { type MessageTexts } from './message-texts.js';

/**
 * Every sentence that the service says to people, in one language. The Indonesian ones give the shape: the compiler names
 * what another language lacks.
 */
export interface Texts {
  /** What the language calls itself. */
  readonly name: string;
  readonly answers: AnswerTexts;
  readonly bot: BotTexts;
  readonly errors: ErrorTexts;
  readonly messages: MessageTexts;
  readonly pages: PageTexts;
  readonly problems: ProblemTexts;
}
