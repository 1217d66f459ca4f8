import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { ConfigurationError } from '../configuration-error.js';

/** Texts and secrets, which may hold a # of their own; in all others one begins a comment. */
const FREE_TEXT = /^(?:APP_NAME|APP_TEAM|BOT_MENU_\w+|SMTP_FROM|\w*(?:PASSWORD|SECRET|TOKEN|_KEY)(?:_PREVIOUS)?)$/;

const COMMENT = /(?:^|[ \t]+)#.*$/;
/** After two blanks, or with a blank behind the #: `Klinik #1` stays whole. */
const CLEAR_COMMENT = /(?:^|[ \t]+)#(?:[ \t].*)?$|[ \t]{2,}#.*$/;

/** In a decoded text this means that the bytes were not text. */
const NO_CHARACTER = '\uFFFD';

/**
 * The variables of the process and, where it has none of a name, those of the file `.env` in the folder it was started
 * in. A variable of the process counts also when it is empty.
 *
 * @throws ConfigurationError when there is a file and it cannot be read
 */
export function readVariables(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  file = '.env',
): Record<string, string> {
  const variables = readFile(file);
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined) variables[name] = asInFile(name, value);
  return variables;
}

/** Names of the variables that the file `.env` holds, also those that the process overrides. */
export function namesInFile(file = '.env'): ReadonlySet<string> {
  return new Set(Object.keys(readFile(file)));
}

/**
 * A value as a `.env` file means it. `docker run --env-file` and older versions of Compose hand on what follows the
 * `=` as it is, with its quotes and the comment of its line.
 */
export function asInFile(name: string, value: string): string {
  if (/[\r\n]/.test(value)) return value;
  const [, quote = '', inside = ''] = /^\s*(["'`])(.+?)\1[ \t]*(?:#.*)?$/.exec(value) ?? [];
  if (quote === '' || inside.includes(quote))
    return value.replace(FREE_TEXT.test(name) ? CLEAR_COMMENT : COMMENT, '').trim();
  return quote === '"' ? inside.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : inside;
}

/** Puts them where a command looks for them that reads some of them only. */
export function loadVariables(): void {
  Object.assign(process.env, readVariables());
}

function readFile(file: string): Record<string, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new ConfigurationError([`the file ${file} must be a file that can be read (${code})`]);
  }
  const variables = parse(decode(bytes));
  const broken = Object.keys(variables).filter((name) => variables[name]?.includes(NO_CHARACTER));
  if (broken.length > 0)
    throw new ConfigurationError([
      `the file ${file} must be saved as UTF-8, at least in the line of ${broken.join(', ')}`,
    ]);
  return variables;
}

/** UTF-8, or UTF-16 as Windows PowerShell writes it; a byte order mark is not part of the first name. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  const little = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const big = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && second !== undefined);
  return new TextDecoder(little ? 'utf-16le' : big ? 'utf-16be' : 'utf-8').decode(bytes);
}
