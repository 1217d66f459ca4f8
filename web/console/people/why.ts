import type { Answer } from '../kit/api.js';
import { clock } from '../kit/moments.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';

export type Person = Answer<'/api/users/{id}', 'get'>['data'];

type Lock = Person['locks'][number];
type Texts = ConsoleTexts['people'];

/** Why somebody may not get in, most serious first. `serious`: nothing that ends by itself, or that is nothing at all. */
export interface Why {
  readonly sentences: readonly string[];
  readonly tone: 'success' | 'warning' | 'danger';
}

/** Milliseconds after which a code is no longer waited for. */
const WAITED_FOR = 3_600_000;

/** The strongest reason comes first. */
const ORDER: readonly Lock['reason'][] = [
  'disabled',
  'closed',
  'failed_sends',
  'wrong_codes',
  'too_many_codes',
  'wrong_passwords',
  'cooldown',
];

/** Answers "why can this person not log in?" from what the service knows: locks, the number, the newest code. */
export function whyNot(person: Person, texts: Texts, language: Language): Why {
  const locks = [...person.locks].sort((one, other) => ORDER.indexOf(one.reason) - ORDER.indexOf(other.reason));
  const hindering = locks.filter(({ reason }) => reason !== 'cooldown');
  const ofCode = aboutLastCode(person, texts);
  const all = [
    ...hindering.map((lock) => aboutLock(lock, texts, language)),
    ...(person.phone === null ? [texts.why.noNumber] : []),
    ...(ofCode === null ? [] : [ofCode]),
    ...locks.filter(({ reason }) => reason === 'cooldown').map((lock) => aboutLock(lock, texts, language)),
  ];
  // Wrong passwords of an e-mail and of its account are one sentence.
  const sentences = [...new Set(all)];
  if (sentences.length === 0) return { sentences: [texts.why.fine], tone: 'success' };
  const isShut = locks.some(({ reason }) => reason === 'disabled' || reason === 'closed');
  return { sentences, tone: isShut ? 'danger' : 'warning' };
}

function aboutLock({ reason, until, devices }: Lock, { why }: Texts, language: Language): string {
  const said = why[reason];
  const sentence = typeof said === 'string' ? said : said(until === null ? why.someday : clock(until, language));
  if (devices === 'other') return `${sentence} ${why.onlyOther}`;
  return devices === 'known' ? `${sentence} ${why.onlyKnown}` : sentence;
}

/** Of the newest message with a code: whether it may not have reached its phone. Null: nothing speaks against it. */
function aboutLastCode({ lastSends }: Person, { why, reasons }: Texts): string | null {
  const last = lastSends.find(({ purpose }) => !purpose.startsWith('notice.'));
  if (last === undefined || last.usedAt !== null) return null;
  // Later nobody waits for it any more.
  const isRecent = Date.now() - Date.parse(last.at) < WAITED_FOR;
  switch (last.state) {
    case 'FAILED':
      return why.notSent(reasons[last.reason ?? 'unknown'] ?? last.reason ?? '');
    case 'EXPIRED':
      return why.expired;
    case 'UNKNOWN':
      return isRecent ? why.mayBeSent : null;
    case 'PENDING':
      return isRecent ? why.pending : null;
    case 'ACCEPTED':
    case 'SENT':
      return isRecent ? why.noReceipt : null;
    default:
      return null;
  }
}
