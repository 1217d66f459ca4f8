import { type BotSettings } from '../../platform/config/groups/bot.js';
import { type NameSettings } from '../../platform/config/groups/names.js';
import { type RegionSettings } from '../../platform/config/groups/region.js';
import { type Language } from '../../platform/config/languages.js';
import { type BotAnswer } from './menu.js';
import { answerLanguage } from '../../platform/texts/language.js';
import { TEXTS } from '../../platform/texts/texts.js';

type Spoken = Pick<NameSettings, 'appName'> &
  Pick<BotSettings, 'botMenuInfo' | 'botMenuHelp'> &
  Pick<RegionSettings, 'messageLanguage'>;

/** Everything that the bot says. */
export const BOT_ANSWERS = [
  'menu',
  'info',
  'help',
  'agent',
  'pause',
  'bot',
  'opened',
  'was_open',
  'late',
] as const satisfies readonly BotAnswer[];

/** The language of what the bot says; there is no header to negotiate with, so `negotiate` is Indonesian. */
export function botLanguage({ messageLanguage }: Pick<RegionSettings, 'messageLanguage'>): Language {
  return answerLanguage(messageLanguage, undefined);
}

/** An answer in WhatsApp's markup. Nothing of what the sender wrote is in it. */
export function botText(answer: BotAnswer, settings: Spoken): string {
  const said = TEXTS[botLanguage(settings)].bot;
  if (answer === 'info') return settings.botMenuInfo ?? said.info(settings.appName);
  if (answer === 'help') return settings.botMenuHelp ?? said.help;
  return said[answer];
}
