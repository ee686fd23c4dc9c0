import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testSeed } from './promises.ts';

test('a property without its own seed uses the seed of the file', () => {
  const values: number[] = [];
  const property = fc.property(fc.integer(), (value) => void values.push(value));
  fc.assert(property);
  expect(values).toEqual(fc.sample(fc.integer(), { numRuns: values.length, seed: testSeed }));
  expect(fc.sample(fc.integer(), 20)).toEqual(values.slice(0, 20));
});
