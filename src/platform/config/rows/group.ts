import { type Given, type Row } from './setting.js';

/**
 * A setting is one row: its variable, rule, default and documentation. Rows that are used together are a group, which is
 * a class, so that Nest hands it to whoever names it in a constructor:
 *
 *     export class WhapiSettings extends group('Delivery', {
 *       token: setting('WHAPI_TOKEN', secret(), { doc: 'token of the Whapi channel' }),
 *     }) {}
 *
 * The type of a field follows from its row. `group` takes rules between the rows of the group as its third argument;
 * rules between groups are in `rules.ts`. The groups of this room are listed in `settings.ts`. A room above declares its
 * own in a file of its own (a provider in `settings.ts` of its folder, named in its definition), and `src/settings.ts` hands
 * them to the reader; nothing else is needed. `npm run docs:settings` writes `.env.example` and the tables of
 * docs/configuration.md.
 *
 * @param section heading of docs/configuration.md that has the table
 * @param rules sentences about what is wrong, each naming a variable and never its value; false where nothing is
 */
export function group<R extends Rows>(section: Section, rows: R, rules: Rules<R> = () => []): GroupOf<R> {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the reader puts the fields into what it makes of it
  return class {
    static readonly section = section;
    static readonly rows = rows;
    static readonly rules = rules;
  } as unknown as GroupOf<R>;
}

export type Section =
  | 'Service'
  | 'Accounts and passwords'
  | 'Secrets and tokens'
  | 'Codes and limits'
  | 'Retention'
  | 'Bot and conversations'
  | 'Delivery'
  | 'Gateway'
  | 'Addresses that callers give'
  | 'Names of the replaced systems';

type Rows = Readonly<Record<string, Row<unknown>>>;

type ValuesOf<R extends Rows> = { readonly [Field in keyof R]: R[Field] extends Row<infer T> ? T : never };

type Rules<R extends Rows> = (values: ValuesOf<R>, given: Given) => readonly (string | false)[];

interface GroupOf<R extends Rows> {
  new (): ValuesOf<R>;
  readonly section: Section;
  readonly rows: R;
  readonly rules: Rules<R>;
}

/** Any group; `V` is what it holds. */
export interface Group<V extends object = object> {
  new (): V;
  readonly section: Section;
  readonly rows: Rows;
  readonly rules: (values: never, given: Given) => readonly (string | false)[];
}

/** The settings of a group. */
export type SettingsOf = <V extends object>(group: Group<V>) => V;
