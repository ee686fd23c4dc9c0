import type { Timeline } from './history.ts';

/** A refusal for stock, with the version that it saw. */
export interface StockRefusal {
  /** NaN when the refusal names none. */
  readonly version: number;
  /** Units of the variant that were asked for. */
  readonly requested: number;
  /** When the refused checkout was accepted, in epoch ms; only if fairness can be judged by it. */
  readonly acceptedAtMs?: number;
}

/**
 * Whether the record contradicts a refusal: at the version it saw the units asked for were
 * available, or there never was such a version. Where the history before that version is not
 * whole nothing contradicts it; the hole itself is counted as drift.
 */
export function isFalseRefusal(refusal: StockRefusal, timeline: Timeline): boolean {
  const { version, requested } = refusal;
  const exists = Number.isSafeInteger(version) && version >= 0 && version <= timeline.latest;
  if (!exists) return true;
  const available = timeline.availableAt[version];
  return available !== undefined && requested <= available;
}
