import type { StockDelta } from '../vocabulary.ts';
import { isCount, type Timeline, type VersionRange } from './history.ts';
import type { ChangeKind } from './recorded-change.ts';
import type { StoredLevel, VariantRecord } from './variant-record.ts';

/** A number that a stock level holds. */
type StockCounter = keyof StockDelta | 'version';

/** One way in which the record of a variant contradicts itself. */
export type StockDifference = { readonly variantId: string } & (
  | {
      /** The stored number is not what orders say; on hand, what they have left of the supply. */
      readonly kind: 'counter';
      readonly counter: StockCounter;
      readonly stored: number;
      readonly expected: number;
    }
  | {
      /** Changes do not come to what orders say, though the stored counter may. */
      readonly kind: 'history';
      readonly counter: StockCounter;
      readonly recorded: number;
      readonly expected: number;
    }
  | {
      /** A change does not move units as its kind must. */
      readonly kind: 'change_shape';
      readonly version: number;
      readonly change: ChangeKind;
    }
  | ({ readonly kind: 'version_gap' } & VersionRange)
  | { readonly kind: 'version_clash'; readonly version: number }
  | { readonly kind: 'version_outside'; readonly version: number; readonly storedVersion: number }
  | { readonly kind: 'stock_missing' }
);

/** What a variant's counters should be, and what is known of how they came about. */
interface Account {
  readonly stored: StoredLevel;
  /** What the history comes to; where some of it is missing, the stored counters tell. */
  readonly recorded: StockDelta;
  readonly expected: StockDelta;
  /** Whether no version would be missing if each misplaced change were put into one that is. */
  readonly isWhole: boolean;
}

/**
 * Order states are the truth for what is reserved and sold. Units are conserved: on hand is what
 * came in from outside less what orders have sold, whatever the movements of orders say. A version
 * that is missing may have changed anything: then the stored counters are the only witness of what
 * it did, and only order states are held against them.
 */
export function makeAccount(record: VariantRecord, timeline: Timeline): Account {
  const stored = record.stored ?? { ...timeline.totals, version: timeline.latest };
  const { reserved, sold } = record.held;
  const isWhole = countVersions(timeline.missing) <= timeline.misplaced;
  const onHand = isWhole ? timeline.supply - sold : stored.onHand;
  return {
    stored,
    recorded: isWhole ? timeline.totals : stored,
    expected: { onHand, reserved, sold },
    isWhole,
  };
}

/** Every difference in the record of one variant; none when it is sound. */
export function findStockDifferences(record: VariantRecord, timeline: Timeline): StockDifference[] {
  const { variantId } = record;
  const { stored, recorded, expected } = makeAccount(record, timeline);
  const differences: StockDifference[] = [];
  if (record.stored === undefined) differences.push({ variantId, kind: 'stock_missing' });
  if (!isCount(stored.version)) {
    const numbers = { stored: stored.version, expected: timeline.latest };
    differences.push({ variantId, kind: 'counter', counter: 'version', ...numbers });
  }
  for (const range of timeline.missing) {
    differences.push({ variantId, kind: 'version_gap', ...range });
  }
  for (const version of timeline.doubled) {
    differences.push({ variantId, kind: 'version_clash', version });
  }
  for (const version of timeline.outside) {
    const { version: storedVersion } = stored;
    differences.push({ variantId, kind: 'version_outside', version, storedVersion });
  }
  for (const { version, kind: change } of timeline.misshapen) {
    differences.push({ variantId, kind: 'change_shape', version, change });
  }
  for (const counter of ['onHand', 'reserved', 'sold'] as const) {
    const [is, should, history] = [stored[counter], expected[counter], recorded[counter]];
    const common = { variantId, counter, expected: should };
    if (is !== should) differences.push({ ...common, kind: 'counter', stored: is });
    // What the changes do to units on hand follows from what they sell, if each has its shape.
    if (counter !== 'onHand' && history !== should && history !== is) {
      differences.push({ ...common, kind: 'history', recorded: history });
    }
  }
  return differences;
}

function countVersions(ranges: readonly VersionRange[]): number {
  return ranges.reduce((length, { from, to }) => length + to - from + 1, 0);
}
