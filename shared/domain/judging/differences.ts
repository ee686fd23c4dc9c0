import type { StockDelta } from '../vocabulary.ts';
import type { DrawUnits } from './draw-units.ts';
import { isCount, type Timeline, type VersionRange } from './history.ts';
import type { ChangeKind } from './recorded-change.ts';
import type { StoredLevel, VariantRecord } from './variant-record.ts';

/** A number that a stock level holds. */
type StockCounter = keyof StockDelta | 'version' | 'heldByUnlisted';

/** One way in which the record of a variant contradicts itself. */
export type StockDifference = { readonly variantId: string } & (
  | {
      /**
       * A stored counter differs from the value that orders and changes imply. On hand must be the
       * supply less the units sold.
       */
      readonly kind: 'counter';
      readonly counter: StockCounter;
      readonly stored: number;
      readonly expected: number;
    }
  | {
      /** The sum of the changes differs from the orders and from the stored counter. */
      readonly kind: 'history';
      readonly counter: StockCounter;
      readonly recorded: number;
      readonly expected: number;
    }
  | {
      /** A change does not move units as its kind requires. */
      readonly kind: 'change_shape';
      readonly version: number;
      readonly change: ChangeKind;
    }
  | ({
      /** A draw does not hold exactly the units that its orders leave. */
      readonly kind: 'draw_held';
    } & DrawUnits)
  | ({ readonly kind: 'version_gap' } & VersionRange)
  | { readonly kind: 'version_clash'; readonly version: number }
  | { readonly kind: 'version_outside'; readonly version: number; readonly storedVersion: number }
  | { readonly kind: 'stock_missing' }
);

/** A variant's counters as stored, as recorded by its changes, and as they should be. */
interface Account {
  readonly stored: StoredLevel;
  /** The sum of the changes; if some are missing, the stored counters. */
  readonly recorded: StockDelta;
  readonly expected: StockDelta;
  /** Whether there are enough misplaced changes to fill all missing versions. */
  readonly isWhole: boolean;
}

/**
 * Computes the account of a variant. Order states decide what is reserved and sold. Units are
 * conserved: on hand is the supply from outside less what orders have sold, whatever the movements
 * of orders contain. If a version is missing, its change may have moved any units. The stored
 * counters are then the only evidence, and only `reserved` and `sold` are compared with the orders.
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

/** Finds every difference in the record of one variant. */
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
    const [storedUnits, expectedUnits] = [stored[counter], expected[counter]];
    const common = { variantId, counter, expected: expectedUnits };
    if (storedUnits !== expectedUnits) {
      differences.push({ ...common, kind: 'counter', stored: storedUnits });
    }
    // On hand is not compared: if each change has the shape of its kind, its effect on units on
    // hand follows from the units that it sells.
    if (counter === 'onHand') continue;
    const recordedUnits = recorded[counter];
    if (recordedUnits !== expectedUnits && recordedUnits !== storedUnits) {
      differences.push({ ...common, kind: 'history', recorded: recordedUnits });
    }
  }
  const [held, expectedHeld] = [stored.heldByUnlisted ?? 0, record.held.heldByUnlisted ?? 0];
  if (held !== expectedHeld) {
    const numbers = { stored: held, expected: expectedHeld };
    differences.push({ variantId, kind: 'counter', counter: 'heldByUnlisted', ...numbers });
  }
  for (const units of record.draws ?? []) {
    if (units.stored !== units.expected)
      differences.push({ variantId, kind: 'draw_held', ...units });
  }
  return differences;
}

function countVersions(ranges: readonly VersionRange[]): number {
  return ranges.reduce((length, { from, to }) => length + to - from + 1, 0);
}
