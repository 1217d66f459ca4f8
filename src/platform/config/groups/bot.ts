import { group } from '../rows/group.js';
import { text } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** Texts of the bot that an operator may write. */
export class BotSettings extends group('Bot and conversations', {
  /** What the bot says to `1`; absent: a text of its own. */
  botMenuInfo: setting('BOT_MENU_INFO', text(1000), {
    otherwise: 'a text with `APP_NAME`',
    shown: true,
    doc: 'what the bot answers to `1` (Info); \\*bold\\* as in WhatsApp, and in double quotes `\\n` is a line break',
  }),
  /** What the bot says to `2`; absent: a text of its own. */
  botMenuHelp: setting('BOT_MENU_HELP', text(1000), {
    otherwise: "an explanation of the bot's commands",
    shown: true,
    doc: 'what the bot answers to `2` (Bantuan), written in the same way',
  }),
}) {}
