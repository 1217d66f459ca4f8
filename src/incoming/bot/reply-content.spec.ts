import { describe, expect, it } from '@jest/globals';
import { type ReplyDto } from './conversations.dto.js';
import { replyContent } from './reply-content.js';

const image = (url: string): ReplyDto => ({ media: { kind: 'image', url } });

/** The field that is told to be wrong. */
function faultOf(body: ReplyDto): unknown {
  try {
    return replyContent(body);
  } catch (error) {
    const { code, details } = error as { code: string; details: (language: 'en') => { field: string }[] };
    return [code, ...details('en').map(({ field }) => field)].join(' ');
  }
}

describe('what staff answers', () => {
  it('is a text as it is, or a file by its address', () => {
    expect(replyContent({ text: 'Selamat pagi' })).toEqual({ text: 'Selamat pagi' });
    const media = { kind: 'document', url: 'HTTPS://files.example:8443/a b.pdf#x', fileName: 'hasil.pdf' } as const;
    expect(replyContent({ media: { ...media, caption: '' } })).toEqual({
      text: '',
      media: { kind: 'document', url: 'https://files.example:8443/a%20b.pdf', caption: null, fileName: 'hasil.pdf' },
    });
  });

  it('is one of them', () => {
    expect([faultOf({}), faultOf({ text: null, media: null })]).toEqual(Array(2).fill('validation_failed text'));
    expect(faultOf({ text: 'x', ...image('https://files.example/a') })).toBe('validation_failed text');
  });

  it.each([
    'http://files.example/a.png',
    'ftp://files.example/a.png',
    'data:image/png;base64,AAAA',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '//files.example/a.png',
    'https://user@files.example/a.png',
    'https://:secret@files.example/a.png',
    'https://files.example:22/a.png',
    'https://',
    'files.example/a.png',
    `https://files.example/${'ä'.repeat(400)}`,
    '',
  ])('has an https address without credentials, and not %s', (url) => {
    expect(faultOf(image(url))).toBe('validation_failed media.url');
  });

  it('has no words with a sound, and names documents alone', () => {
    const url = 'https://files.example/a';
    expect(faultOf({ media: { kind: 'audio', url, caption: 'x' } })).toBe('validation_failed media.caption');
    for (const kind of ['image', 'video', 'audio'] as const)
      expect(faultOf({ media: { kind, url, fileName: 'a.pdf' } })).toBe('validation_failed media.fileName');
  });
});
