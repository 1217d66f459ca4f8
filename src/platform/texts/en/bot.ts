import { type BotTexts } from '../id/bot.js';

/** What the bot writes, in WhatsApp’s markup. */
export const BOT: BotTexts = {
  menu: 'Hello 👋\nPlease choose:\n1️⃣ Info\n2️⃣ Help\n\nType *agent* to talk to a person.',
  info: (appName) => `This is the WhatsApp service of ${appName}. Login codes are sent to you from this number.`,
  help: 'Type *agent* to talk to a person, *pause* to turn automatic replies off, *bot* to turn them on again.\n\nWe never ask for your codes or your password.',
  agent: 'A person will answer your messages. Type *bot* to go back to the menu.',
  pause: 'Automatic replies are off. Type *bot* to turn them on again.',
  bot: 'Automatic replies are on again. Send any message to see the menu.',
  opened: 'Your number is open again. Please request a new code to log in.',
  was_open: 'Your number was not closed, so there is nothing to open.',
  late: 'Your message reached us too late. Please type *unlock* again.',
};
