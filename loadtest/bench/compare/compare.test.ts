import { expect, test } from 'vitest';
import { compare, comparisonAsText, type Pair } from './compare.ts';

const pair = (before: number, after: number): Pair => ({
  before: { hot: { perSecond: before } },
  after: { hot: { perSecond: after } },
});

test('ratios are computed within each pair, so that machine drift cancels out', () => {
  const pairs = [pair(1_000, 2_000), pair(500, 1_000), pair(2_000, 4_000)];
  expect(compare(pairs)).toEqual([
    {
      name: 'HOT',
      unit: '/s',
      before: 1_000,
      after: 2_000,
      ratio: 2,
      ratioP25: 2,
      ratioP75: 2,
      ratioMin: 2,
      ratioMax: 2,
      isBeyondNoise: false,
    },
  ]);
});

test.each([
  ['five pairs agree that it rose', [1.1, 1.2, 1.3, 1.1, 1.05], true],
  ['five pairs agree that it fell', [0.9, 0.8, 0.7, 0.95, 0.99], true],
  ['four pairs, which agree by chance too often', [1.1, 1.2, 1.3, 1.1], false],
  ['one of six pairs contradicts', [1.1, 1.2, 1.3, 1.1, 1.2, 0.99], false],
  ['one pair shows no difference', [1.1, 1.2, 1.3, 1.1, 1], false],
  ['15 of 20 pairs agree', [...Array(15).fill(1.02), ...Array(5).fill(0.9)], true],
  ['14 of 20 pairs agree', [...Array(14).fill(0.98), ...Array(6).fill(1.1)], false],
])('%s: beyond noise = %s', (_, ratios, isBeyondNoise) => {
  const pairs = ratios.map((ratio) => pair(1_000, 1_000 * ratio));
  expect(compare(pairs)).toMatchObject([{ isBeyondNoise }]);
});

test('omits a figure that is 0 or absent for one of the systems in every pair', () => {
  const pairs = [{ before: { hot: { perSecond: 0 } }, after: { hot: { perSecond: 5 } } }];
  expect(compare(pairs)).toEqual([]);
  expect(compare([{ before: {}, after: { spread: { perSecond: 1 } } }])).toEqual([]);
});

test('a pair in which a figure is 0 does not count in the comparison of this figure', () => {
  const unmeasured = { before: { hot: { perSecond: 5 } }, after: { hot: { perSecond: 0 } } };
  expect(compare([unmeasured, pair(1_000, 900)])).toMatchObject([{ ratio: 0.9, ratioMin: 0.9 }]);
});

test('prints one row for each figure', () => {
  const text = comparisonAsText(compare([pair(1_000, 1_500)]));
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toMatch(
    /HOT +1000 \/s +1500 \/s +× 1\.50 +1\.50 to 1\.50 +1\.50 to 1\.50 +within noise$/,
  );
});
