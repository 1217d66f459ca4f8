import { expect, it } from '@jest/globals';
import { GrowingList } from './growing-list.js';
import { type Known } from './merge.js';

// Answers are given by hand, in the order that a test says.

interface Question {
  readonly cursor: string | null;
  readonly answer: (items: string, nextCursor: string | null) => Promise<void>;
  readonly fail: () => Promise<void>;
}

/** Everything that waits for an answer has been done. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function listed() {
  const questions: Question[] = [];
  const host = { addController() {}, removeController() {}, requestUpdate() {}, updateComplete: Promise.resolve(true) };
  const page = (cursor: string | null) =>
    new Promise<Known<string>>((resolve, reject) =>
      questions.push({
        cursor,
        answer: (items, nextCursor) => (resolve({ items: [...items], nextCursor }), settled()),
        fail: () => (reject(new Error('lost')), settled()),
      }),
    );
  const list = new GrowingList<string>(host, page, (item) => item);
  const asked = (): Question => {
    const question = questions.shift();
    if (question === undefined) throw new Error('nothing was asked');
    return question;
  };
  const known = () => [list.value?.items.join(''), list.value?.nextCursor];
  return { list, asked, known };
}

async function withTwoPages() {
  const it = listed();
  void it.list.look();
  await it.asked().answer('fed', 'd');
  return it;
}

it('keeps older items that come after a newer look was asked for, and answered', async () => {
  const { list, asked, known } = await withTwoPages();
  void list.more();
  const older = asked();
  void list.look();
  await asked().answer('gfe', 'e');
  await older.answer('cba', null);
  expect([known(), list.growing]).toEqual([['gfedcba', null], false]);
});

it('keeps older items that come while a look is on its way', async () => {
  const { list, asked, known } = await withTwoPages();
  void list.look();
  const look = asked();
  void list.more();
  await asked().answer('cba', null);
  await look.answer('gfe', 'e');
  expect(known()).toEqual(['gfedcba', null]);
});

it('keeps both where both come at once', async () => {
  const { list, asked, known } = await withTwoPages();
  void list.look();
  const look = asked();
  void list.more();
  await Promise.all([look.answer('gfe', 'e'), asked().answer('cba', null)]);
  expect(known()).toEqual(['gfedcba', null]);
});

it('asks behind the new end where the list was got anew meanwhile', async () => {
  const { list, asked, known } = await withTwoPages();
  void list.more();
  const older = asked();
  void list.look();
  await asked().answer('zyx', 'x');
  await older.answer('cba', null);
  const again = asked();
  expect(again.cursor).toBe('x');
  await again.answer('wv', null);
  expect(known()).toEqual(['zyxwv', null]);
});

it('forgets answers for the list that was shown before, and asks anew after a failure', async () => {
  const { list, asked, known } = await withTwoPages();
  void list.more();
  const older = asked();
  list.clear();
  void list.look();
  await asked().answer('3', '3');
  await older.answer('cba', null);
  expect([known(), list.growing]).toEqual([['3', '3'], false]);
  void list.more();
  await asked().fail();
  expect([list.error?.code, list.growing]).toEqual(['unexpected_answer', false]);
  void list.more();
  await asked().answer('21', null);
  expect([known(), list.error]).toEqual([['321', null], null]);
});
