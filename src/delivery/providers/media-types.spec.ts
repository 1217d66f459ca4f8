import { describe, expect, it } from '@jest/globals';
import { PlainText, TEXT, fileName, mediaTypeOf, textTypeOf } from './media-types.js';

/** Whether these pieces, one after the other, are a text. */
function isText(...pieces: (string | number[])[]): boolean {
  const text = new PlainText();
  return pieces.every((piece) => text.add(Buffer.from(piece as string))) && text.end();
}

describe('PlainText', () => {
  it.each([
    [['halo\r\n', 'dunia\t']],
    [['caf', [0xc3], [0xa9]]],
    [['1 < 2', ' > 1']],
    [['\ufeffa;b\n']],
    [['a <b> c']],
  ])('takes %j', (pieces) => expect(isText(...pieces)).toBe(true));

  it.each([
    [['<script>']],
    [['a\n<scr', 'ipt>']],
    [['a\n<', '  ', 'ScRiPt src=x>']],
    [['  \n', ' <a>']],
    [['#!/bin/sh']],
    [['{\\rtf1']],
    [['a', [0x00]]],
    [['a', [0x1b], '[31m']],
    [['caf', [0xe9]]],
    [['caf', [0xc3]]],
    [['a\n<?php echo 1']],
  ])('refuses %j', (pieces) => expect(isText(...pieces)).toBe(false));
});

describe('mediaTypeOf', () => {
  it('looks at the bytes and the kind', async () => {
    const pdf = Buffer.from('%PDF-1.7\n');
    expect(await mediaTypeOf('document', pdf)).toMatchObject({ mimetype: 'application/pdf' });
    expect(await mediaTypeOf('image', pdf)).toBeNull();
    expect(await mediaTypeOf('document', Buffer.from('halo'))).toBe(TEXT);
    expect(await mediaTypeOf('image', Buffer.from('halo'))).toBeNull();
  });
});

describe('fileName', () => {
  const csv = textTypeOf('daftar.CSV');
  it.each([
    ['daftar.CSV', 'daftar.csv'],
    ['daftar', 'daftar.csv'],
    ['daftar.exe', 'daftar.exe.csv'],
    ['a/b\\c.csv', 'c.csv'],
    ['...', 'file.csv'],
    ['😀'.repeat(200), `${'😀'.repeat(100)}.csv`],
  ])('makes of %j', (given, name) => expect(fileName(given, csv)).toBe(name));
});
