import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Holdings, shareOut } from './share-out.ts';

const holdings = (workers: string, holders: string): Holdings => ({
  workers: [...workers],
  holders: [...holders].map((holder) => (holder === '-' ? undefined : holder)),
});

test('the only worker claims all partitions', () => {
  expect(shareOut(holdings('a', '----'), 'a')).toEqual({ claim: [0, 1, 2, 3], giveUp: [] });
});

test('when a second worker joins, the first worker gives up half', () => {
  expect(shareOut(holdings('ab', 'aaaa'), 'a')).toEqual({ claim: [], giveUp: [2, 3] });
  expect(shareOut(holdings('ab', 'aaaa'), 'b')).toEqual({ claim: [], giveUp: [] });
  expect(shareOut(holdings('ab', 'aa--'), 'b')).toEqual({ claim: [2, 3], giveUp: [] });
});

test('workers that start together claim different partitions', () => {
  const empty = holdings('abc', '----');
  expect(['a', 'b', 'c'].map((me) => shareOut(empty, me).claim)).toEqual([[0, 1], [2], [3]]);
});

test('with fewer partitions than workers, a worker that joins takes no partition of another worker', () => {
  const full = holdings('abc', 'ab');
  expect(['a', 'b', 'c'].map((me) => shareOut(full, me))).toEqual([
    { claim: [], giveUp: [] },
    { claim: [], giveUp: [] },
    { claim: [], giveUp: [] },
  ]);
});

test('a worker that the others do not see yet does nothing', () => {
  expect(shareOut(holdings('a', '--'), 'b')).toEqual({ claim: [], giveUp: [] });
});

const WORKERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const partitions = fc.integer({ min: 1, max: 64 });
/** Workers in the order in which they joined. */
const someWorkers = fc.shuffledSubarray(WORKERS, { minLength: 1 });

/**
 * Runs the workers in turn, each with the holdings that the others left, until no worker changes
 * anything.
 */
function settleDown(workers: readonly string[], holders: (string | undefined)[]) {
  let moves = 0;
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const me of workers) {
      const { claim, giveUp } = shareOut({ workers, holders }, me);
      for (const partition of giveUp) holders[partition] = undefined;
      for (const partition of claim) holders[partition] = me;
      moves += claim.length;
      isMoving ||= claim.length + giveUp.length > 0;
    }
  }
  return moves;
}

const countHeld = (holders: readonly unknown[], worker: string | undefined) =>
  holders.filter((holder) => holder === worker).length;

test('after workers join or leave, every partition has a holder and the shares are even', () => {
  fc.assert(
    fc.property(partitions, fc.array(someWorkers, { minLength: 1, maxLength: 6 }), (n, crews) => {
      const holders: (string | undefined)[] = Array.from({ length: n }, () => undefined);
      for (const workers of crews) {
        // The leases of workers that left have lapsed.
        for (const [partition, holder] of holders.entries()) {
          if (holder !== undefined && !workers.includes(holder)) holders[partition] = undefined;
        }
        const before = [...holders];
        const moves = settleDown(workers, holders);
        const shares = workers.map((worker) => countHeld(holders, worker));
        expect(holders).not.toContain(undefined);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        // Only partitions without a holder, or above a worker's share, move.
        const above = workers.map((worker, at) =>
          Math.max(0, countHeld(before, worker) - (shares[at] ?? 0)),
        );
        const free = countHeld(before, undefined);
        expect(moves).toBe(free + above.reduce((sum, count) => sum + count, 0));
      }
    }),
  );
});

test('workers that see the same holdings never claim the same partition', () => {
  fc.assert(
    fc.property(
      someWorkers,
      fc.array(fc.option(fc.constantFrom(...WORKERS), { nil: undefined }), { minLength: 1 }),
      (workers, holders) => {
        const claims = workers.flatMap((me) => shareOut({ workers, holders }, me).claim);
        expect(new Set(claims).size).toBe(claims.length);
        for (const partition of claims) expect(holders[partition]).toBeUndefined();
      },
    ),
  );
});
