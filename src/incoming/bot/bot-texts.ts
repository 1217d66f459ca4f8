import { type Language, type Settings } from '../../platform/config/settings.js';
import { type Text } from '../../platform/errors/catalogue.js';
import { type BotAnswer } from './menu.js';
import { answerLanguage } from '../../platform/errors/language.js';

type Spoken = Pick<Settings, 'appName' | 'botMenuInfo' | 'botMenuHelp' | 'messageLanguage'>;

/** The Indonesian text is letter for letter that of docs/contract/dashboard.md#the-bot. */
const MENU: Text = {
  id: 'Halo 👋\nSilakan pilih:\n1️⃣ Info\n2️⃣ Bantuan\n\nKetik *agent* untuk berbicara dengan manusia.',
  en: 'Hello 👋\nPlease choose:\n1️⃣ Info\n2️⃣ Help\n\nType *agent* to talk to a person.',
};

/** One line each. */
const CONFIRMED: Record<Exclude<BotAnswer, 'menu' | 'info' | 'help'>, Text> = {
  agent: {
    id: 'Pesan Anda akan dijawab oleh petugas. Ketik *bot* untuk kembali ke menu.',
    en: 'A person will answer your messages. Type *bot* to go back to the menu.',
  },
  pause: {
    id: 'Balasan otomatis dihentikan. Ketik *bot* untuk mengaktifkannya kembali.',
    en: 'Automatic replies are off. Type *bot* to turn them on again.',
  },
  bot: {
    id: 'Balasan otomatis aktif kembali. Kirim pesan apa saja untuk melihat menu.',
    en: 'Automatic replies are on again. Send any message to see the menu.',
  },
  opened: {
    id: 'Kunci nomor Anda sudah dibuka. Silakan minta kode login baru.',
    en: 'Your number is open again. Please request a new code to log in.',
  },
  was_open: {
    id: 'Nomor Anda tidak terkunci, jadi tidak ada yang perlu dibuka.',
    en: 'Your number was not closed, so there is nothing to open.',
  },
  late: {
    id: 'Pesan Anda terlambat kami terima. Ketik *buka* sekali lagi.',
    en: 'Your message reached us too late. Please type *unlock* again.',
  },
};

const HELP: Text = {
  id: 'Ketik *agent* untuk berbicara dengan petugas, *pause* untuk menghentikan balasan otomatis, dan *bot* untuk mengaktifkannya kembali.\n\nKami tidak pernah meminta kode OTP atau kata sandi Anda.',
  en: 'Type *agent* to talk to a person, *pause* to turn automatic replies off, *bot* to turn them on again.\n\nWe never ask for your codes or your password.',
};

const INFO: Record<Language, (appName: string) => string> = {
  id: (appName) => `Ini layanan WhatsApp ${appName}. Kode login Anda dikirim dari nomor ini.`,
  en: (appName) => `This is the WhatsApp service of ${appName}. Login codes are sent to you from this number.`,
};

/** The language of what the bot says; there is no header to negotiate with, so `negotiate` is Indonesian. */
export function botLanguage({ messageLanguage }: Pick<Settings, 'messageLanguage'>): Language {
  return answerLanguage(messageLanguage, undefined);
}

/** An answer in WhatsApp's markup. Nothing of what the sender wrote is in it. */
export function botText(answer: BotAnswer, settings: Spoken): string {
  const language = botLanguage(settings);
  if (answer === 'menu') return MENU[language];
  if (answer === 'info') return settings.botMenuInfo ?? INFO[language](settings.appName);
  if (answer === 'help') return settings.botMenuHelp ?? HELP[language];
  return CONFIRMED[answer][language];
}
