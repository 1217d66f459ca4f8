import { Injectable } from '@nestjs/common';
import { outgoingMessage, type MessageContent } from '../../delivery/templates/templates.js';
import { verificationText } from '../../delivery/templates/verification-template.js';
import { BOT_ANSWERS, botText } from '../../incoming/bot/bot-texts.js';
import { BotSettings } from '../../platform/config/groups/bot.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { NameSettings } from '../../platform/config/groups/names.js';
import { LANGUAGES, type Language } from '../../platform/config/languages.js';
import { type CodeTemplate, type NoticeTemplate } from '../../platform/texts/message-texts.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { type TemplateDto, type TemplateTextDto } from './settings.dto.js';

/** Made-up values. */
const EXAMPLE = { name: 'Ani Wulandari', phone: '+6281234567890', email: 'ani@example.com', company: 'Klinik Sehat' };

const NAMES = ['APP_NAME', 'APP_TEAM'];

/** Every message that the service sends, as its own renderer writes it. */
@Injectable()
export class TemplatePreviews {
  constructor(
    private readonly names: NameSettings,
    private readonly bot: BotSettings,
    private readonly codes: CodeSettings,
  ) {}

  all(): TemplateDto[] {
    const { codeFor, notices } = TEXTS.id.messages;
    return [
      ...keysOf(codeFor).map((name) => this.code(name)),
      ...keysOf(notices).map((name) => this.notice(name)),
      this.verification(),
      ...BOT_ANSWERS.map((answer) => this.ofBot(answer)),
    ];
  }

  private code(template: CodeTemplate): TemplateDto {
    const { otpLength, otpExpiresInMinutes, resetOtpExpiresInMinutes } = this.codes;
    const minutes = template === 'otp.reset' ? resetOtpExpiresInMinutes : otpExpiresInMinutes;
    const life = template === 'otp.reset' ? 'RESET_OTP_EXPIRES_IN' : 'OTP_EXPIRES_IN';
    const code = exampleCode(otpLength);
    const texts = LANGUAGES.map((language) => this.sent({ template, code, minutes, language }));
    return { name: template, kind: 'code', settings: [...NAMES, 'OTP_LENGTH', life], texts };
  }

  private notice(template: NoticeTemplate): TemplateDto {
    const texts = LANGUAGES.map((language) =>
      this.sent(
        template === 'notice.recovery_code_used' ? { template, language, codesLeft: 9 } : { template, language },
      ),
    );
    return { name: template, kind: 'notice', settings: NAMES, texts };
  }

  private sent(content: Exclude<MessageContent, { template: 'text' }>): TemplateTextDto {
    const { text, shortText, subject, language } = outgoingMessage(content, EXAMPLE, this.names);
    return { language, text, shortText, subject };
  }

  /** The application that asks says how long its code is and lives. */
  private verification(): TemplateDto {
    const of = (language: Language) =>
      verificationText({ code: exampleCode(6), minutes: 5, company: EXAMPLE.company, language });
    const texts = LANGUAGES.map((language) => ({ language, text: of(language), shortText: null, subject: null }));
    return { name: 'verification', kind: 'verification', settings: [], texts };
  }

  private ofBot(answer: (typeof BOT_ANSWERS)[number]): TemplateDto {
    const texts = LANGUAGES.map((language) => {
      const text = botText(answer, { ...this.names, ...this.bot, messageLanguage: language });
      return { language, text, shortText: null, subject: null };
    });
    return { name: `bot.${answer}`, kind: 'bot', settings: BOT_SETTINGS[answer] ?? [], texts };
  }
}

const BOT_SETTINGS: Partial<Record<(typeof BOT_ANSWERS)[number], string[]>> = {
  info: ['BOT_MENU_INFO', 'APP_NAME'],
  help: ['BOT_MENU_HELP'],
};

const exampleCode = (length: number): string => '12345678'.slice(0, length);

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
