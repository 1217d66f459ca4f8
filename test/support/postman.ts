import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type newman from 'newman';
import { loadOnce } from './load-once.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'postman');
const COLLECTION = join(FOLDER, 'masuk.postman_collection.json');
const ENVIRONMENT = join(FOLDER, 'masuk.postman_environment.json');

/** A whole run takes a few seconds, and minutes where others have the processor; ms. */
const PATIENCE = { timeout: 280_000, timeoutRequest: 60_000, timeoutScript: 60_000 };

/** For a test of a whole run, in ms: the run itself says what took so long. */
export const LONGER_THAN_A_RUN = 300_000;

/** A request of the collection, with the names of the folders that it lies in. */
export interface CollectionItem {
  readonly folders: readonly string[];
  readonly name: string;
  readonly event: { listen: string; script: { exec: string[] } }[];
  readonly request: {
    method: string;
    description?: string;
    url: { raw: string; path: string[] };
    body?: { raw?: string; urlencoded?: unknown[] };
  };
  readonly response: { name: string; code: number; body: string }[];
}

/** What a request of a run was answered. */
export interface RunAnswer {
  readonly name: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A run of the collection, or of a part of it. */
export interface CollectionRun {
  readonly answers: RunAnswer[];
  readonly assertions: number;
  /** A line each, for a person to read. */
  readonly failures: string[];
}

/** Both files as they are committed. */
export function committedFiles(): { collection: string; environment: string } {
  return { collection: readFileSync(COLLECTION, 'utf8'), environment: readFileSync(ENVIRONMENT, 'utf8') };
}

/** The requests in their order. */
export function collectionItems(): CollectionItem[] {
  const walk = (entries: any[], folders: string[]): CollectionItem[] =>
    entries.flatMap((entry) =>
      entry.item ? walk(entry.item, [...folders, entry.name]) : [{ ...(entry as CollectionItem), folders }],
    );
  return walk(JSON.parse(committedFiles().collection).item, []);
}

/** The operation that a request calls, as OpenAPI spells it: `DELETE /api/users/{id}`. */
export function operationOf({ request: { method, url } }: CollectionItem): string {
  return `${method} /${url.path.map((part) => part.replace(/^:(.+)$/, '{$1}')).join('/')}`;
}

/**
 * Runs the committed collection with newman.
 *
 * @param baseUrl where the service is
 * @param only names of folders and requests; all when left out
 */
export async function runCollection(baseUrl: string, only?: string[]): Promise<CollectionRun> {
  const files = committedFiles();
  const { default: program } = await loadOnce<{ default: typeof newman }>('newman');
  const summary = await new Promise<newman.NewmanRunSummary>((resolve, reject) => {
    program.run(
      {
        // As objects: newman would guess the encoding of a file, which takes it a quarter of a second.
        collection: JSON.parse(files.collection),
        environment: JSON.parse(files.environment),
        envVar: [{ key: 'baseUrl', value: baseUrl }],
        reporters: [],
        ...(only ? { folder: only } : {}),
        ...PATIENCE,
      },
      // A run that is cut off for its time has an error in its summary, and none here.
      (error, run) => {
        const failed: unknown = error ?? run.error;
        if (failed) reject(failed instanceof Error ? failed : new Error(JSON.stringify(failed)));
        else resolve(run);
      },
    );
  });
  const { executions, failures, stats } = summary.run;
  return {
    answers: executions.map(({ item, response }) => answerOf(item.name, response)),
    assertions: stats.assertions.total ?? 0,
    failures: failures.map(({ error, source }) => `${source?.name}: ${error.test ?? error.name}: ${error.message}`),
  };
}

/** A request that got no answer has status 0; why stands among the failures. */
function answerOf(name: string, response: newman.NewmanRunExecution['response'] | undefined): RunAnswer {
  const headers = new Headers(response?.headers.map(({ key, value }): [string, string] => [key, value]) ?? []);
  const text = response?.text() ?? '';
  const body: unknown = headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : undefined;
  return { name, status: response?.code ?? 0, headers, body };
}
