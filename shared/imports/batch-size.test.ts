import { expect, test } from 'vitest';
import { BATCH_MAX, BatchSize, type Weight } from './batch-size.ts';

async function* products(weight: Weight): AsyncGenerator<Weight> {
  for (;;) yield weight;
}

const light = { bytes: 1, variants: Array(1) };

test.each([
  ['products', light, BATCH_MAX.products],
  ['variants', { bytes: 1, variants: Array(100) }, 20],
  ['bytes', { bytes: 200_000, variants: Array(1) }, 5],
])('a batch is bounded by its %s', async (_, weight, count) => {
  expect(await new BatchSize().fill(products(weight))).toHaveLength(count);
});

test('a product larger than a batch makes a batch of its own', async () => {
  const huge = { bytes: 10 * BATCH_MAX.bytes, variants: Array(1) };
  expect(await new BatchSize().fill(products(huge))).toHaveLength(1);
});

test('a batch is halved down to one product', async () => {
  const size = new BatchSize();
  const lengths: number[] = [];
  for (; !size.isSmallest; size.halve()) lengths.push((await size.fill(products(light))).length);
  expect(lengths).toEqual([500, 250, 125, 62, 31, 15, 7, 3, 1]);
  size.halve();
  expect(await size.fill(products(light))).toHaveLength(1);
});

test('a batch grows with each success, up to its bound', async () => {
  const size = new BatchSize();
  size.halve();
  size.grow();
  expect((await size.fill(products(light))).length).toBeGreaterThan(BATCH_MAX.products / 2);
  for (let times = 0; times < 10; times += 1) size.grow();
  expect(await size.fill(products(light))).toHaveLength(BATCH_MAX.products);
});
