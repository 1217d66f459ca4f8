import { type BrowserCaller } from '../../identity/sessions/browser-sessions.js';
import {
  ACR_BY_CODE,
  ACR_BY_PASSWORD,
  authenticationOf,
  WITH_SECOND,
} from '../../identity/sessions/proof/authentication.js';

/** What is still to be done before an application gets anything: `impossible` where nothing helps. */
export type MissingStep = 'proof' | 'enrolment' | 'login' | 'impossible';

/**
 * What a login lacks: what the service asks of the account, then what the application insists on.
 *
 * @param demanded see `demandedAcrs`
 */
export function missingStep(caller: BrowserCaller, demanded: readonly string[] | null): MissingStep | null {
  if (caller.roleRefusal === 'second_factor_required') return 'proof';
  if (caller.roleRefusal === 'second_factor_enrolment_required') return 'enrolment';
  if (demanded === null || demanded.includes(authenticationOf(caller).acr)) return null;
  if (demanded.includes(WITH_SECOND) && caller.mayEnrolSecondFactor) return 'enrolment';
  // Whoever is asked for a second factor has no login without one.
  const helps =
    !caller.isAskedForSecondFactor && (demanded.includes(ACR_BY_CODE) || demanded.includes(ACR_BY_PASSWORD));
  return helps ? 'login' : 'impossible';
}

/** By what somebody has to log in where only that will do; null: by whatever they like. */
export function demandedWay(demanded: readonly string[] | null): 'code' | 'password' | null {
  if (demanded === null || demanded.includes(WITH_SECOND)) return null;
  const [byCode, byPassword] = [demanded.includes(ACR_BY_CODE), demanded.includes(ACR_BY_PASSWORD)];
  if (byCode === byPassword) return null;
  return byCode ? 'code' : 'password';
}

interface AcrRequest {
  readonly essential?: boolean;
  readonly value?: string;
  readonly values?: readonly string[];
}

/**
 * The kinds of login of which an application insists on one (OpenID Connect Core section 5.5.1.1); null where any will do. A wish
 * (`acr_values`) beside it takes nothing back: whoever sits at the browser could add one.
 *
 * @param claims the parameter, as `problemOfClaims` has let it pass
 */
export function demandedAcrs(claims: unknown): readonly string[] | null {
  if (typeof claims !== 'string') return null;
  const { acr } = (JSON.parse(claims) as { id_token?: { acr?: AcrRequest | null } }).id_token ?? {};
  if (!acr?.essential || (acr.value === undefined && acr.values === undefined)) return null;
  return [...(acr.values ?? []), ...(acr.value === undefined ? [] : [acr.value])];
}

/** What is wrong with the claims parameter, beside what the library looks at; null: nothing. */
export function problemOfClaims(claims: {
  id_token?: object | undefined;
  userinfo?: object | undefined;
}): string | null {
  const all = [claims.id_token, claims.userinfo].flatMap((each) => Object.entries(each ?? {}));
  if (!all.every(([, request]) => request === null || isObject(request)))
    return 'claims should be requested by null or an object';
  const acr = (claims.id_token as { acr?: Record<string, unknown> | null } | undefined)?.acr ?? {};
  if (!['boolean', 'undefined'].includes(typeof acr['essential'])) return 'essential should be a boolean';
  const { value = '', values = [] } = acr;
  const isTextual =
    typeof value === 'string' && Array.isArray(values) && values.every((each) => typeof each === 'string');
  return isTextual ? null : 'value and values of acr should be strings';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
