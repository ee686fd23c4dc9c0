import type { JudgedWindow, Verdict } from '../../domain/judging/verdict.ts';
import { pause } from '../../runtime/deadline.ts';
import type { Store } from '../../store/store.ts';
import { countFittingWaits } from './fitting-waits.ts';
import { windowFilter } from './record-cursors.ts';
import { takeVerdict } from './verdict.ts';

interface DrainOptions extends JudgedWindow {
  /** Gives up when the number of remaining checkouts has not fallen for this long. */
  readonly stalledMsMax?: number;
  readonly pollMs?: number;
}

/** Longer than another worker needs to take over the checkouts of a killed worker. */
const DRAIN_STALLED_MS_MAX = 30_000;
const POLL_MS = 250;

/**
 * Waits until no checkout of the window is queued, and none that waits for units could be served.
 * @returns false if it gave up; the remaining checkouts are lost unless a worker still settles them
 */
export async function waitUntilDrained(store: Store, options: DrainOptions = {}): Promise<boolean> {
  const { from, to, stalledMsMax = DRAIN_STALLED_MS_MAX, pollMs = POLL_MS } = options;
  let fewest = Number.POSITIVE_INFINITY;
  let giveUpAt = performance.now() + stalledMsMax;
  for (;;) {
    const left =
      (await countQueued(store, { from, to })) +
      (await countFittingWaits(store, { from, to }, new Date()));
    if (left === 0) return true;
    if (left < fewest) {
      fewest = left;
      giveUpAt = performance.now() + stalledMsMax;
    }
    if (performance.now() >= giveUpAt) return false;
    await pause(pollMs);
  }
}

/**
 * Waits until the queue has drained, and then takes the verdict. If the wait gives up, checkouts
 * that are still queued count as lost, and waiting checkouts that fit as undersold.
 */
export async function takeDrainedVerdict(
  store: Store,
  options: DrainOptions = {},
): Promise<Verdict> {
  await waitUntilDrained(store, options);
  const { from, to } = options;
  return takeVerdict(store, { from, to, drained: true });
}

/**
 * Counts the queued checkouts with majority read concern, like the snapshots of the verdict. On a
 * busy machine these lag behind the last commits, so a count of the latest data could be too low.
 */
async function countQueued(store: Store, window: JudgedWindow): Promise<number> {
  // The bound on acceptedAt matches all checkouts; it makes MongoDB use the index of queued
  // checkouts.
  const filter = {
    ...windowFilter(window),
    status: 'queued' as const,
    acceptedAt: { $gte: new Date(0) },
  };
  return store.checkouts.countDocuments(filter, { readConcern: { level: 'majority' } });
}
