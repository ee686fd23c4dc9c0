import { expect, test } from 'vitest';
import { createFreedUnitsQueue } from './freed-units-queue.ts';

/**
 * Variants of a full round, and rounds that run concurrently; the constants of the queue are
 * private.
 */
const ROUND_MAX = 8;
const ROUNDS_MAX = 4;

/** A queue whose rounds end when the test releases them. */
function givenFreedUnits() {
  const rounds: { readonly variantIds: readonly string[]; readonly end: () => void }[] = [];
  const freedUnits = createFreedUnitsQueue((variantIds) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rounds.push({ variantIds, end: resolve });
    return promise;
  });
  const add = (...variantIds: string[]) =>
    freedUnits.add(variantIds.map((variantId) => ({ variantId })));
  return { freedUnits, rounds, add };
}

const variants = (count: number) => Array.from({ length: count }, (_, index) => `var_${index}`);

test('a round that waits delays only its own variants', async () => {
  const { freedUnits, rounds, add } = givenFreedUnits();
  add(...variants(ROUND_MAX));
  add('late');
  expect(rounds.map(({ variantIds }) => variantIds)).toEqual([variants(ROUND_MAX), ['late']]);
  for (const { end } of rounds) end();
  await freedUnits.stop();
});

test('at most four rounds run concurrently, and the next round begins when one of them ends', async () => {
  const { freedUnits, rounds, add } = givenFreedUnits();
  add(...variants(ROUND_MAX * ROUNDS_MAX + 1));
  expect(rounds).toHaveLength(ROUNDS_MAX);
  rounds[2]?.end();
  await expect.poll(() => rounds.length).toBe(ROUNDS_MAX + 1);
  expect(rounds.at(-1)?.variantIds).toEqual([`var_${ROUND_MAX * ROUNDS_MAX}`]);
  for (const { end } of rounds) end();
  await freedUnits.stop();
});

test('a variant that is freed while a round serves it is served again after that round', async () => {
  const { freedUnits, rounds, add } = givenFreedUnits();
  add('var_1');
  add('var_1');
  expect(rounds).toHaveLength(1);
  rounds[0]?.end();
  await expect.poll(() => rounds.length).toBe(2);
  expect(rounds[1]?.variantIds).toEqual(['var_1']);
  rounds[1]?.end();
  await freedUnits.stop();
});

test('a stopped queue begins no further round', async () => {
  const { freedUnits, rounds, add } = givenFreedUnits();
  add('var_1');
  const stopped = freedUnits.stop();
  add('var_2');
  rounds[0]?.end();
  await stopped;
  expect(rounds).toHaveLength(1);
});
