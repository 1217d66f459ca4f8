import { type Language } from '../../platform/config/languages.js';
import { FRESH_SECONDS, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { TEXTS, type Texts } from '../../platform/texts/texts.js';
import { type ProvedSession } from '../../identity/sessions/sessions.service.js';
import { type Enrolled, type TotpSetup } from './enrolment.service.js';
import {
  type EnrolledAnswerDto,
  type PasskeyOptionsAnswerDto,
  type ProvedAnswerDto,
  type ProvedDto,
  type RecoveryCodesAnswerDto,
  type SecondFactorAnswerDto,
  type SecondFactorDoneAnswerDto,
  type TotpSetupAnswerDto,
} from './second-factor.dto.js';
import { type HeldFactors } from './second-factors.service.js';

type Sentence = keyof Texts['answers']['secondFactor'];

const NEEDS = { second_factor_required: 'proof', second_factor_enrolment_required: 'enrolment' } as const;

export function stateAnswer(
  held: HeldFactors,
  mode: 'off' | 'offer' | 'require',
  caller: CurrentCaller,
  language: Language,
): SecondFactorAnswerDto {
  const data = {
    mode,
    needs: caller.roleRefusal === null ? ('nothing' as const) : NEEDS[caller.roleRefusal],
    freshBy: caller.isAskedForSecondFactor ? ('second-factor' as const) : ('login' as const),
    freshUntil: new Date(caller.provedAt.getTime() + FRESH_SECONDS * 1000).toISOString(),
    totp: held.totpSince === null ? null : { since: held.totpSince.toISOString() },
    passkeys: held.passkeys.map(({ id, name, created_at, last_used_at }) => ({
      id,
      name,
      createdAt: created_at.toISOString(),
      lastUsedAt: last_used_at?.toISOString() ?? null,
    })),
    recoveryCodesLeft: held.recoveryCodesLeft,
  };
  return { success: true, message: TEXTS[language].answers.secondFactor.state, data };
}

export function setupAnswer(data: TotpSetup, language: Language): TotpSetupAnswerDto {
  return { success: true, message: TEXTS[language].answers.secondFactor.begun, data };
}

export function provedAnswer(session: ProvedSession, language: Language): ProvedAnswerDto {
  return { success: true, message: TEXTS[language].answers.secondFactor.proved, data: provedOf(session) };
}

export function enrolledAnswer({ session, recoveryCodes }: Enrolled, language: Language): EnrolledAnswerDto {
  const data = { ...provedOf(session), recoveryCodes: recoveryCodes === null ? null : [...recoveryCodes] };
  return { success: true, message: TEXTS[language].answers.secondFactor.enrolled, data };
}

export function codesAnswer(codes: readonly string[], language: Language): RecoveryCodesAnswerDto {
  return { success: true, message: TEXTS[language].answers.secondFactor.codes, data: { recoveryCodes: [...codes] } };
}

export function optionsAnswer(options: object, language: Language): PasskeyOptionsAnswerDto {
  const data = options as Record<string, unknown>;
  return { success: true, message: TEXTS[language].answers.secondFactor.options, data };
}

export function doneAnswer(said: Sentence, language: Language): SecondFactorDoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.secondFactor[said] };
}

/** Tokens of a session that was lifted; none where a cookie holds it. */
export function provedOf({ tokens }: ProvedSession): ProvedDto {
  if (tokens === null) return { tokens: null };
  const { token, expiresIn, refreshToken } = tokens;
  return { tokens: { token, tokenType: 'Bearer', expiresIn, refreshToken } };
}
