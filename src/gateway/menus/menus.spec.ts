import { describe, expect, it } from '@jest/globals';
import { choiceOf, renderMenu } from './menus.js';

const choices = [
  { id: 'umum', title: 'Poli Umum' },
  { id: 'gigi', title: 'Poli Gigi' },
  { id: 'lagi', title: 'Lainnya' },
  { id: 'lain', title: 'lainnya' },
];

describe('renderMenu', () => {
  it('numbers the choices through all sections', () => {
    const sections = [
      { title: 'Pagi', rows: [{ id: 'a', title: '08.00', description: 'dr. Sari' }] },
      { title: 'Sore', rows: [{ id: 'b', title: '16.00' }] },
    ];
    expect(renderMenu({ text: 'Pilih jadwal', heading: 'Jadwal', footer: 'Klinik', sections }, 'id')).toEqual({
      text: 'Pilih jadwal\n\n*Jadwal*\n\n*Pagi*\n1. 08.00\n    dr. Sari\n\n*Sore*\n2. 16.00\n\nBalas dengan nomor pilihan Anda.\n\n_Klinik_',
      choices: [
        { id: 'a', title: '08.00' },
        { id: 'b', title: '16.00' },
      ],
    });
  });
});

describe('choiceOf', () => {
  it.each([
    ['2', 'gigi'],
    [' 2. ', 'gigi'],
    ['2)', 'gigi'],
    ['02', 'gigi'],
    ['2️⃣', 'gigi'],
    ['２', 'gigi'],
    ['no 1', 'umum'],
    ['Nomor 1', 'umum'],
    ['#1', 'umum'],
    ['poli  GIGI', 'gigi'],
    ['3', 'lagi'],
  ])('takes %j for %s', (answer, id) => expect(choiceOf(answer, choices)?.id).toBe(id));

  it.each(['', '0', '5', '-1', '1 2', '1,2', '12 orang', '1e0', 'lainnya', 'halo', '1'.repeat(200)])(
    'takes %j for none',
    (answer) => expect(choiceOf(answer, choices)).toBeNull(),
  );
});
