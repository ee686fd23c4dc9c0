import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';

interface Item {
  readonly lane: string;
  readonly id: string;
}

const queueOf = (...items: readonly Item[]): FairQueue<Item> => {
  const queue = new FairQueue<Item>({ laneOf: ({ lane }) => lane, positionOf: ({ id }) => id });
  for (const item of items) queue.push(item);
  return queue;
};
const upTo = (count: number) => {
  let left = count;
  return () => {
    left -= 1;
    return left >= 0;
  };
};
const idsOf = (items: readonly Item[]) => items.map(({ id }) => id);
const hot = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ lane: 'hot', id: `h${1_000 + index}` }));

test('the backlog of one lane does not delay another lane', () => {
  const queue = queueOf(...hot(5), { lane: 'quiet', id: 'q' });
  expect(idsOf(queue.take(upTo(3)))).toEqual(['h1000', 'q', 'h1001']);
  const has = (wanted: string) => queue.some(({ id }) => id === wanted);
  expect(['h1001', 'h1002', 'q'].map(has)).toEqual([false, true, false]);
  expect(idsOf(queue.take(upTo(9)))).toEqual(['h1002', 'h1003', 'h1004']);
  expect(queue.size).toBe(0);
});

test('an older item that arrives late is taken before newer items of its lane', () => {
  const [first, ...others] = hot(4);
  const queue = queueOf(...others);
  if (first !== undefined) queue.push(first);
  expect(idsOf(queue.take(upTo(2)))).toEqual(['h1000', 'h1001']);
});

test('with more lanes than a group has room for, each lane is served within two groups', () => {
  const lanes = ['a', 'b', 'c', 'd', 'e'];
  const queue = queueOf(...lanes.flatMap((lane) => [1, 2, 3].map((n) => ({ lane, id: `${n}` }))));
  const groups = [queue.take(upTo(3)), queue.take(upTo(3)), queue.take(upTo(3))];
  expect(groups.map((group) => group.map(({ lane }) => lane).join(''))).toEqual([
    'abc',
    'dea',
    'bcd',
  ]);
});

const items = fc.array(
  fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), id: fc.nat(50).map((n) => `${100 + n}`) }),
  { maxLength: 60 },
);

test('every item is taken once, in order within its lane, and no waiting lane is passed over', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 4, max: 9 }), (pushed, groupSize) => {
      const queue = queueOf(...pushed);
      const taken: Item[] = [];
      while (queue.size > 0) {
        const waiting = new Set(
          pushed.filter((item) => !taken.includes(item)).map(({ lane }) => lane),
        );
        const group = queue.take(upTo(groupSize));
        expect(new Set(group.map(({ lane }) => lane))).toEqual(waiting);
        taken.push(...group);
      }
      expect(taken).toHaveLength(pushed.length);
      for (const lane of ['a', 'b', 'c', 'd']) {
        const ids = idsOf(taken.filter((item) => item.lane === lane));
        expect(ids).toEqual([...ids].sort());
      }
    }),
  );
});

test('the order stays right after thousands of taken items were dropped', () => {
  const queue = queueOf(...hot(5_000));
  expect(queue.take(upTo(4_000))).toHaveLength(4_000);
  for (const item of hot(10)) queue.push(item);
  expect(idsOf(queue.take(upTo(20)))).toEqual([
    ...idsOf(hot(10)),
    ...Array.from({ length: 10 }, (_, index) => `h${5_000 + index}`),
  ]);
  expect(queue.size).toBe(990);
});
