import { expect, test } from 'vitest';
import { judgePairs } from './run-watchers-bench.ts';

const toPairs = (...ratios: number[]) =>
  ratios.map((ratio) => ({ without: 1_000, with: 1_000 * ratio, ratio, frames: 9 }));

test.each([
  ['one cheap pair among costly ones', [0.8, 0.82, 0.84, 0.85, 1.1], false],
  ['one costly pair among cheap ones', [0.7, 0.98, 0.99, 1.01, 1.02], true],
  ['a median at the target', [0.9, 0.97, 1.2], false],
])('pairs are judged by their median: %s', (_, ratios, ok) => {
  const sorted = [...ratios].sort((first, second) => first - second);
  expect(judgePairs(toPairs(...ratios), true)).toEqual({
    ...{ ok, ratio: sorted[Math.floor(sorted.length / 2)] },
    ...{ ratioMin: sorted[0], ratioMax: sorted.at(-1) },
  });
});

test('the result is not ok if a watcher saw nothing or the verdict is not ok', () => {
  const unseen = toPairs(1, 1, 1).map((pair) => ({ ...pair, frames: 0 }));
  expect(judgePairs(unseen, true).ok).toBe(false);
  expect(judgePairs(toPairs(1, 1, 1), false).ok).toBe(false);
});
