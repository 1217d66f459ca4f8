/**
 * Prints the ten spec files that cost the most CPU time in the last `npm test`, and fails when one costs more than its share.
 * CPU time and not wall time, which says little on a busy machine. There CPU time grows too, so the share is generous.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** CPU seconds that a spec file may cost, with every process that it starts. */
const BUDGET = 45;
const SHOWN = 10;

const log = fileURLToPath(new URL('../test-results/cpu.jsonl', import.meta.url));
if (!existsSync(log)) {
  console.log('CPU time of spec files is known on Linux only, after npm test.');
  process.exit();
}
const noted = readFileSync(log, 'utf8')
  .trim()
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const files = noted.filter(({ file }) => file).sort((a, b) => b.seconds - a.seconds);
const sum = (entries) => entries.reduce((total, { seconds }) => total + seconds, 0);
const server = sum(noted.filter((entry) => entry.server));

console.log(
  `${files.length} spec files cost ${sum(files).toFixed(0)} s of CPU time, the PostgreSQL that they share ${server.toFixed(0)} s. The most expensive ones:`,
);
for (const { file, seconds } of files.slice(0, SHOWN)) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
const over = files.filter(({ seconds }) => seconds > BUDGET);
for (const { file } of over)
  console.error(`${file} costs more than ${BUDGET} s: share a service, or move time instead of waiting.`);
process.exitCode = over.length > 0 ? 1 : 0;
