import { expect, it } from '@jest/globals';
import { initialsOf } from './initials.js';

it.each([
  ['Siti Aminah', 'SA'],
  ['siti nur aminah', 'SA'],
  ['Budi', 'B'],
  ['  Budi  ', 'B'],
  ["<O'Neil> & Sons", 'OS'],
  ['(Wati) 3', 'W'],
  ['𝒜lia Élan', '𝒜É'],
  ['42 !', ''],
  ['', ''],
])('abbreviates %j to %j', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
