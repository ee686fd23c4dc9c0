import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SETTLE_CHECKOUTS } from '../contract/jobs.ts';
import { toPartition } from '../contract/partitions.ts';
import { nameJobs, toJobs, toQueuePlace } from './checkout-queue.ts';

const products = fc.constantFrom('prd_a', 'prd_b', 'prd_c', 'prd_d', 'prd_e');
const group = fc
  .array(products, { maxLength: 500 })
  .map((ids) => ids.map((productId, n) => ({ checkoutId: `chk_${n}`, productId, lines: 1 })));

test('each job has checkouts of one partition, in order, and the id of the first; all jobs of a partition but the last are full', () => {
  fc.assert(
    fc.property(group, fc.integer({ min: 1, max: 8 }), (checkouts, partitions) => {
      const ids = nameJobs(checkouts, partitions, ({ checkoutId }) => `${checkoutId}.0`);
      const assigned = checkouts.map((checkout, index) => ({
        ...checkout,
        jobId: ids[index] ?? '',
      }));
      const jobs = toJobs(assigned);
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
      const partitionsOfJobs = jobs.map(({ id, data }) => {
        const checkoutPartitions = data.checkouts.map(({ productId }) =>
          toPartition(productId, partitions),
        );
        const numbers = data.checkouts.map(({ checkoutId }) => Number(checkoutId.slice(4)));
        expect(new Set(checkoutPartitions).size).toBe(1);
        expect(checkoutPartitions.length).toBeLessThanOrEqual(SETTLE_CHECKOUTS.checkoutsMax);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(id).toBe(`${data.checkouts[0]?.checkoutId}.0`);
        return checkoutPartitions[0];
      });
      for (const partition of new Set(partitionsOfJobs)) {
        const sizes = jobs
          .filter((_, index) => partitionsOfJobs[index] === partition)
          .map(({ data }) => data.checkouts.length);
        const full = sizes.slice(0, -1);
        expect(full).toEqual(full.map(() => SETTLE_CHECKOUTS.checkoutsMax));
      }
      expect(jobs.flatMap(({ data }) => data.checkouts)).toHaveLength(checkouts.length);
    }),
  );
});

test('on a single Redis, the queues of all partitions but the first have a hash tag', () => {
  const single = { isCluster: false };
  expect(toQueuePlace(single, 'lastunit', 0)).toEqual({
    name: 'checkouts',
    prefix: 'lastunit:queue',
  });
  expect(toQueuePlace(single, 'lastunit', 3)).toEqual({
    name: 'checkouts-3',
    prefix: 'lastunit:queue:{3}',
  });
});

test('in a Redis Cluster, the queue of the first partition has a hash tag too', () => {
  expect(toQueuePlace({ isCluster: true }, 'lastunit', 0)).toEqual({
    name: 'checkouts',
    prefix: 'lastunit:queue:{0}',
  });
});
