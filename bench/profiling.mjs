/** One more turn of the service under a profiler. Not among the measured ones: profiling costs time. */
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { profileDuring, profileReport, summarize } from './cpu-profile.mjs';
import { startCounting, statementsReport } from './statements.mjs';
import { play } from './target-turn.mjs';

/** Prints where the service's CPU time goes (`--cpu`), and PostgreSQL's by statement (`--sql`). */
export async function profileTurns(stage, targets) {
  const { options, say } = stage;
  const { logins } = options;
  for (const profile of options.profile) {
    const target = targets.find(({ name }) => name === profile);
    if (options.sql) await startCounting(target.databaseUrl);
    const turn = () => play(stage, target, { people: options.people[0], count: logins });
    const taken = options.cpu ? await profileDuring(target.child, turn) : await turn();
    if (options.cpu) {
      const file = join(os.tmpdir(), `masuk-${profile}.cpuprofile`);
      await writeFile(file, JSON.stringify(taken));
      say(`${profile}: profile kept in ${file}`);
      profileReport(summarize(taken), logins).forEach(say);
      say();
    }
    if (options.sql) {
      (await statementsReport(target.databaseUrl, logins)).forEach(say);
      say();
    }
  }
}
