import { type IncomingMessage } from 'node:http';
import { expect, it } from '@jest/globals';
import { withoutSlashAtEnd } from './trailing-slash.js';

it.each([
  ['/api/health/', '/api/health'],
  ['/api/health/?a=/', '/api/health?a=/'],
  ['/api/health/#a/', '/api/health#a/'],
  ['/a/', '/a'],
  ['/webhook/whacenter/geheim/', '/webhook/whacenter/geheim'],
  ['http://masuk.example/api/health/?a', 'http://masuk.example/api/health?a'],
  ['/oidcs/', '/oidcs'],
])('%s is %s', (url, expected) => expect(withoutSlashAtEnd({ url } as IncomingMessage)).toBe(expected));

it.each([
  '/',
  '/?a=/',
  '//',
  '/api/health',
  '/api/health//',
  '/api/health?next=/',
  '/oidc/',
  '/oidc/token/',
  'http://masuk.example/',
  '*',
  '',
])('%j stays as it is', (url) => expect(withoutSlashAtEnd({ url } as IncomingMessage)).toBe(url));
