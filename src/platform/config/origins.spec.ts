import { describe, expect, it } from '@jest/globals';
import { isOrigin, originOf, rightsOf } from './origins.js';

describe('an entry of FRONTEND_URL', () => {
  it.each([
    ['https://app.example', 'https://app.example'],
    ['HTTPS://App.Example:443/path/?a#b', 'https://app.example'],
    ['http://localhost:3000/', 'http://localhost:3000'],
    ['http://[::1]:5173', 'http://[::1]:5173'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['Ionic://localhost/', 'ionic://localhost'],
    ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'],
  ])('%s is the origin %s', (entry, origin) => {
    expect(originOf(entry)).toBe(origin);
    expect(isOrigin(originOf(entry))).toBe(true);
  });

  it.each([
    '*',
    'null',
    'app.example',
    'localhost:3000',
    'https://*.app.example',
    'https://',
    'capacitor://',
    'capacitor:localhost',
    'file:///index.html',
    'data:text/html,x',
    'javascript://x',
    'wss://app.example',
    'https://app.example https://b.example',
  ])('%s is refused', (entry) => expect(isOrigin(originOf(entry))).toBe(false));
});

describe('rightsOf', () => {
  const both = { calls: true, credentials: true };
  const calls = { calls: true, credentials: false };
  const none = { calls: false, credentials: false };
  const listed = ['https://app.example', 'http://localhost:3000', 'https://localhost', 'capacitor://localhost'];

  it.each([
    ['https://app.example', both],
    ['http://localhost:3000', both],
    ['https://localhost', calls],
    ['capacitor://localhost', calls],
    ['https://localhost:3000', none],
    ['ionic://localhost', none],
    ['https://app.example.evil.example', none],
    ['null', none],
    [undefined, none],
  ])('of %s, where some are listed', (origin, rights) => expect(rightsOf(origin, listed)).toEqual(rights));

  it.each([
    ['http://localhost:5173', calls],
    ['https://localhost:5173', calls],
    ['https://localhost', calls],
    ['http://127.0.0.1:3000', calls],
    ['http://[::1]:3000', calls],
    ['capacitor://localhost', calls],
    ['ionic://localhost', calls],
    ['https://app.example', none],
    ['https://localhost.evil.example', none],
    ['capacitor://localhost.evil', none],
    ['capacitor://evil', none],
    ['null', none],
    [undefined, none],
  ])('of %s, for pages of this machine', (origin, rights) => expect(rightsOf(origin, null)).toEqual(rights));
});
