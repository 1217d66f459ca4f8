import { relative } from 'node:path';
import { compareRow, compareValues } from './compared.mjs';
import { Sources, programOf } from './declared.mjs';
import { describe, readCatalogue } from './described.mjs';
import { statementsMadeBy } from './made.mjs';

/**
 * Prepares every statement of the sources on a migrated database, and compares what it takes and gives with what the
 * sources declare.
 *
 * @param client a connected `pg.Client`
 * @param config path of the `tsconfig.json` of the sources
 * @param root paths are told relative to this folder
 * @param isOurs whether a source file is to be looked into
 * @param builtOf the built module of a source file, with a source map
 * @param maker the built module that exports `statement`
 * @returns `{ findings, statements, runs }`: findings in the order of the sources, and how many of each were looked at
 */
export async function checkSql({ client, config, root, isOurs, builtOf, maker }) {
  const sources = new Sources(programOf(config), root, isOurs);
  const files = [...new Set(sources.statements.map(({ file }) => file))];
  const made = await statementsMadeBy(maker, files.map(builtOf));
  for (const each of made) each.file = relative(root, each.file);
  const catalogue = await readCatalogue(client);
  const check = new Check(client, catalogue);
  for (const site of sources.statements) await check.statement(site, made);
  check.names(made);
  for (const run of sources.runs) check.run(run);
  for (const question of sources.questions) await check.question(question);
  const findings = check.findings.sort((one, other) => one.file.localeCompare(other.file) || one.line - other.line);
  return { findings, statements: made.length, runs: sources.runs.length, questions: sources.questions.length };
}

class Check {
  constructor(client, catalogue) {
    this.client = client;
    this.catalogue = catalogue;
    this.findings = [];
    /** What is known of the statements that each call of `statement` made. */
    this.known = new Map();
  }

  add({ file, line }, name, findings) {
    for (const finding of findings) this.findings.push({ file, line, name, ...finding });
  }

  async statement(site, made) {
    const mine = made.filter(({ file, line }) => file === site.file && line === site.line);
    if (mine.length === 0)
      this.add(site, '', [
        { kind: 'not-made', subject: '', message: 'is not made when its module is loaded, so nothing checks it' },
      ]);
    this.known.set(site.node, []);
    for (const { name, text, parameters } of mine) {
      const described = await this.prepared(site, name, text);
      if (!described) continue;
      this.add(site, name, compareRow(site.row, { text, ...described }, this.catalogue));
      this.known.get(site.node).push({ name, names: parameters, ...described });
    }
  }

  async prepared(site, name, text) {
    try {
      return await describe(this.client, text);
    } catch (error) {
      this.add(site, name, [{ kind: 'refused', subject: '', message: `is refused by PostgreSQL: ${error.message}` }]);
      return null;
    }
  }

  /** Each connection prepares a name once: the second statement of that name would run the first one's text. */
  names(made) {
    for (const [at, { name, ...place }] of made.entries())
      if (made.findIndex((each) => each.name === name) !== at)
        this.add(place, name, [{ kind: 'name', subject: '', message: 'has the name of another statement' }]);
  }

  run(run) {
    const statements = [...run.made].flatMap((node) => this.known.get(node) ?? []);
    if (run.made.size === 0)
      this.add(run, '', [
        { kind: 'unknown-statement', subject: '', message: 'runs a statement that cannot be told from the sources' },
      ]);
    for (const { name, names, ...described } of statements)
      this.add(run, name, compareValues(names, run.values, described, this.catalogue));
  }

  async question({ text, row, values, within, ...place }) {
    const name = within;
    if (text === null) {
      this.add(place, name, [
        { kind: 'no-text', subject: '', message: 'asks the driver with a text that the sources do not tell' },
      ]);
      return;
    }
    const described = await this.prepared(place, name, text);
    if (!described) return;
    this.add(place, name, compareRow(row, { text, ...described }, this.catalogue));
    const names = described.parameters.map((_, at) => String(at + 1));
    this.add(place, name, compareValues(names, values, described, this.catalogue));
  }
}
