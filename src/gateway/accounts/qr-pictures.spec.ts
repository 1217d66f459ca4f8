import { expect, it } from '@jest/globals';
import { QrPictures } from './qr-pictures.js';

/** What was drawn, in its order; `fails` is what cannot be drawn. */
function open(fails?: string) {
  const drawn: string[] = [];
  const pictures = new QrPictures(async (text) => {
    drawn.push(text);
    if (text === fails) throw new Error('too long');
    return `picture of ${text}`;
  });
  return { drawn, pictures };
}

it('draws each text once, also for those who ask at the same time', async () => {
  const { drawn, pictures } = open();
  const asked = await Promise.all(['a', 'b', 'a'].map((text) => pictures.pictureOf(text)));
  expect(asked).toEqual(['picture of a', 'picture of b', 'picture of a']);
  expect(await pictures.pictureOf('b')).toBe('picture of b');
  expect(drawn).toEqual(['a', 'b']);
});

it('keeps the pictures of two hundred texts', async () => {
  const { drawn, pictures } = open();
  for (let at = 0; at <= 200; at++) await pictures.pictureOf(`${at}`);
  await pictures.pictureOf('1');
  expect(drawn).toHaveLength(201);
  await pictures.pictureOf('0');
  expect(drawn).toHaveLength(202);
});

it('tries again what could not be drawn', async () => {
  const { drawn, pictures } = open('x');
  await expect(pictures.pictureOf('x')).rejects.toThrow('too long');
  await expect(pictures.pictureOf('x')).rejects.toThrow('too long');
  expect(drawn).toEqual(['x', 'x']);
});
