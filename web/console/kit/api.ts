import type { paths } from '../../../client/src/api.gen.js';
import { createMasuk, MasukError } from '../../../client/src/masuk.js';

// Every call of the console goes through here, and each is one that openapi.json describes: a changed API fails the type
// check.

export type Path = keyof paths;
type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

type Operation<P extends Path, V extends Verb> = paths[P][V];
type Json<Part> = Part extends { content: { 'application/json': infer Body } } ? Body : never;
type Successes<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201)] : never;

/** The body of a success. */
export type Answer<P extends Path, V extends Verb> = Json<Successes<Operation<P, V>>>;
type Data<P extends Path, V extends Verb> = Answer<P, V> extends { data: infer D } ? D : undefined;

type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Body<O> = O extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;

/** One entry of a list. */
export type Entry<P extends Path> = Data<P, 'get'> extends readonly (infer Row)[] ? Row : never;

interface Call<P extends Path, V extends Verb> {
  /** What takes the place of `{name}` in the path. */
  readonly at?: Readonly<Record<string, string>>;
  readonly query?: { readonly [Name in keyof Query<Operation<P, V>>]?: Query<Operation<P, V>>[Name] | null };
  readonly body?: Body<Operation<P, V>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const masuk = createMasuk({ session: 'cookie' });

/** Asks the person to prove who they are; whether they did. Handed in by the shell, which knows how. */
type Prover = (code: string) => Promise<boolean>;
let prove: Prover = () => Promise.resolve(false);
/** How often somebody has proved it here: each time the cookie is another one. */
let proofs = 0;

export const proveBy = (prover: Prover): void => {
  prove = prover;
};

/** What the service refuses until the person has proved who they are. */
const NEEDS_PROOF: readonly unknown[] = [
  'fresh_login_required',
  'second_factor_required',
  'second_factor_enrolment_required',
];

export const whoAmI = () => masuk.me();
export const logOut = () => masuk.logout();

/** Milliseconds an answer may take. */
const PATIENCE = 20_000;

export async function get<P extends Path>(path: P, call: Call<P, 'get'> = {}): Promise<Answer<P, 'get'>> {
  return (await send('get', path, call)).body;
}

/** As `get`, with the `ETag` of what was got. */
export async function getTagged<P extends Path>(
  path: P,
  call: Call<P, 'get'> = {},
): Promise<{ body: Answer<P, 'get'>; tag: string | null }> {
  const { body, headers } = await send('get', path, call);
  return { body, tag: headers.get('etag') };
}

export async function act<V extends 'post' | 'put' | 'patch' | 'delete', P extends Path>(
  verb: V,
  path: P,
  call: Call<P, V> = {},
): Promise<Answer<P, V>> {
  return (await send(verb, path, call)).body;
}

/** What a list holds as a file, which the browser then keeps. */
export async function download(path: Path, query: Record<string, string>, name: string, type: string): Promise<void> {
  const response = await answered(addressOf(path, {}, query), { headers: { accept: type } });
  if (!response.ok) throw failureOf(response, objectIn(await response.text()));
  keep(await response.blob(), name);
}

/** Milliseconds that the service may take to fetch a file from elsewhere and hand it on. */
const FILE_PATIENCE = 130_000;

/** Has the browser keep a file that the service hands on. @returns its name */
export async function downloadFile(path: Path, at: Readonly<Record<string, string>>): Promise<string> {
  const response = await answered(addressOf(path, at, {}), {}, FILE_PATIENCE);
  if (!response.ok) throw failureOf(response, objectIn(await response.text()));
  const [, encoded = ''] = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get('content-disposition') ?? '') ?? [];
  const name = decodeURIComponent(encoded);
  try {
    keep(await response.blob(), name);
  } catch (cause) {
    throw new MasukError({ code: 'media_unavailable', status: 0, message: '', cause });
  }
  return name;
}

/** An event of an answer that goes on. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  readonly id: string;
}

/**
 * The events of an answer that goes on, as they come. By `fetch` and not by `EventSource`, which does not say why it was refused.
 *
 * @param last the id of the last event that came
 * @param opened called when the service has answered
 * @throws MasukError when it refused, or the connection was lost
 */
export async function* serverEvents(
  path: Path,
  last: string,
  signal: AbortSignal,
  opened: () => void,
): AsyncGenerator<ServerEvent, void, undefined> {
  const headers = { accept: 'text/event-stream', ...(last !== '' && { 'last-event-id': last }) };
  const response = await masuk.fetch(path, { headers, signal, redirect: 'error' });
  if (!response.ok || response.body === null) throw failureOf(response, objectIn(await response.text()));
  opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (text + part.value).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1] ?? '';
      if (field('event') !== '') yield { name: field('event'), data: field('data'), id: field('id') };
    }
  }
}

/** Gives the person a file. */
export function keep(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function send<P extends Path, V extends Verb>(
  verb: V,
  path: P,
  { at = {}, query = {}, body, headers = {} }: Call<P, V>,
): Promise<{ body: Answer<P, V>; headers: Headers }> {
  const typed = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await answered(addressOf(path, at, query), {
    method: verb.toUpperCase(),
    headers: { accept: 'application/json', ...typed, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = objectIn(await response.text());
  if (!response.ok || answer['success'] !== true) throw failureOf(response, answer);
  return { body: answer as Answer<P, V>, headers: response.headers };
}

/** What was refused for want of a proof is done once more when it was given: whatever it was, and with what was typed. */
async function answered(address: string, init: RequestInit, patience = PATIENCE): Promise<Response> {
  const before = proofs;
  const response = await once(address, init, patience);
  // A proof replaces the cookie: what was sent with the old one meanwhile is sent with the new one.
  if (response.status === 401 && proofs > before) return once(address, init, patience);
  if (response.status !== 403) return response;
  const { code } = objectIn(await response.clone().text());
  if (!NEEDS_PROOF.includes(code)) return response;
  if (proofs === before && !(await prove(String(code)))) return response;
  proofs += proofs === before ? 1 : 0;
  return once(address, init, patience);
}

async function once(address: string, init: RequestInit, patience: number): Promise<Response> {
  const signal = AbortSignal.timeout(patience);
  try {
    return await masuk.fetch(address, { ...init, signal, redirect: 'error' });
  } catch (cause) {
    const code = signal.aborted ? 'timeout' : 'network_error';
    throw new MasukError({ code, status: 0, message: code, cause });
  }
}

function addressOf(path: string, at: Readonly<Record<string, string>>, query: object): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(at[name] ?? ''));
  const given = Object.entries(query as Record<string, unknown>).filter(([, value]) => value != null && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

function failureOf({ status, headers }: Response, { code, message, details }: Record<string, unknown>): MasukError {
  const known = typeof code === 'string' && typeof message === 'string';
  return new MasukError({
    code: known ? code : 'unexpected_answer',
    status,
    message: known ? message : '',
    details,
    retryAfter: Number(headers.get('retry-after')) || null,
    requestId: headers.get('x-request-id'),
  });
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export { MasukError };
