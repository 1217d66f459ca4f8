import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { demandedAcrs, missingStep, type MissingStep } from './login-demands.js';
import { type FinishedLogin, type OidcLogins } from './oidc-logins.js';

const { Check, Prompt, base } = interactionPolicy;

/**
 * Why a person is sent to our pages: to log in, to prove or enrol a second factor, to consent. What the service asks of staff holds
 * for each request of an application, also where the login is older than the demand.
 */
export function policyFor(logins: OidcLogins): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login')?.checks;
  // They know no login that cannot be had, and a wish would take their demand back; see below.
  login?.remove('essential_acrs');
  login?.remove('essential_acr');
  // The parameter gives nothing away that a scope does not: there is nothing to consent to.
  policy.get('consent')?.checks.remove('op_claims_missing');
  policy.add(stepUp(logins), 1);
  return policy;
}

/** What comes between the login and the consent: a login that is there, and is not enough. */
function stepUp(logins: OidcLogins): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'step_up' },
    new Check('second_factor', 'the second factor is to be proved', 'login_required', async (ctx) => {
      return (await stepOf(ctx, logins)) === 'proof';
    }),
    new Check('enrolment', 'a second factor is to be enrolled', 'interaction_required', async (ctx) => {
      return (await stepOf(ctx, logins)) === 'enrolment';
    }),
    new Check('acr', 'another kind of login is required', 'login_required', async (ctx) => {
      const step = await stepOf(ctx, logins);
      const login = ctx.oidc.result?.login as FinishedLogin | undefined;
      if (step === 'impossible' || (step === 'login' && login?.isFresh === true))
        throw new errors.UnmetAuthenticationRequirements('the essential acr could not be obtained');
      return step === 'login';
    }),
  );
}

async function stepOf(ctx: KoaContextWithOIDC, logins: OidcLogins): Promise<MissingStep | null> {
  if (ctx.oidc.session?.accountId === undefined) return null;
  const caller = await logins.ofRequest(ctx);
  // The session ended since the library looked for it.
  if (!caller) throw new errors.AccessDenied('the login has ended');
  return missingStep(caller, demandedAcrs(ctx.oidc.params?.['claims']));
}
