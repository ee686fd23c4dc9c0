import { expect, test } from 'vitest';
import { type FinishedJob, LockTally, type SettledWait } from './lock-tally.ts';

const NOW = new Date(Date.UTC(2026, 2, 1, 10));

function finished(agoMs: number, ...checkouts: SettledWait[]): FinishedJob {
  return { finishedAt: new Date(NOW.getTime() - agoMs), checkouts };
}

const waited = (productId: string, lockMs: number, commitMs = 4): SettledWait => {
  return { productId, lockMs, commitMs };
};

test('products are sorted by the total wait of their checkouts, then by the number of checkouts', () => {
  const tally = new LockTally();
  tally.add([finished(0, waited('calm', 0), waited('calm', 0), waited('rare', 30))]);
  tally.add([finished(1, waited('busy', 20), waited('busy', 12), waited('still', 0))]);
  expect(tally.figures()).toEqual({
    lockMeanMs: 62 / 6,
    lockLongestMs: 30,
    commitMeanMs: 4,
    contended: [
      { productId: 'busy', checkouts: 2, lockMeanMs: 16, lockLongestMs: 20 },
      { productId: 'rare', checkouts: 1, lockMeanMs: 30, lockLongestMs: 30 },
      { productId: 'calm', checkouts: 2, lockMeanMs: 0, lockLongestMs: 0 },
      { productId: 'still', checkouts: 1, lockMeanMs: 0, lockLongestMs: 0 },
    ],
  });
});

test('only waits of the ten seconds before the last finished job count, however long ago it finished', () => {
  const tally = new LockTally();
  const products = () => tally.figures()?.contended.map(({ productId }) => productId);
  tally.add([finished(10_001, waited('older', 9)), finished(10_000, waited('old', 8))]);
  expect(products()).toEqual(['older', 'old']);
  tally.add([finished(0, waited('new', 7))]);
  expect(products()).toEqual(['old', 'new']);
  tally.add([]);
  expect(products()).toEqual(['old', 'new']);
});

test('the five most contended products are shown, and all products count for the mean', () => {
  const tally = new LockTally();
  tally.add([finished(0, ...Array.from({ length: 9 }, (_, ms) => waited(`p${ms}`, ms)))]);
  const figures = tally.figures();
  expect(figures?.contended.map(({ productId }) => productId)).toEqual([
    ...['p8', 'p7', 'p6', 'p5', 'p4'],
  ]);
  expect(figures).toMatchObject({ lockMeanMs: 4, lockLongestMs: 8 });
});

test('without any finished job there are no figures', () => {
  expect(new LockTally().figures()).toBeNull();
});
