import { expect, onTestFinished, test } from 'vitest';
import { openTestApi } from '../../testing/start-test-api.ts';
import type { ChartPoint } from './figures.ts';
import { Observatory } from './observatory.ts';

const api = await openTestApi();
const connection = { cut: () => undefined, isAdmitted: async () => true };

function givenObservatory(lingerMs?: number, onRound: () => void = () => undefined): Observatory {
  const { store, queue, clock, health } = api.context;
  const counted = {
    // Each round reads `latest` once.
    get latest() {
      onRound();
      return health.latest;
    },
  };
  const sources = { store, queue, clock, health: counted };
  const observatory = new Observatory(sources, lingerMs === undefined ? {} : { lingerMs });
  onTestFinished(() => observatory.end());
  return observatory;
}

/**
 * Watches until this many frames have come after the history. Returns the points of the history.
 */
async function watch(observatory: Observatory, frames: number): Promise<ChartPoint[]> {
  const reader = observatory.watch(connection).getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  for (let frame = 0; frame < frames; frame += 1) await reader.read();
  await reader.cancel();
  expect(first).toMatch(/^retry: 500\nevent: history\n/);
  return JSON.parse(first.slice(first.indexOf('data: ') + 'data: '.length));
}

test('a watcher that comes back soon gets the earlier points', async () => {
  const observatory = givenObservatory();
  expect(await watch(observatory, 2)).toEqual([]);
  expect(observatory.isCollecting).toBe(true);
  expect((await watch(observatory, 1)).length).toBeGreaterThanOrEqual(2);
});

test('some time after the last watcher has left, nothing is read any more', async () => {
  let rounds = 0;
  const observatory = givenObservatory(50, () => {
    rounds += 1;
  });
  await watch(observatory, 1);
  await watch(observatory, 1);
  await expect.poll(() => observatory.isCollecting).toBe(false);
  expect(rounds).toBeGreaterThanOrEqual(2);
  // The last round may still run. After it, this observatory runs no round while another
  // observatory runs three.
  const roundsMeanwhile = async () => {
    const before = rounds;
    await watch(givenObservatory(), 3);
    return rounds - before;
  };
  await expect.poll(roundsMeanwhile).toBe(0);
});

test('`end` stops collecting at once', async () => {
  const observatory = givenObservatory();
  await watch(observatory, 1);
  observatory.end();
  expect(observatory.isCollecting).toBe(false);
});
