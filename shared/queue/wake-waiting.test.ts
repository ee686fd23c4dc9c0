import { expect, test } from 'vitest';
import { createWaker } from './wake-waiting.ts';

const ROUND_MAX = 8;
const ROUNDS_MAX = 4;

/** A waker whose rounds end when the test releases them. */
function givenWaker() {
  const rounds: { readonly variantIds: readonly string[]; readonly end: () => void }[] = [];
  const waker = createWaker((variantIds) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rounds.push({ variantIds, end: resolve });
    return promise;
  });
  const wake = (...variantIds: string[]) =>
    waker.wake(variantIds.map((variantId) => ({ variantId })));
  return { waker, rounds, wake };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `var_${index}`);

test('a round that waits delays only its own variants', async () => {
  const { waker, rounds, wake } = givenWaker();
  wake(...names(ROUND_MAX));
  wake('late');
  expect(rounds.map(({ variantIds }) => variantIds)).toEqual([names(ROUND_MAX), ['late']]);
  for (const { end } of rounds) end();
  await waker.stop();
});

test('few rounds run concurrently, and the next one begins when one ends', async () => {
  const { waker, rounds, wake } = givenWaker();
  wake(...names(ROUND_MAX * ROUNDS_MAX + 1));
  expect(rounds).toHaveLength(ROUNDS_MAX);
  rounds[2]?.end();
  await expect.poll(() => rounds.length).toBe(ROUNDS_MAX + 1);
  expect(rounds.at(-1)?.variantIds).toEqual([`var_${ROUND_MAX * ROUNDS_MAX}`]);
  for (const { end } of rounds) end();
  await waker.stop();
});

test('a variant that is freed while a round serves it is served again after that round', async () => {
  const { waker, rounds, wake } = givenWaker();
  wake('var_1');
  wake('var_1');
  expect(rounds).toHaveLength(1);
  rounds[0]?.end();
  await expect.poll(() => rounds.length).toBe(2);
  expect(rounds[1]?.variantIds).toEqual(['var_1']);
  rounds[1]?.end();
  await waker.stop();
});

test('a stopped waker begins no further round', async () => {
  const { waker, rounds, wake } = givenWaker();
  wake('var_1');
  const stopped = waker.stop();
  wake('var_2');
  rounds[0]?.end();
  await stopped;
  expect(rounds).toHaveLength(1);
});
