import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(process.cwd(), 'web/console');

const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** The names of forms in front of an id: `person`, of `person ${id}`. */
const names = (pattern: RegExp) =>
  sources.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, name = '']) => name.replace(/ \$\{.*$/, '')));

/** Asks for the code of an app with a secret that is made anew each time. */
const NOT_KEPT = ['access/security-page.ts'];

it('opens every form again whose draft it keeps', () => {
  const kept = names(/\bform: ['`]([^'`]+)['`]/g);
  const opened = names(/\btakeDraft\(['`]([^'`]+)['`]\)/g);
  expect(kept.length).toBeGreaterThan(9);
  expect(kept.sort()).toEqual(opened.sort());
});

it('keeps a draft of every dialog with fields', () => {
  for (const { file, text } of sources) {
    const withFields = text.match(/^ +fields: \(/gm)?.length ?? 0;
    const withForm = text.match(/^ +form: ['`]/gm)?.length ?? 0;
    expect([file, withFields - withForm]).toEqual([file, NOT_KEPT.includes(file) ? 1 : 0]);
  }
});
