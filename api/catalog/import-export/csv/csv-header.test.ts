import { expect, test } from 'vitest';
import { FileFault } from '../read/candidate.ts';
import { readHeader } from './csv-header.ts';

const PLAIN = ['title', 'type', 'sku', 'price', 'currency'];

test.each([
  ['Title, SKU ,TYPE,Price, currency', ['title', 'sku', 'type', 'price', 'currency']],
  [
    `${PLAIN},Variant Title,compareAtPrice,Min-Quantity`,
    [...PLAIN, 'variant_title', 'compare_at_price', 'min_quantity'],
  ],
  [`${PLAIN},,`, [...PLAIN, '', '']],
  [`,${PLAIN}`, ['', ...PLAIN]],
  [
    `${PLAIN},Options.Größe,options. 颜色 ,Attributes.WidthMM`,
    [...PLAIN, 'options.Größe', 'options.颜色', 'attributes.WidthMM'],
  ],
  [`${PLAIN},options.Gro\u0308ße`, [...PLAIN, 'options.Größe']],
])('the header %j has the columns %j', (text, columns) => {
  expect(readHeader(1, text).columns).toEqual(columns);
});

test.each([',', ';', '\t', '|'])('the cells of a file may be separated by %j', (delimiter) => {
  const names = [...PLAIN, 'options.a,b'].map((name) => `"${name}"`);
  expect(readHeader(1, names.join(delimiter))).toMatchObject({
    delimiter,
    columns: [...PLAIN, 'options.a,b'],
  });
});

function faultsIn(text: string) {
  try {
    readHeader(3, text);
  } catch (error) {
    if (error instanceof FileFault) return error.faults;
  }
  return [];
}

test.each([
  ['a first row that is not a header', 'Mug,furniture,M-1,100,GBP', '', /name the columns/],
  ['JSON', '[{"title":"Mug"}]', '', /x-ndjson/],
  ['a missing column', 'title,type,sku,price', 'currency', /missing/],
  ['a column twice', `${PLAIN},SKU`, 'sku', /twice/],
  ['an option twice', `${PLAIN},options.size,Options. size`, 'options.size', /twice/],
  ['an unknown column', `${PLAIN},Colour`, 'Colour', /options\.Colour/],
  ['a column of stock', `${PLAIN},Quantity`, 'Quantity', /adjustments/],
  [
    'a name that no option can have',
    `${PLAIN},options.__proto__`,
    'options.__proto__',
    /letter or digit/,
  ],
])('%s: the header is refused with one fault', (_, text, path, message) => {
  expect(faultsIn(text)).toEqual([
    { line: 3, path, code: 'invalid_header', message: expect.stringMatching(message) },
  ]);
});
