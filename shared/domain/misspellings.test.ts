import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCommonest, nearWords } from './misspellings.ts';

test.each([
  ['christmass', 'christmas'],
  ['chrismas', 'christmas'],
  ['lantren', 'lantern'],
  ['retrospt', 'retrospot'],
  ['lanturn', 'lantern'],
])('%s may mean %s', (written, meant) => {
  expect(nearWords(written)).toContain(meant);
});

test.each(['cat', 'a', '', '22423', '85123a', "children's", 'タワー', 'x'.repeat(21)])(
  '%s is not corrected',
  (written) => expect(nearWords(written)).toEqual([]),
);

const word = fc.stringMatching(/^[a-z]{4,20}$/);

test('near words begin with the same letter, differ by one letter, and are near in both directions', () => {
  fc.assert(
    fc.property(word, fc.nat(), (written, seed) => {
      const near = nearWords(written);
      expect(new Set(near).size).toBe(near.length);
      expect(near).not.toContain(written);
      expect(near.length).toBeLessThanOrEqual(53 * written.length);
      expect(near.filter((other) => other.charAt(0) !== written.charAt(0))).toEqual([]);
      const other = near[seed % near.length] ?? '';
      expect(Math.abs(other.length - written.length)).toBeLessThanOrEqual(1);
      if (other.length >= 4 && other.length <= 20) expect(nearWords(other)).toContain(written);
    }),
    { numRuns: 500 },
  );
});

test('the most common near word wins, and among equals the first in alphabetical order', () => {
  const near = ['lantern', 'lanterns', 'lancer'];
  const products = [['red', 'lanterns'], ['lantern'], ['lantern', 'lantern', 'lancer']];
  expect(findCommonest(near, products)).toBe('lantern');
  expect(findCommonest(near, [['lanterns'], ['lancer']])).toBe('lancer');
  expect(findCommonest(near, [['red'], []])).toBeUndefined();
});
