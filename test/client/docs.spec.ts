import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { wrong } from '../support/codes.js';
import { openHouse, type House } from '../support/house.js';

// What the pages for front ends show is code that people copy: it must pass the type check, and the flow must work.

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = [
  'client/README.md',
  'docs/integration.md',
  ...['javascript', 'react', 'vue', 'flutter', 'php'].map((name) => `docs/integration/${name}.md`),
];

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

interface Block {
  readonly language: string;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  return [...textOf(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** As much of the frameworks' types as the pages use; the frameworks themselves are not among our dependencies. */
const FRAMEWORKS = `
declare module 'react' {
  type ReactNode = unknown;
  type Dispatch<S> = (next: S | ((before: S) => S)) => void;
  interface Context<T> { Provider: (props: { value: T; children?: ReactNode }) => ReactNode }
  function createContext<T>(value: T): Context<T>;
  function useContext<T>(context: Context<T>): T;
  function useState<S>(initial: S | (() => S)): [S, Dispatch<S>];
  function useEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
  function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
  function useRef<T>(initial: T | null): { current: T | null };
  interface FormEvent<T = Element> { currentTarget: T; preventDefault(): void }
  namespace JSX {
    type Element = ReactNode;
    interface ElementChildrenAttribute { children: unknown }
    interface Html { children?: ReactNode; role?: string; key?: string; [aria: \`aria-\${string}\`]: unknown }
    interface IntrinsicElements {
      form: Html & { onSubmit?: (event: FormEvent<HTMLFormElement>) => void };
      label: Html;
      p: Html;
      button: Html & { type?: 'button' | 'submit'; disabled?: boolean; onClick?: () => void };
      input: Html & {
        name?: string; type?: string; value?: string; readOnly?: boolean; autoFocus?: boolean; autoComplete?: string;
        inputMode?: 'text' | 'tel' | 'numeric'; onChange?: (event: { target: HTMLInputElement }) => void;
      };
    }
  }
}
declare module 'react/jsx-runtime' {
  import type { JSX as React } from 'react';
  export namespace JSX {
    type Element = React.Element;
    interface ElementChildrenAttribute extends React.ElementChildrenAttribute {}
    interface IntrinsicElements extends React.IntrinsicElements {}
  }
}
declare module 'vue' {
  interface Ref<T> { value: T }
  function ref<T>(value: T): Ref<T>;
  function shallowRef<T>(value: T): Ref<T>;
  function computed<T>(read: () => T): { readonly value: T };
  function onUnmounted(work: () => void): void;
}
declare module 'expo-secure-store' {
  function getItemAsync(key: string, options?: object): Promise<string | null>;
  function setItemAsync(key: string, value: string, options?: object): Promise<void>;
  function deleteItemAsync(key: string, options?: object): Promise<void>;
}
declare module 'jose' {
  function createRemoteJWKSet(url: URL): object;
  function jwtVerify(token: string, keys: object, options: object): Promise<{ payload: Record<string, unknown> }>;
}
`;

const OPTIONS = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
  noEmit: true,
  paths: { '@masuk/client': [join(ROOT, 'client', 'src', 'masuk.ts')] },
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'masuk-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the blocks of a page as the files that they say they are. @returns how many there were of that kind */
function write(page: string, into: string, kinds: readonly string[]): number {
  mkdirSync(into, { recursive: true });
  const blocks = blocksOf(page).filter(({ language }) => kinds.includes(language));
  for (const [at, { language, code }] of blocks.entries()) {
    const named = /^(?:\/\/|<!--) ([a-z-]+\.[a-z]+)/.exec(code)?.[1];
    const script = language === 'vue' ? /<script setup lang="ts">\n([\s\S]*?)<\/script>/.exec(code)?.[1] : code;
    if (script === undefined) throw new Error(`${page}: a component without a script`);
    const name = language === 'vue' ? `${named ?? at}.ts` : (named ?? `block-${at}.${language}`);
    writeFileSync(join(into, name), script);
  }
  return blocks.length;
}

/** What the compiler says of everything in the folder. */
async function complaintsOf(into: string, options: object): Promise<string> {
  writeFileSync(join(into, 'frameworks.d.ts'), FRAMEWORKS);
  writeFileSync(join(into, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...OPTIONS, ...options } }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', into], { cwd: into });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('the code on the pages', () => {
  it('passes the strict type check against the client', async () => {
    const into = join(folder, 'typed');
    const counts = {
      'client/README': 4,
      'docs/integration/javascript': 3,
      'docs/integration/react': 3,
      'docs/integration/vue': 4,
    };
    for (const [page, count] of Object.entries(counts)) {
      expect([page, write(`${page}.md`, join(into, page), ['ts', 'tsx', 'vue'])]).toEqual([page, count]);
    }
    expect(await complaintsOf(into, { strict: true, noUncheckedIndexedAccess: true })).toBe('');
  });

  it('holds together where it is plain JavaScript', async () => {
    const into = join(folder, 'plain');
    for (const page of ['docs/integration', 'docs/integration/javascript']) {
      expect([page, write(`${page}.md`, join(into, page), ['js'])]).toEqual([page, 2]);
    }
    expect(await complaintsOf(into, { allowJs: true, checkJs: true, strict: false })).toBe('');
  });
});

/** What goes wrong on the way to a page. */
interface Trouble {
  /** The next answer from here does not arrive. */
  lost?: string;
  /** Answers from here that come from now on wait for it. */
  late?: { path: string; until: Promise<unknown>; came?: (at: null) => void } | undefined;
}

/** Loads the page's module, as a browser with this storage would. */
async function openPage(house: House, entries: Map<string, string>, trouble: Trouble = {}) {
  const block = blocksOf('docs/integration/javascript.md').find(({ code }) => code.includes("const BASE = '"));
  const localStorage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
  const sent: string[] = [];
  const fetchHere = async (url: string, init: RequestInit) => {
    const { pathname } = new URL(url);
    sent.push(pathname);
    const response = await fetch(house.service.url + pathname, init);
    const { late } = trouble;
    if (late?.path === pathname) {
      late.came?.(null);
      await late.until;
    }
    if (trouble.lost !== pathname) return response;
    delete trouble.lost;
    throw new TypeError('fetch failed');
  };
  const context = vm.createContext({ fetch: fetchHere, localStorage, AbortSignal });
  const page = new vm.SourceTextModule(block?.code ?? '', { context });
  await page.link(() => {
    throw new Error('the page needs another module');
  });
  await page.evaluate();
  return { page: page.namespace as any, sent };
}

describe('the page with nothing but fetch', () => {
  const ME = 'https://login.example.org/api/auth/me';
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  it('logs in, uses, refreshes once, survives a lost answer, and logs out', async () => {
    const somebody = await house.person();
    const entries = new Map<string, string>();
    const { page } = await openPage(house, entries);
    await page.requestCode(somebody.phone);
    const code = house.fake.codeFor(somebody.digits)!;
    await expect(page.verifyCode(somebody.phone, wrong(code))).rejects.toMatchObject({
      code: 'invalid_otp',
      status: 400,
    });
    await expect(page.resendCode(somebody.phone)).rejects.toMatchObject({ retryAfter: expect.any(Number) });
    expect(await page.verifyCode(somebody.phone, code)).toMatchObject({ id: somebody.id });
    expect(await page.me()).toMatchObject({ id: somebody.id });

    const { token, refreshToken } = JSON.parse(entries.get('masuk')!);
    const spoil = () => entries.set('masuk', JSON.stringify({ token: `${token}AAAA`, refreshToken }));
    spoil();
    const unlucky = await openPage(house, entries, { lost: '/api/auth/refresh' });
    await expect(unlucky.page.authorised(ME)).rejects.toMatchObject({ code: 'network_error' });
    expect((await unlucky.page.authorised(ME)).status).toBe(200);
    spoil();
    const reloaded = await openPage(house, entries);
    const answers = await Promise.all(Array.from({ length: 5 }, () => reloaded.page.authorised(ME)));
    expect(answers.map(({ status }: Response) => status)).toEqual(Array(5).fill(200));
    expect(reloaded.sent.filter((path) => path === '/api/auth/refresh')).toHaveLength(1);

    await reloaded.page.logout();
    expect([...entries.keys()]).toEqual(['masuk-device']);
    expect((await reloaded.page.authorised(ME)).status).toBe(401);
    expect((await page.authorised(ME)).status).toBe(401);
  });

  describe('when an answer is late', () => {
    const PATH = '/api/auth/me';
    /** A page whose access token is refused, with one call of its whose 401 is on its way until `deliver`. */
    async function waiting() {
      const somebody = await house.person();
      const { token, refreshToken } = await house.login(somebody.phone);
      const entries = new Map([
        ['masuk', JSON.stringify({ token: `${token}AAAA`, refreshToken, userId: somebody.id })],
      ]);
      const until = Promise.withResolvers<null>();
      const came = Promise.withResolvers<null>();
      const trouble: Trouble = { late: { path: PATH, until: until.promise, came: came.resolve } };
      const { page, sent } = await openPage(house, entries, trouble);
      const late = page.authorised(ME) as Promise<Response>;
      await came.promise;
      trouble.late = undefined;
      const refreshes = () => sent.filter((path) => path === '/api/auth/refresh').length;
      return { page, entries, trouble, late, deliver: until.resolve, refreshes };
    }

    it('refreshes once for all calls that showed the same token', async () => {
      const { page, late, deliver, refreshes } = await waiting();
      expect((await page.authorised(ME)).status).toBe(200);
      deliver(null);
      expect((await late).status).toBe(200);
      expect(refreshes()).toBe(1);
    });

    it('repeats nothing in the name of somebody else who has logged in meanwhile', async () => {
      const { page, late, deliver, refreshes } = await waiting();
      const other = await house.person();
      await page.requestCode(other.phone);
      await page.verifyCode(other.phone, house.fake.codeFor(other.digits)!);
      deliver(null);
      expect((await late).status).toBe(401);
      expect(refreshes()).toBe(0);
      expect(await page.me()).toMatchObject({ id: other.id });
    });

    it('brings no session back that was logged out while it was refreshed', async () => {
      const { page, entries, trouble, late, deliver } = await waiting();
      const until = Promise.withResolvers<null>();
      const came = Promise.withResolvers<null>();
      trouble.late = { path: '/api/auth/refresh', until: until.promise, came: came.resolve };
      deliver(null);
      await came.promise;
      await page.logout();
      until.resolve(null);
      expect((await late).status).toBe(401);
      expect(entries.has('masuk')).toBe(false);
    });
  });
});

/** The codes that a person can meet on these routes, as openapi.json tells them; faults of the program left out. */
function codesOf(paths: readonly string[]): string[] {
  const { paths: described } = JSON.parse(textOf('openapi.json'));
  const told = paths.flatMap((path) => Object.values<any>(described[path].post.responses));
  const codes = told.flatMap(({ description }) => [...description.matchAll(/`([a-z_]+)`:/g)].map(([, code]) => code!));
  const ofTheProgram = ['invalid_json', 'body_too_large', 'unsupported_media_type'];
  // Without an Idempotency-Key, which these pages do not send, nobody meets them.
  ofTheProgram.push('idempotency_key_invalid', 'idempotency_conflict', 'idempotency_key_reused');
  // Nor without an X-Client-Id, which only the login page of an application sends.
  ofTheProgram.push('login_page_required');
  return [...new Set(codes)].filter((code) => !ofTheProgram.includes(code));
}

describe('every failure that a person can meet', () => {
  const login = codesOf(
    ['otp/request', 'otp/resend', 'otp/verify', 'login', 'refresh'].map((path) => `/api/auth/${path}`),
  );
  const reset = codesOf(['request-otp', 'verify-otp', 'reset-password'].map((path) => `/api/forgot-password/${path}`));

  it('is known to this spec', () => {
    expect(login).toEqual(
      expect.arrayContaining(['invalid_otp', 'otp_locked', 'login_locked', 'whatsapp_unavailable']),
    );
    expect(reset).toEqual(expect.arrayContaining(['otp_active', 'password_refused', 'user_not_found']));
  });

  it.each(['javascript', 'react', 'vue', 'flutter', 'php'])('has its place on the page for %s', (name) => {
    const page = textOf(`docs/integration/${name}.md`);
    const own = ['network_error', 'timeout', 'unexpected_answer'];
    expect([...login, ...own].filter((code) => !new RegExp(`\\b${code}\\b`).test(page))).toEqual([]);
  });

  it.each(['javascript', 'php'])('of a forgotten password has its place on the page for %s', (name) => {
    const page = textOf(`docs/integration/${name}.md`);
    expect(reset.filter((code) => !new RegExp(`\\b${code}\\b`).test(page))).toEqual([]);
  });
});

it.each(PAGES)('%s has no link into the void', (page) => {
  const broken = [...textOf(page).matchAll(/\]\(([^)#:]+)(?:#([^)]*))?\)/g)].filter(([, path = '', anchor]) => {
    const target = join(ROOT, dirname(page), path);
    if (!existsSync(target)) return true;
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    return anchor !== undefined && !headings.includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});
