import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunAnswer } from './postman.js';

const FILE = join(import.meta.dirname, '..', '..', 'scripts', 'postman', 'examples.json');

/** An answer as the collection keeps it. */
export interface SavedAnswer {
  /** What was special about the service, where something was. */
  readonly scene?: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** By the name of the request. */
export type SavedAnswers = Record<string, SavedAnswer[]>;

/** What tells a reader something. */
const HEADERS = ['content-type', 'retry-after', 'location'];

/** What would be a secret, or looks like one. */
const MADE_UP: Record<string, string> = {
  token: '(access token, a JWT)',
  access_token: '(access token, a JWT)',
  refreshToken: '(refresh token)',
  refresh_token: '(refresh token)',
  deviceToken: '(device token)',
  deviceId: '5908…cc29',
  testOTP: '123456',
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Digits that a run puts behind its names and into its numbers. */
const STAMP = /(62813|0813|0852|[a-z] ?)\d{9}(?!\d)/gi;

/** Of a longer list its beginning shows enough. */
const LONGEST_LIST = 10;

const MINUTE = 60_000;
const SAVED_AT = Date.parse('2026-01-05T08:00:00Z');

/** Takes out of an answer what must not be kept, and what differs from run to run; times keep their distance. */
export function toSave({ status, headers, body }: RunAnswer, scene?: string): SavedAnswer {
  const ids: string[] = [];
  const answeredAt = Date.parse(headers.get('date') ?? '');
  const cleaned = (key: string, value: unknown): unknown => {
    if (key === 'data' && Array.isArray(value)) return value.slice(0, LONGEST_LIST);
    if (typeof value !== 'string') return value;
    if (MADE_UP[key]) return MADE_UP[key];
    if (UUID.test(value)) return madeUpId(value, ids);
    if (!INSTANT.test(value)) return value.replace(STAMP, (_, before: string) => `${before}123456789`);
    const minutes = Math.round((Date.parse(value) - answeredAt) / MINUTE);
    return new Date(SAVED_AT + minutes * MINUTE).toISOString();
  };
  const shown = HEADERS.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const copy: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body), cleaned);
  return { ...(scene ? { scene } : {}), status, headers: Object.fromEntries(shown), body: copy };
}

/** The first id of an answer is 1, another one 2; the same one stays the same. */
function madeUpId(id: string, ids: string[]): string {
  if (!ids.includes(id)) ids.push(id);
  return `00000000-0000-7000-8000-${String(ids.indexOf(id) + 1).padStart(12, '0')}`;
}

/** What depends on the moment. */
const DIFFERS: Record<string, string> = { 'retry-after': '(seconds)', delivery: '(state)' };

/** What two runs have in common of a saved answer: a slow machine shifts times by a minute. */
export function comparable(answer: SavedAnswer): unknown {
  const timeless = JSON.stringify(answer, (_, value: unknown) =>
    typeof value === 'string' && INSTANT.test(value) ? '(time)' : value,
  );
  return JSON.parse(timeless, (key, value: unknown) => DIFFERS[key] ?? value);
}

export function savedAnswers(): SavedAnswers {
  return JSON.parse(readFileSync(FILE, 'utf8')) as SavedAnswers;
}

/** `npm run postman` then puts them into the collection. */
export function saveAnswers(answers: SavedAnswers): void {
  writeFileSync(FILE, JSON.stringify(answers));
}
