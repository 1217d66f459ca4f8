import { type Rule } from './rule.js';

/** What a value may depend on besides its own variable. */
export interface Given {
  readonly production: boolean;
  /** Whether the profile is `strict`. */
  readonly strict: boolean;
  /** What the ladder can be made of, in the order in which it is made where nobody names it. */
  readonly rungs: readonly Rung[];
  /** The value of another row, of whatever group. */
  readonly value: <T>(row: Row<T>) => T;
}

/** A provider that WHATSAPP_PROVIDERS may name. */
export interface Rung {
  /** Also on the wire and in stored rows: it is never changed. */
  readonly name: string;
  /** Another name that the variable may hold. */
  readonly alias?: string;
  /** Variables that it cannot do without. */
  readonly needs: readonly Row<unknown>[];
  /** Those that put it on the ladder where WHATSAPP_PROVIDERS is absent, when all are set. Absent: what it needs. */
  readonly joinsBy?: readonly Row<unknown>[];
  /** Whom its messages reach, where that is not the owner of the number they are for. */
  readonly reaches?: 'mailbox' | 'developers';
}

/** A field of a group. */
export interface Row<T> {
  /** Absent: the field is made of other rows. */
  readonly variable?: Variable;
  /** @param text of the variable, which fits the rule; undefined when it is not set */
  valueOf(text: string | undefined, given: Given): T;
}

/** A variable of the environment, as far as it is checked and documented. */
export interface Variable {
  readonly name: string;
  readonly rule: Rule<unknown>;
  readonly doc: string;
  /** What it means to leave it out, as it would be written; undefined: see `otherwise`. */
  readonly defaults: Defaults | undefined;
  readonly otherwise: string | undefined;
  readonly example: string | undefined;
  /** Whether admins may see what it is set to; of all others they see whether it is set. */
  readonly isShown: boolean;
}

/** As it is written in the environment. */
type Written = string | number;

/** What an absent variable means: under `strict` and in production something else, where these are given. */
export interface Defaults {
  readonly usual: Written;
  readonly strict?: Written;
  /** Counts also under `strict`. */
  readonly production?: Written;
}

interface Documented {
  /**
   * What it is for: a cell of docs/configuration.md, and the comment in `.env.example`. It begins in lower case and has no
   * full stop at its end; the bounds of the rule are put in, and need not be repeated.
   */
  readonly doc: string;
  /** In place of the default, where that is not a text: `embedded PostgreSQL; production: required`. */
  readonly otherwise?: string;
  /** The value in `.env.example` where there is no default, or none that can be written. */
  readonly example?: string;
  /**
   * That its text is no secret, so that the console may show it. Numbers, switches and words of a list are shown without
   * it; every other text is masked until somebody says this of it.
   */
  readonly shown?: true;
}

/** A variable that need not be set. */
export function setting<T>(
  name: string,
  rule: Rule<T>,
  options: Documented & { readonly default?: never },
): Row<T | undefined>;
/** A variable with a default that is written as in the environment. */
export function setting<T>(
  name: string,
  rule: Rule<T>,
  options: Documented & { readonly default: Written | Defaults },
): Row<T>;
/** A variable with a default that is made of other settings. */
export function setting<T, Other>(
  name: string,
  rule: Rule<T>,
  options: Documented & { readonly default: (given: Given) => Other },
): Row<T | Other>;
export function setting<T>(
  name: string,
  rule: Rule<T>,
  options: Documented & { readonly default?: Written | Defaults | ((given: Given) => unknown) },
): Row<unknown> {
  const { doc, otherwise, example, shown = false, default: given } = options;
  const make = typeof given === 'function' ? given : undefined;
  const defaults = typeof given === 'function' ? undefined : defaultsOf(given);
  return {
    variable: { name, rule, doc, otherwise, example, defaults, isShown: shown || rule.isPlain },
    valueOf(text, around) {
      if (text !== undefined) return rule.read(text);
      if (make) return make(around);
      return defaults && rule.read(String(defaultFor(defaults, around)));
    },
  };
}

/** A field that is made of other rows. */
export function derived<T>(valueOf: (given: Given) => T): Row<T> {
  return { valueOf: (_text, given) => valueOf(given) };
}

function defaultsOf(given: Written | Defaults | undefined): Defaults | undefined {
  return typeof given === 'object' || given === undefined ? given : { usual: given };
}

function defaultFor(defaults: Defaults, given: Given): Written {
  return defaults[defaultIn(defaults, given)] ?? defaults.usual;
}

/** Which of the defaults counts. */
export function defaultIn({ usual, strict = usual, production }: Defaults, given: Given): keyof Defaults {
  // Asked only where it matters: whether it is production is itself the value of a row.
  if (production !== undefined && given.production) return 'production';
  return strict !== usual && given.strict ? 'strict' : 'usual';
}
