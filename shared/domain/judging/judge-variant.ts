import { findStockDifferences, type StockDifference } from './differences.ts';
import { replay, type Timeline } from './history.ts';
import { countInversions } from './inversions.ts';
import type { StockRefusal, VariantRecord } from './variant-record.ts';

/** The findings of one variant. */
export interface VariantFindings {
  /** Units promised in the window beyond the available units. */
  readonly oversold: number;
  /** Refusals in the window that the record contradicts. */
  readonly undersold: number;
  /** Refusals and waits in the window that a later checkout overtook. */
  readonly inversions: number;
  readonly differences: readonly StockDifference[];
}

/** Judges one variant by its record alone. Only inversions depend on recorded times. */
export function judgeVariant(record: VariantRecord): VariantFindings {
  const timeline = replay(record.changes, record.stored?.version);
  return {
    oversold: timeline.oversold,
    undersold: record.refusals.filter((refusal) => isFalseRefusal(refusal, timeline)).length,
    inversions: countInversions(record.changes, listPassedOver(record, timeline), timeline),
    differences: findStockDifferences(record, timeline),
  };
}

/**
 * Lists the refusals and waits that later checkouts may have overtaken. A wait counts as a refusal
 * at the version at which it ended.
 */
function listPassedOver({ refusals, waits = [] }: VariantRecord, { latest }: Timeline) {
  if (waits.length === 0) return refusals;
  const ended = waits.map((wait) => ({ ...wait, version: Math.min(wait.version, latest) }));
  return [...refusals, ...ended];
}

/**
 * Returns whether the record contradicts a refusal: the requested units were available at the
 * version that it was based on, or that version never existed. If an earlier version is missing,
 * nothing contradicts the refusal; the missing version counts as drift.
 */
function isFalseRefusal(refusal: StockRefusal, timeline: Timeline): boolean {
  const { version, requested } = refusal;
  const exists = Number.isSafeInteger(version) && version >= 0 && version <= timeline.latest;
  if (!exists) return true;
  const available = timeline.availableAt[version];
  return available !== undefined && requested <= available;
}
