import { findStockDifferences, type StockDifference } from './differences.ts';
import { replay } from './history.ts';
import { countInversions } from './inversions.ts';
import { isFalseRefusal } from './refusals.ts';
import type { VariantRecord } from './variant-record.ts';

/** What the record of one variant proves. */
export interface VariantFindings {
  /** Units promised in the window when there were none. */
  readonly oversold: number;
  /** Refusals in the window that the record contradicts. */
  readonly undersold: number;
  /** Refused in the window though somebody who came after their answer was served. */
  readonly inversions: number;
  readonly differences: readonly StockDifference[];
}

/** Judges one variant by its record alone; needs no clock. */
export function judgeVariant(record: VariantRecord): VariantFindings {
  const timeline = replay(record.changes, record.stored?.version);
  return {
    oversold: timeline.oversold,
    undersold: record.refusals.filter((refusal) => isFalseRefusal(refusal, timeline)).length,
    inversions: countInversions(record.changes, record.refusals, timeline),
    differences: findStockDifferences(record, timeline),
  };
}
