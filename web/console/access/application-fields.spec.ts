import { expect, it } from '@jest/globals';
import { consoleTexts } from '../texts/texts.js';
import { changesOf, fieldsIn } from './application-fields.js';

const fields = fieldsIn(consoleTexts('en'));
const [one, other] = ['https://a.example.id/cb', 'https://b.example.id/cb'];
const BEGAN = { name: 'Dasbor', redirectUris: `${one}\n${other}`, scopes: 'openid,email,profile', firstParty: 'false' };

it('sends nothing of a form that was not touched, in whichever order its scopes are ticked', () => {
  expect(changesOf(fields, BEGAN, { ...BEGAN, scopes: 'profile,email', firstParty: '' })).toEqual({});
});

it('sends addresses in another order, and scopes with those that the form does not show', () => {
  expect(changesOf(fields, BEGAN, { ...BEGAN, redirectUris: `${other}\n${one}`, scopes: 'phone' })).toEqual({
    redirectUris: [other, one],
    scopes: ['openid', 'phone'],
  });
});
