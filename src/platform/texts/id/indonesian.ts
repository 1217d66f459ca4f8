import { type Texts } from '../sentences.js';
import { ANSWERS } from './answers.js';
import { BOT } from './bot.js';
import { ERRORS } from './errors.js';
import { MESSAGES } from './messages.js';
import { PAGES } from './pages.js';
import { PROBLEMS } from './problems.js';

/** The sentences in Indonesian. */
export const INDONESIAN: Texts = {
  name: 'Bahasa Indonesia',
  answers: ANSWERS,
  bot: BOT,
  errors: ERRORS,
  messages: MESSAGES,
  pages: PAGES,
  problems: PROBLEMS,
};
