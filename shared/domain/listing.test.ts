import { expect, test } from 'vitest';
import { makeListing } from './listing.ts';

const variant = (changes: object = {}) => ({ sku: 'S-1', price: 500, ...changes });

test('a listing has the lowest price, a sortable title and the entries for searching', () => {
  const listed = makeListing({
    title: ' Éclair Tin ',
    attributes: { material: 'tin', powerWatts: 5, connectors: ['USB', 'HDMI'] },
    variants: [
      variant({ title: 'Large', options: { colour: 'Navy' } }),
      variant({ sku: 'S-2', price: 300, options: { colour: 'Red' } }),
    ],
  });
  expect(listed).toEqual({
    price: 300,
    title: 'eclair tin',
    length: 2,
    words: [
      ...[
        '"eclairtin',
        'eclair',
        'tin',
        '#s1',
        '#s2',
        '=eclairtin',
        '=s1',
        '=s2',
        '~s',
        '~1',
        '~2',
      ],
      ...['~large', '~navy', '~red', '~usb', '~hdmi'],
    ],
  });
});

test('the sortable title has at most 80 characters, so that it fits into a cursor', () => {
  const long = '\u0000𝔘'.repeat(100);
  const { title } = makeListing({ title: long, attributes: {}, variants: [variant()] });
  expect([...title]).toHaveLength(80);
  expect(title.isWellFormed()).toBe(true);
});
