import type { ConsoleTexts } from '../texts/texts.js';
import type { Message } from './talk.js';

/** Characters of a message that are read out; the message itself can be gone to. */
const READ_OUT = 200;

const LOST: ReadonlySet<string | null> = new Set(['failed', 'expired']);

/** What a screen reader says of what has changed: new messages of the person, and answers that were not sent. */
export function newsOf(
  before: readonly Message[],
  now: readonly Message[],
  name: string,
  { conversations, people }: ConsoleTexts,
): string[] {
  const known = new Map(before.map((message) => [message.id, message]));
  const newest = before[0];
  return now.toReversed().flatMap((message) => {
    const old = known.get(message.id);
    if (old === undefined && message.direction === 'in' && (newest === undefined || message.at >= newest.at)) {
      const said = message.text ?? conversations.kinds[message.kind] ?? message.kind;
      return [conversations.incoming(name, said.slice(0, READ_OUT))];
    }
    if (old === undefined || old.delivery === message.delivery || !LOST.has(message.delivery)) return [];
    const why = message.delivery === 'expired' ? 'expired' : (message.reason ?? 'unknown');
    return [conversations.notSent(people.reasons[why] ?? conversations.deliveries[why] ?? why)];
  });
}
