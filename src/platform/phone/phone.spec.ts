import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import type * as Libphonenumber from 'libphonenumber-js/max';
import { maskPhone, nationalPhone, parsePhone, phoneDigits, whatsappId } from './phone.js';

// Required and not imported: Jest complains of the JSON imports in its ES modules.
const { parsePhoneNumberFromString } = createRequire(import.meta.url)('libphonenumber-js/max') as typeof Libphonenumber;
const ID = ['ID'];
const NUMBER = '+6281234567890';

describe('parsePhone, Indonesia', () => {
  it.each([
    '081234567890',
    '6281234567890',
    '+6281234567890',
    '81234567890',
    '0812-3456-7890',
    '0812 3456 7890',
    '0812.3456.7890',
    '(0812) 3456-7890',
    '+62 812-3456-7890',
    '+62 (812) 3456 7890',
    '62 812 3456 7890',
    ' 081234567890 ',
    '+62 0812 3456 7890',
    '62081234567890',
    '+62 (0) 812 3456 7890',
    '006281234567890',
    '0062 812-3456-7890',
    '6281234567890@s.whatsapp.net',
    '6281234567890@c.us',
    '6281234567890:12@s.whatsapp.net',
    '+6281234567890@S.WhatsApp.Net',
    '\u202A+6281234567890\u202C',
    '\u2066081234567890\u2069',
    '\u200E0812\u200B34567890\uFEFF',
    '0812\u00AD3456\u20607890',
    '0812\u20113456\u20137890',
    '0812\u22123456\u20157890',
    '0812\u00A03456\u00A07890',
    '0812\u30003456\u20097890',
    '０８１２３４５６７８９０',
    '＋６２８１２３４５６７８９０',
    '（０８１２）３４５６－７８９０',
    '0812/3456/7890',
    '0812.345.678.90',
    '+62.812.3456.7890',
    '(0812).3456.7890',
    '(0812) 3456.7890',
    '0812. 3456. 7890',
    '0812-3456-78-90',
    '081234567890.',
    '081234567890-',
    '(081234567890)',
  ])('reads %j as one and the same number', (spelling) => {
    expect(parsePhone(spelling, ID)).toBe(NUMBER);
  });

  it.each([
    ['0811234567', '+62811234567'],
    ['0812345678901', '+62812345678901'],
    ['62 895-1234-5678', '+6289512345678'],
    ['0881 234 5678', '+628812345678'],
    ['0812.3456.700', '+628123456700'],
    ['0812-3456-7890-1', '+62812345678901'],
    ['0812.34567890', '+6281234567890'],
    ['+62.81234567890', '+6281234567890'],
    ['62812.3456-7890', '+6281234567890'],
    // Taiwan typed without its plus is taken as Indonesian: the price of accepting a bare 8….
    ['886912345678', '+62886912345678'],
  ])('reads %j as %s', (spelling, expected) => {
    expect(parsePhone(spelling, ID)).toBe(expected);
  });

  it.each([
    ['nothing', ''],
    ['only separators', ' -() '],
    ['only a plus', '+'],
    ['a letter O', 'O81234567890'],
    ['a letter inside', '0812E4567890'],
    ['an extension', '081234567890 ext 5'],
    ['a short extension', '081234567890x5'],
    ['a pause', '081234567890,5'],
    ['a tel URI', 'tel:+6281234567890'],
    ['a hash', '081234567890#1'],
    ['two plus signs', '++6281234567890'],
    ['a plus inside', '62+81234567890'],
    ['a plus before a national number', '+081234567890'],
    ['a plus before a bare number', '+81234567890'],
    ['a landline of Jakarta', '0211234567'],
    ['a landline with its country', '+62 21 1234 5678'],
    ['a shared-cost number', '0804123456'],
    ['a premium number', '0809123456'],
    ['a premium number with its country', '+62 809 1234 567'],
    ['a satellite telephone', '0868 1234 5678'],
    ['a satellite telephone with its country', '+6286812345'],
    ['080', '+6280012345678'],
    ['too short', '081234567'],
    ['too long', '08123456789012'],
    ['another country', '+60123456789'],
    ['the USA', '+14155552671'],
    ['a foreign WhatsApp id', '60123456789@s.whatsapp.net'],
    ['a national WhatsApp id', '081234567890@s.whatsapp.net'],
    ['a WhatsApp group', '6281234567890-1600000000@g.us'],
    ['a hidden WhatsApp identity', '6281234567890@lid'],
    ['another host', '6281234567890@s.whatsapp.net.evil.id'],
    ['an e-mail', 'budi@example.com'],
    ['a tab', '0812\t34567890'],
    ['a line break', '081234567890\n'],
    ['a NUL', '081234567890\0'],
    ['an escape', '\u001b081234567890'],
    ['a line separator', '081234567890\u2028'],
    ['Arabic digits', '٠٨١٢٣٤٥٦٧٨٩٠'],
    ['Persian digits', '۰۸۱۲۳۴۵۶۷۸۹۰'],
    ['Devanagari digits', '०८१२३४५६७८९०'],
    ['more than 40 characters', `081234567890${' '.repeat(29)}`],
    ['an endless one', '0'.repeat(1_000_000)],
    ['SQL', "081234567890' OR '1'='1"],
    ['half a surrogate pair', '081234567890\ud800'],
  ])('refuses %s', (_, spelling) => {
    expect(parsePhone(spelling, ID)).toBeNull();
  });

  // Without its separator, each of these would be the number of somebody else.
  it.each([
    ['a decimal', '081234567890.0'],
    ['a decimal of an international number', '6281234567890.0'],
    ['a decimal with a plus', '+6281234567890.0'],
    ['a decimal of a bare number', '81355500041.0'],
    ['a decimal with two zeros', '81355500041.00'],
    ['a decimal with three zeros', '8123456789.000'],
    ['a decimal after groups', '0812 3456 789.0'],
    ['a decimal after dots', '0812.3456.78.00'],
    ['a decimal with other digits', '0812345678.25'],
    ['a decimal in full width', '８１３５５５０００４１．０'],
    ['a decimal with a space behind it', '81355500041.0 '],
    ['a number in scientific notation', '8.1234567890E+10'],
    ['its mantissa', '8.1234567890'],
    ['a fraction', '.81234567890'],
    ['a fraction with its zero', '0.81234567890'],
    ['left-out digits', '0812...34567890'],
    ['an ellipsis', '0812\u202634567890'],
    ['two numbers that differ in the end', '0812345678/79'],
    ['two numbers, the first in groups', '0812-3456-78/79'],
    ['a range of numbers', '0812345678\u201379'],
    ['an extension', '08123456789-1'],
    ['an extension after a space', '08123456789 1'],
    ['a copy', '08123456789 (1)'],
    ['a copy of a number in groups', '0812-3456-789 (1)'],
    ['a footnote', '08123456789\u00B9'],
    ['a footnote below', '08123456789\u2081'],
    ['a circled digit', '08123456789\u2460'],
    ['a digit alone behind other groups', '+62 812 3456 7890 0'],
    ['the same with dashes', '62-812-3456-7890-1'],
    ['the same behind an own code', '0812 345 678 9'],
    ['a decimal in the middle', '0812345.67890'],
    ['a decimal behind spaces', '0812 3456.7890'],
    ['a decimal of an international number', '+62812345.67890'],
    ['a minus sign', '-081234567890'],
    ['a minus sign of typesetters', '\u2212081234567890'],
    ['a minus sign behind a space', ' - 081234567890'],
    ['a minus sign behind a plus', '+-6281234567890'],
    ['a slash in front', '/081234567890'],
    ['digits shown backwards', '\u202E098765432180'],
    ['digits shown backwards in the middle', '0812\u202E09876543\u202C'],
  ])('refuses %s', (_, spelling) => {
    expect(parsePhone(spelling, ID)).toBeNull();
  });

  it.each([
    ['+60 12-345 6789.0', ['MY']],
    ['+60123456789.0', ['ID', 'MY']],
    ['+60123456789-1', ['ID', 'MY']],
    ['6591234567.00', ['SG']],
  ])('refuses %j where %j are allowed', (spelling, allowed) => {
    expect(parsePhone(spelling, allowed)).toBeNull();
  });

  it.each([null, undefined, true, 0, 81234567890, 6281234567890n, [], ['081234567890'], {}, Object('081234567890')])(
    'refuses what is not a string: %p',
    (input: unknown) => {
      expect(parsePhone(input, ID)).toBeNull();
    },
  );

  it('accepts 40 characters and not 41', () => {
    expect(parsePhone('081234567890'.padStart(40), ID)).toBe(NUMBER);
    expect(parsePhone('081234567890'.padStart(41), ID)).toBeNull();
  });
});

