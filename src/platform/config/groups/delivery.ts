import { group } from '../rows/group.js';
import { list, text, whole } from '../rows/rule.js';
import { derived, setting, type Given, type Rung } from '../rows/setting.js';

const named = setting(
  'WHATSAPP_PROVIDERS',
  text(200, /^[a-z-]+(\s*,\s*[a-z-]+)*$/, 'must be a comma list of provider names').as(list),
  {
    otherwise: 'what is configured',
    example: 'console',
    shown: true,
    doc:
      'providers to try, in this order: a list of `whacenter`, `whapi`, `fonnte`, `wablas`, `cloud-api`, `session`, `sms`, ' +
      '`http-api`, `email` and `console` (the developer inbox, refused in production). By default those whose variables are all set, in this ' +
      'order, and when there are none, `console` outside production. What each one needs is in [docs/providers](providers/README.md)',
  },
);

const ladder = derived(ladderOf);

/** By which providers messages go, and how long that may take. */
export class DeliverySettings extends group(
  'Delivery',
  {
    namedProviders: named,
    /** The delivery ladder, first rung first. */
    providers: ladder,
    /** Those of them that reach people: all but the developer inbox. */
    providersOfPeople: derived((given) => onLadder(given, ({ reaches }) => reaches !== 'developers')),
    /** Those of them that write to mailboxes in place of numbers. */
    mailProviders: derived((given) => onLadder(given, ({ reaches }) => reaches === 'mailbox')),
    /** In seconds. */
    sendTimeout: setting('SEND_TIMEOUT', whole(1, 30), {
      default: 8,
      doc: 'seconds that one send may take over all providers',
    }),
    /** In seconds. */
    providerTimeout: setting('PROVIDER_TIMEOUT', whole(1, 30), {
      default: 3,
      doc: 'seconds that one provider may take to answer; at most `SEND_TIMEOUT`',
    }),
    /** A number of the operator's own, E.164, that shows whether each provider delivers. */
    canaryPhone: setting('CANARY_PHONE', text(16, /^\+[1-9]\d{6,14}$/, 'must be a number such as +6281234567890'), {
      example: '+6281234567890',
      shown: true,
      doc:
        'one of your own numbers: each provider sends it a message four times an hour; `GET /api/admin/providers` shows when ' +
        'the last one arrived',
    }),
  },
  ({ providers, providersOfPeople, sendTimeout, providerTimeout }, given) => [
    ...problemsOfLadder(providers, given),
    providerTimeout > sendTimeout && 'PROVIDER_TIMEOUT must not exceed SEND_TIMEOUT',
    ...(given.production ? providers.filter((name) => !providersOfPeople.includes(name)) : []).map(
      (name) => `WHATSAPP_PROVIDERS must not name ${name} in production (it is the developer inbox)`,
    ),
  ],
) {}

function ladderOf({ rungs, production, value }: Given): readonly string[] {
  const names = value(named);
  if (names) return names.map((name) => rungs.find(({ alias }) => alias === name)?.name ?? name);
  const configured = rungs.filter(
    ({ reaches, needs, joinsBy = needs }) =>
      reaches !== 'developers' && joinsBy.every((row) => value(row) !== undefined),
  );
  // The developer inbox needs nothing, and stands in where nothing is configured.
  const inbox = production ? [] : rungs.filter(({ reaches }) => reaches === 'developers');
  return (configured.length > 0 ? configured : inbox).map(({ name }) => name);
}

/** A name that nobody knows is told apart by a rule of its own. */
function onLadder({ rungs, value }: Given, isWanted: (rung: Partial<Rung>) => boolean): readonly string[] {
  return value(ladder).filter((name) => isWanted(rungs.find((rung) => rung.name === name) ?? {}));
}

function problemsOfLadder(providers: readonly string[], { rungs, value }: Given): (string | false)[] {
  const known = rungs.map(({ name }) => name);
  const missing = ({ needs }: Rung) =>
    needs.flatMap((row) => (row.variable && value(row) === undefined ? [row.variable.name] : []));
  return [
    providers.some((name) => !known.includes(name)) && `WHATSAPP_PROVIDERS may name ${known.join(', ')}`,
    new Set(providers).size < providers.length && 'WHATSAPP_PROVIDERS must name each provider once',
    ...rungs
      .filter(({ name }) => providers.includes(name))
      .flatMap((rung) =>
        missing(rung).map((variable) => `${variable} is required when WHATSAPP_PROVIDERS names ${rung.name}`),
      ),
  ];
}
