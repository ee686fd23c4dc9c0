import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type QueuedEntry, QueuePlaces } from './queue-places.ts';

const entry = (productId: string, ms: number): QueuedEntry => ({
  productId,
  acceptedAt: new Date(ms),
});

/** Creates the places of these entries. `settle` lets workers settle checkouts at a rate. */
function givenQueue(entries: readonly QueuedEntry[]) {
  const clock = { ms: 0 };
  // The checkout whose place is requested also waits.
  let waiting = entries.length + 1;
  const places = new QueuePlaces({
    read: async () => entries,
    readMax: 20_000,
    waiting: () => waiting,
    now: () => clock.ms,
  });
  const settle = (count: number, perSecond: number) => {
    clock.ms += (count / perSecond) * 1_000;
    places.settled(count);
    waiting -= count;
  };
  return { clock, places, settle };
}

test('a place counts the earlier checkouts of the product', async () => {
  const { places } = givenQueue([entry('p', 1), entry('q', 1), entry('p', 2), entry('p', 3)]);
  expect((await places.find(entry('p', 3))).ahead).toBe(2);
  expect((await places.find(entry('q', 1))).ahead).toBe(0);
});

test('with 5,000 queued checkouts of a product the estimate is within a factor of two, from 50 to 20,000 checkouts a second', async () => {
  const queue = Array.from({ length: 5_000 }, (_, at) => entry('p', at));
  const rates = fc.double({ min: 50, max: 20_000, noNaN: true });
  await fc.assert(
    fc.asyncProperty(rates, fc.integer({ min: 0, max: 4_999 }), async (perSecond, at) => {
      const { places, settle } = givenQueue(queue);
      settle(1, 1);
      for (let batch = 1; batch <= 4; batch += 1) settle(100, perSecond);
      const { estimatedMs } = await places.find(entry('p', at));
      const realMs = ((at + 1) / perSecond) * 1_000;
      expect(estimatedMs).toBeGreaterThanOrEqual(realMs / 2);
      expect(estimatedMs).toBeLessThanOrEqual(realMs * 2 + 1);
    }),
  );
});

test('the estimate for a product with few checkouts does not include the queue of a hot product', async () => {
  const hot = Array.from({ length: 5_000 }, (_, at) => entry('hot', at));
  const { places } = givenQueue([...hot, entry('cold', 9_000)]);
  const [cold, lastHot] = [entry('cold', 9_000), entry('hot', 9_000)];
  expect((await places.find(cold)).estimatedMs).toBeLessThan(100);
  expect((await places.find(lastHot)).estimatedMs).toBeGreaterThan(2_000);
});

test('checkouts that are stored or settled after the read are counted, until the read is too old', async () => {
  const clock = { ms: 0 };
  const read = Array.from({ length: 100 }, (_, at) => entry(at < 75 ? 'hot' : 'cold', at));
  const places = new QueuePlaces({
    read: async () => read,
    readMax: 20_000,
    waiting: () => 3_000,
    now: () => clock.ms,
  });
  await places.find(entry('hot', 0));
  for (let at = 100; at < 3_000; at += 1) places.stored(entry('new', at));
  expect(places.findNew(entry('hot', 3_000)).ahead).toBe(75);
  expect(places.findNew(entry('new', 3_000)).ahead).toBe(2_900);
  expect(places.findNew(entry('other', 3_000))).toEqual({ ahead: 0, estimatedMs: 2 });
  places.settled(60);
  expect(places.findNew(entry('hot', 3_000)).ahead).toBe(30);
  expect(places.findNew(entry('hot', 50)).ahead).toBe(5);
  // The read is too old to use. Without it, all waiting checkouts may be for the same product.
  clock.ms = 60_000;
  expect(places.findNew(entry('other', 60_000))).toEqual({ ahead: 2_999, estimatedMs: 1_500 });
});

test('if a read was cut off, a product’s share of it is applied to all waiting checkouts', async () => {
  const read = Array.from({ length: 100 }, (_, at) => entry(at < 75 ? 'hot' : 'cold', at));
  const places = new QueuePlaces({ read: async () => read, readMax: 100, waiting: () => 4_001 });
  await places.find(entry('hot', 0));
  expect(places.findNew(entry('hot', 9_000)).ahead).toBe(3_000);
  expect(places.findNew(entry('cold', 9_000)).ahead).toBe(1_000);
  expect(places.findNew(entry('hot', 10)).ahead).toBe(10);
});

test('a checkout stored during a read is counted once, and an old read is renewed before a place is estimated', async () => {
  const reads: ((entries: readonly QueuedEntry[]) => void)[] = [];
  const clock = { ms: 0 };
  const places = new QueuePlaces({
    read: () => new Promise((resolve) => reads.push(resolve)),
    readMax: 20_000,
    waiting: () => 5_000,
    now: () => clock.ms,
  });
  const first = places.find(entry('p', 1));
  for (const at of [2, 3]) places.stored(entry('p', at));
  reads.shift()?.([entry('p', 1), entry('p', 2)]);
  expect((await first).ahead).toBe(0);
  expect(places.findNew(entry('p', 4)).ahead).toBe(3);
  clock.ms = 60_000;
  const later = places.find(entry('p', 60_000));
  reads.shift()?.(Array.from({ length: 2_000 }, (_, at) => entry('p', at)));
  expect((await later).ahead).toBe(2_000);
});

test('before the first successful read, all waiting checkouts are assumed to be for the same product', async () => {
  const read = () => Promise.reject(new Error('no database'));
  const places = new QueuePlaces({ read, readMax: 20_000, waiting: () => 3_000 });
  expect((await places.find(entry('p', 1))).ahead).toBe(2_999);
  expect(places.findNew(entry('q', 1)).ahead).toBe(2_999);
});

test('an idle hour does not change the estimate', async () => {
  const { clock, places, settle } = givenQueue([entry('p', 1), entry('p', 2)]);
  settle(1, 1_000);
  settle(1, 1_000);
  const { estimatedMs } = await places.find(entry('p', 2));
  clock.ms += 3_600_000;
  places.settled(1);
  expect((await places.find(entry('p', 2))).estimatedMs).toBe(estimatedMs);
});

test('the estimate assumes that, before a checkout, each other product is served at most once more than the checkout’s own', async () => {
  const queue = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ max: 50, min: 0 })),
    {
      maxLength: 60,
    },
  );
  await fc.assert(
    fc.asyncProperty(
      queue,
      fc.constantFrom('a', 'b', 'e'),
      fc.integer({ max: 60, min: 0 }),
      async (pairs, product, ms) => {
        const sorted = pairs.toSorted(([, first], [, second]) => first - second);
        const { places } = givenQueue(sorted.map(([id, at]) => entry(id, at)));
        const checkout = entry(product, ms);
        const { ahead, estimatedMs } = await places.find(checkout);
        const ids = sorted.map(([id]) => id);
        const others = [...new Set(ids)].filter((id) => id !== product);
        const served = others.map((id) =>
          Math.min(ids.filter((other) => other === id).length, ahead + 1),
        );
        const before = ahead + served.reduce((sum, count) => sum + count, 0);
        // 2,000 a second, until a rate has been measured.
        expect(estimatedMs).toBe(Math.ceil((before + 1) / 2));
        expect(places.findNew(checkout)).toEqual({ ahead, estimatedMs });
      },
    ),
  );
});
