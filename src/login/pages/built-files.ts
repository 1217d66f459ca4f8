import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { DIST } from '../../platform/config/folders.js';

/** Where the build puts what browsers get: `dist/web`. */
const FOLDER = join(DIST, 'web');

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.tgz': 'application/gzip',
};

/** The ways a file is packed, best first, with the ending that the build gives them. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;
type Encoding = keyof typeof ENCODINGS;

/** A file as it goes out. `etag` is that of the plain bytes; a packed form has its own. */
export interface BuiltFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly packed: ReadonlyMap<Encoding, Buffer>;
}

/** What a page needs, as addresses on this service. */
export interface PageAssets {
  readonly script: string;
  /** What the script imports, so that it can be fetched at once. */
  readonly imports: readonly string[];
  readonly style: string;
  readonly icon: string;
}

type Manifest = Record<string, { readonly file: string; readonly imports?: readonly string[] } | undefined>;

/**
 * The browsers' files, read once: a request is answered from memory, by a name that was read. What is not among them is
 * nowhere, whatever a path says.
 */
@Injectable()
export class BuiltFiles {
  /** The console is built for newer browsers: what both have is there twice. */
  private readonly manifests = ['manifest.json', 'manifest-console.json'].map(
    (name) => JSON.parse(read(name).toString()) as Manifest,
  );
  private readonly assets = filesIn('assets');
  private readonly elements = filesIn('elements');
  private readonly packages = filesIn('client');

  /** A hashed asset of the pages, by its file name. */
  asset(name: string): BuiltFile | undefined {
    return this.assets.get(name);
  }

  element(name: string): BuiltFile | undefined {
    return this.elements.get(name);
  }

  /** The client of this release, as npm installs it. */
  clientPackage(): BuiltFile | undefined {
    return this.packages.get('masuk-client.tgz');
  }

  /**
   * @param script the page's own script, as it is called in `web/`
   * @param style its style sheet
   */
  ofPage(script: string, style = 'pages/page.css'): PageAssets {
    return {
      script: this.address(script),
      imports: this.importsOf(script),
      style: this.address(style),
      icon: this.address('pages/mark.svg'),
    };
  }

  private importsOf(script: string): string[] {
    const manifest = this.manifests.find((each) => each[script]) ?? {};
    const under = (name: string): string[] => (manifest[name]?.imports ?? []).flatMap((each) => [each, ...under(each)]);
    return [...new Set(under(script))].map((name) => `/${manifest[name]?.file}`);
  }

  private address(source: string): string {
    const file = this.manifests.find((each) => each[source])?.[source]?.file;
    if (file === undefined) throw new Error(`dist/web has no ${source}: run npm run build -- --force`);
    return `/${file}`;
  }
}

function read(...path: string[]): Buffer {
  const file = join(FOLDER, ...path);
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build`);
  return readFileSync(file);
}

function filesIn(folder: string): ReadonlyMap<string, BuiltFile> {
  const names = readdirSync(join(FOLDER, folder)).filter((name) => extname(name) in TYPES);
  return new Map(names.map((name) => [name, fileNamed(folder, name)]));
}

function fileNamed(folder: string, name: string): BuiltFile {
  const body = read(folder, name);
  const packed = Object.entries(ENCODINGS).filter(([, ending]) => existsSync(join(FOLDER, folder, name + ending)));
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    body,
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    packed: new Map(packed.map(([encoding, ending]) => [encoding as Encoding, read(folder, name + ending)])),
  };
}
