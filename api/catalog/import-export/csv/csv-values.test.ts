import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURRENCY_CODES, minorUnitDigits } from '../../../../shared/contract/iso-codes.ts';
import { findTypeName, priceAdvice, readAttribute } from './csv-values.ts';

test.each([
  ['12.50', 'GBP', '1250 for 12.50'],
  ['12,50', 'EUR', '1250 for 12,50'],
  ['£12.50', 'GBP', '1250 for £12.50'],
  ['£12', 'GBP', '1200 for £12'],
  ['12.5', 'GBP', '1250 for 12.5'],
  ['1,250.00', 'GBP', '125000 for 1,250.00'],
  ['1.250,00 €', 'EUR', '125000 for 1.250,00 €'],
  ['0.05', 'GBP', '5 for 0.05'],
  ['12.500 KD', 'KWD', '12500 for 12.500'],
  ['12.5', 'KWD', '12500 for 12.5'],
  ['1.5', 'CLF', '15000 for 1.5'],
  ['free', 'CLF', '125000 for 12.5000'],
  ['¥1200', 'JPY', 'JPY has no minor unit. Write prices as whole numbers: 1200 for ¥1200'],
  ['¥1,250', 'JPY', '1250 for ¥1,250'],
  ['1200.50', 'JPY', 'whole numbers: 1250.'],
  ['', 'JPY', 'required. JPY has no minor unit. Write prices as whole numbers: 1250.'],
  ['1,250', 'GBP', '1250 for 12.50'],
  ['12.50', 'none', '1250 for 12.50'],
  ['free', 'GBP', '1250 for 12.50'],
  ['-5', 'GBP', '0 or more'],
  ['', 'GBP', 'required. Write prices in minor units, without a point: 1250 for 12.50.'],
  // For these three currencies, CLDR has another number of digits than ISO 4217.
  ['12.50', 'RSD', '1250 for 12.50'],
  ['12.50', 'HUF', '1250 for 12.50'],
  ['12.5', 'IQD', '12500 for 12.5'],
])('the advice for the price %j in %s contains %j', (cell, currency, advice) => {
  expect(priceAdvice(cell, currency)).toContain(advice);
});

test.each(CURRENCY_CODES)(
  'the advice for amounts in %s uses the digits of the currency',
  (code) => {
    const digits = minorUnitDigits(code);
    const fractionDigits = fc.constantFrom(...(digits === 3 ? [1, 2] : [digits]));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), fractionDigits, (units, shown) => {
        const text = String(units).padStart(shown + 1, '0');
        const amount = shown === 0 ? `¤${text}` : `${text.slice(0, -shown)}.${text.slice(-shown)}`;
        const advised = String(units) + '0'.repeat(digits - shown);
        expect(priceAdvice(amount, code)).toContain(`: ${advised} for ${amount}.`);
      }),
      { numRuns: 20 },
    );
  },
);

test.each([' ', '’', ','])(
  'a price followed by a million “%s” gets advice in linear time',
  (mark) => {
    const startedAt = performance.now();
    expect(priceAdvice(`1${mark.repeat(1_000_000)}1-`, 'GBP')).toContain(
      'Write prices in minor units',
    );
    // Quadratic time would be half an hour.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  },
);

test('a whole number needs no advice', () => {
  expect(priceAdvice('1250', 'GBP')).toBeUndefined();
});

test.each([
  ['furniture', 'needsAssembly', 'TRUE', true],
  ['furniture', 'needsAssembly', 'no', false],
  ['furniture', 'needsAssembly', '1', true],
  ['furniture', 'widthMm', ' 40 ', 40],
  ['furniture', 'widthMm', 'wide', 'wide'],
  ['furniture', 'material', '40', '40'],
  ['clothing', 'fit', 'Slim', 'slim'],
  ['electronics', 'connectors', '["USB-C","HDMI"]', ['USB-C', 'HDMI']],
  ['electronics', 'connectors', 'USB-C; HDMI', ['USB-C', 'HDMI']],
])('for the type %s, the cell of %s with %j is read as %j', (type, name, cell, value) => {
  expect(readAttribute(type, name, cell)).toEqual(value);
});

test('letter case of a type does not matter', () => {
  expect(findTypeName('Furniture')).toBe('furniture');
  expect(findTypeName('Vehicle')).toBe('Vehicle');
});