describe('parsePhone, other countries', () => {
  it.each([
    ['+60 12-345 6789', ['ID', 'MY'], '+60123456789'],
    ['0060123456789', ['ID', 'MY'], '+60123456789'],
    ['60123456789', ['ID', 'MY'], '+60123456789'],
    ['60123456789@c.us', ['ID', 'MY'], '+60123456789'],
    ['081234567890', ['MY', 'ID'], NUMBER],
    ['0123456789', ['MY', 'ID'], '+60123456789'],
    ['0123456789', ['ID', 'MY'], null],
    ['012-345 6789', ['MY'], '+60123456789'],
    ['6591234567', ['MY', 'SG'], '+6591234567'],
    ['9123 4567', ['MY', 'SG'], null],
    ['+1 (415) 555-2671', ['US'], '+14155552671'],
    ['(415) 555-2671', ['US'], '+14155552671'],
    ['+1 416 555 0123', ['US'], null],
    ['081234567890', ['MY'], null],
    ['6281234567890', ['MY', 'US'], null],
    ['+6281234567890', ['MY'], null],
    ['6281234567890@s.whatsapp.net', ['US'], null],
    ['081234567890', [], null],
    ['081-234-5678', ['TH'], '+66812345678'],
    ['+60 3-2161 1234', ['MY'], null],
    ['+44 20 7946 0958', ['GB'], null],
    ['+60123456789 ext 5', ['MY'], null],
    // Premium, shared cost, personal, VoIP, satellite and toll-free ranges cost more than a message, or reach nobody.
    ['+1 900 555 0123', ['US'], null],
    ['+1 800 555 0199', ['US'], null],
    ['+60 1600 86 1234', ['MY'], null],
    ['+65 1900 112 2334', ['SG'], null],
    ['+65 3123 4567', ['SG'], null],
    ['+44 70 1234 5678', ['GB'], null],
    ['+44 909 879 0000', ['GB'], null],
    ['+49 900 1234567', ['DE'], null],
    ['+61 147 123 456', ['AU'], null],
    ['+870 773 123 456', ['ID', 'US', 'GB', 'AU'], null],
    ['+881 612 345 678', ['ID', 'US', 'GB', 'AU'], null],
    ['+882 34 512 345 67', ['ID', 'US', 'GB', 'AU'], null],
    ['+979 123 456 789', ['ID', 'US', 'GB', 'AU'], null],
    // Shares its calling code with the USA, and is dear.
    ['+1 876 555 1234', ['US'], null],
  ])('reads %j, allowed %j, as %p', (spelling, allowed, expected) => {
    expect(parsePhone(spelling, allowed)).toBe(expected);
  });
});

