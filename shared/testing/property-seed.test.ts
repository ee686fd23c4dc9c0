import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testSeed } from './promises.ts';

test('a property without its own seed uses the seed of the file', () => {
  const seen: number[] = [];
  const noted = fc.property(fc.integer(), (value) => void seen.push(value));
  fc.assert(noted);
  expect(seen).toEqual(fc.sample(fc.integer(), { numRuns: seen.length, seed: testSeed }));
  expect(fc.sample(fc.integer(), 20)).toEqual(seen.slice(0, 20));
});
