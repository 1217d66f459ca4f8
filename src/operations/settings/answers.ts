import { type ListedTestNumbers } from '../../delivery/outbox/test-numbers.js';
import { type ShownSigningKey } from '../../identity/sessions/signing-keys.js';
import { type SigningAlgorithm } from '../../platform/config/groups/signing-algorithms.js';
import { type SettingInForce } from '../../platform/config/in-force.js';
import { type Language } from '../../platform/config/languages.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { TEXTS } from '../../platform/texts/texts.js';
import {
  type SettingsAnswerDto,
  type SigningKeysAnswerDto,
  type TemplateDto,
  type TemplatesAnswerDto,
  type TestNumbersAnswerDto,
} from './settings.dto.js';

export function settingsAnswer(settings: readonly SettingInForce[], language: Language): SettingsAnswerDto {
  return { success: true, message: TEXTS[language].answers.settings.settings, data: [...settings] };
}

export function templatesAnswer(data: TemplateDto[], language: Language): TemplatesAnswerDto {
  return { success: true, message: TEXTS[language].answers.settings.templates, data };
}

export function testNumbersAnswer({ until, numbers }: ListedTestNumbers, language: Language): TestNumbersAnswerDto {
  const shown = numbers.map(({ phone, ...rest }) => ({ phone: nationalPhone(phone), ...rest }));
  return {
    success: true,
    message: TEXTS[language].answers.settings.testNumbers,
    data: { until: until?.toISOString() ?? null, numbers: shown },
  };
}

export function signingKeysAnswer(
  algorithm: SigningAlgorithm,
  keys: readonly ShownSigningKey[],
  language: Language,
): SigningKeysAnswerDto {
  const shown = keys.map(({ createdAt, signsFrom, signsUntil, removedAt, ...rest }) => ({
    ...rest,
    createdAt: createdAt.toISOString(),
    signsFrom: signsFrom?.toISOString() ?? null,
    signsUntil: signsUntil?.toISOString() ?? null,
    removedAt: removedAt?.toISOString() ?? null,
  }));
  return { success: true, message: TEXTS[language].answers.settings.signingKeys, data: { algorithm, keys: shown } };
}