function inGroups(digits: string, sizes: number[]): string[] {
  const groups: string[] = [];
  for (let at = 0, group = 0; at < digits.length; group++) {
    const next = at + (sizes[group] ?? 2);
    groups.push(digits.slice(at, next));
    at = next;
  }
  return groups;
}

describe('parsePhone, for any input', () => {
  const mobile = fc
    .tuple(fc.constantFrom('1', '2', '3', '5', '6', '7', '8', '9'), fc.stringMatching(/^[0-9]{7,10}$/))
    .map(([first, rest]) => `8${first}${rest}`)
    .filter((number) => !number.startsWith('868'));
  const nearly = fc.oneof(
    fc.stringMatching(/^8[0-9]{4,13}$/),
    fc.stringMatching(/^[0-9]{5,14}$/),
    fc.stringMatching(/^8[0-9][0-9]{7,10}$/),
  );
  const spellings = ['0', '62', '+62', '', '0062', '+620', '620'];

  it('finds every spelling of a mobile number to be the same', () => {
    const separator = fc.constantFrom('', ' ', '-', ' - ', '\u200E', '\u00A0', '.', '. ');
    const widths = fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(mobile, fc.constantFrom(...spellings), widths, separator, (rest, start, sizes, between) => {
        const [plus, digits] = start.startsWith('+') ? ['+', start.slice(1)] : ['', start];
        const groups = inGroups(`${digits}${rest}`, sizes);
        // A single digit, or two zeros, behind the last dot is a decimal.
        fc.pre(!between.includes('.') || /^(?!00$)\d{2}/.test(groups.at(-1) ?? ''));
        // Behind groups of other lengths than four, a digit alone may be anything.
        fc.pre(
          /\d{2}/.test(groups.at(-1) ?? '') ||
            between === '' ||
            groups.slice(0, -1).every((group) => group.length === 4),
        );
        const spelt = plus + groups.join(between);
        fc.pre(spelt.length <= 40);
        expect(parsePhone(spelt, ID)).toBe(`+62${rest}`);
      }),
    );
  });

  it('reads no number with a decimal point as another one', () => {
    const zeros = fc.constantFrom('0', '00', '000', '5', '50');
    fc.assert(
      fc.property(mobile, fc.constantFrom(...spellings), zeros, (rest, start, decimals) => {
        expect(parsePhone(`${start}${rest}.${decimals}`, ID)).toBeNull();
      }),
    );
  });

  it('agrees with libphonenumber on what is an Indonesian mobile number, but for satellite telephones', () => {
    fc.assert(
      fc.property(fc.oneof(mobile, nearly), (rest) => {
        const theirs = parsePhoneNumberFromString(`+62${rest}`, { extract: false });
        const valid =
          !/^0?868/.test(rest) && theirs?.country === 'ID' && theirs.isValid() && theirs.getType() === 'MOBILE';
        expect(parsePhone(`+62${rest}`, ID)).toBe(valid ? theirs.number : null);
      }),
      { numRuns: 5_000 },
    );
  });

  it('never throws, and returns what it would return for its own answer', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.stringMatching(/^[+0-9 ().@:sc-]{0,40}$/),
      fc.tuple(fc.constantFrom(...spellings), mobile, fc.string({ maxLength: 4 })).map((parts) => parts.join('')),
    );
    const allowed = fc.constantFrom(['ID'], ['ID', 'MY', 'US'], ['MY', 'ID'], ['GB']);
    fc.assert(
      fc.property(fc.oneof(text, fc.anything()), allowed, (input, countries) => {
        const phone = parsePhone(input, countries);
        if (phone === null) return;
        expect(phone).toMatch(/^\+[1-9][0-9]{6,14}$/);
        expect(parsePhone(phone, countries)).toBe(phone);
        expect(parsePhone(whatsappId(phone), countries)).toBe(phone);
        // At least three digits of the number are not there.
        expect(maskPhone(phone).replaceAll('*', '').length).toBeLessThanOrEqual(phone.length - 3);
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads its own three spellings back', () => {
    fc.assert(
      fc.property(mobile, (rest) => {
        const phone = `+62${rest}`;
        for (const spelling of [nationalPhone(phone), phoneDigits(phone), whatsappId(phone)]) {
          expect(parsePhone(spelling, ID)).toBe(phone);
        }
      }),
    );
  });
});

describe('the spellings that go out', () => {
  it('writes an Indonesian number in each way', () => {
    expect(nationalPhone(NUMBER)).toBe('081234567890');
    expect(phoneDigits(NUMBER)).toBe('6281234567890');
    expect(whatsappId(NUMBER)).toBe('6281234567890@s.whatsapp.net');
  });

  it('keeps a foreign number international', () => {
    expect(nationalPhone('+14155552671')).toBe('+14155552671');
  });

  it.each([
    [NUMBER, '+62812****890'],
    ['+62811234567', '+62811****567'],
    ['+14155552671', '+14155****671'],
    ['+6591234567', '+65****67'],
    ['+1234567', '+12****67'],
    ['081234567890', '****'],
    ['budi@example.com', '****'],
    ['', '****'],
  ])('masks %j as %s', (phone, expected) => {
    expect(maskPhone(phone)).toBe(expected);
  });
});
