import { expect, it } from '@jest/globals';
import { shownAddresses } from './shown-address.js';

it.each([
  ['https://a.example/hook', 'https://a.example/hook'],
  ['https://a.example/hook?token=geheim', 'https://a.example/hook?token=…'],
  ['https://a.example/?a=1&b=2;c=3', 'https://a.example/?a=…&b=…;c=…'],
  ['https://a.example/?geheim', 'https://a.example/?…'],
  ['https://a.example/?a=1&geheim&b=', 'https://a.example/?a=…&…&b=…'],
  ['https://a.example/?next=/b?token=geheim', 'https://a.example/?next=…?token=…'],
  ['https://a.example/#/masuk', 'https://a.example/#/masuk'],
  ['https://a.example/#access_token=geheim&b=1', 'https://a.example/#access_token=…&b=…'],
  ['https://user:geheim@a.example/?x=1', 'https://…@a.example/?x=…'],
  ['smtp://user@mail.example', 'smtp://…@mail.example'],
  ['id.go.aplikasi://kembali?kunci=geheim', 'id.go.aplikasi://kembali?kunci=…'],
  ['see https://a.example/?t=geheim or http://b.example', 'see https://a.example/?t=… or http://b.example'],
  ['Apa kabar? a=b & c', 'Apa kabar? a=b & c'],
])('%s', (text, shown) => {
  expect(shownAddresses(text)).toBe(shown);
  expect(shownAddresses(shown)).toBe(shown);
});
