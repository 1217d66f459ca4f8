import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * Asks for a password, twice and unseen; where nobody sits at a terminal, the first line of standard input is it.
 *
 * @throws when the two differ, or when the input ends
 */
export async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readLine(false);
  const password = await unseen('Password: ');
  if (password !== (await unseen('Once more: '))) throw new Error('The two passwords differ.');
  return password;
}

async function unseen(question: string): Promise<string> {
  process.stderr.write(question);
  const answer = await readLine(true);
  process.stderr.write('\n');
  return answer;
}

function readLine(terminal: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal });
  return new Promise<string>((resolve, reject) => {
    reader.once('line', resolve);
    // Ctrl-C, Ctrl-D, or the end of a pipe; after a line it comes too late to matter.
    reader.once('close', () => reject(new Error('No password was given.')));
    reader.once('SIGINT', () => reader.close());
  }).finally(() => reader.close());
}
