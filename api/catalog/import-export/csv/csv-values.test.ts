import { expect, test } from 'vitest';
import { attributeOfCell, priceAdvice, typeOfCell } from './csv-values.ts';

test.each([
  ['12.50', 'GBP', '1250 for 12.50'],
  ['12,50', 'EUR', '1250 for 12,50'],
  ['£12.50', 'GBP', '1250 for £12.50'],
  ['£12', 'GBP', '1200 for £12'],
  ['12.5', 'GBP', '1250 for 12.5'],
  ['1,250.00', 'GBP', '125000 for 1,250.00'],
  ['1.250,00 €', 'EUR', '125000 for 1.250,00 €'],
  ['0.05', 'GBP', '5 for 0.05'],
  ['12.500 KD', 'KWD', '1250 for 12.50'],
  ['¥1200', 'JPY', '1200 for ¥1200'],
  ['1200.50', 'JPY', 'whole numbers'],
  ['1,250', 'GBP', '1250 for 12.50'],
  ['12.50', 'none', '1250 for 12.50'],
  ['free', 'GBP', '1250 for 12.50'],
  ['-5', 'GBP', '0 or more'],
  ['', 'GBP', 'required'],
])('for the price %j in %s a seller reads %j', (cell, currency, advice) => {
  expect(priceAdvice(cell, currency)).toContain(advice);
});

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
])('for %s, %s %j is %j', (type, name, cell, value) => {
  expect(attributeOfCell(type, name, cell)).toEqual(value);
});

test('letter case of a type does not matter', () => {
  expect(typeOfCell('Furniture')).toBe('furniture');
  expect(typeOfCell('Vehicle')).toBe('Vehicle');
});
