import type { Clock } from '../../../shared/runtime/clock.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { StockRecord } from '../../../shared/store/collections/stock.ts';
import type { Store } from '../../../shared/store/store.ts';

/** A longer read is useless, because its result would be too old. */
const READ_TIMEOUT_MS = 250;
/** Reservations that end within this time are read. This time exceeds `KNOWN_STOCK_AGE_MS_MAX`. */
const HOLDS_AHEAD_MS = 1_000;
/** The maximum number of pending orders in one read. */
const HOLDS_MAX = 200;

/** The stock of a variant at one read. */
export interface StockReading {
  readonly available: number;
  readonly version: number;
  /** No reservation of the variant ends before this time, in milliseconds since the epoch. */
  readonly holdsUntilMs: number;
}

/** Reads the stock of these variants, by variant id; unknown variants are left out. */
export type StockReader = (variantIds: readonly string[]) => Promise<Map<string, StockReading>>;

type Level = Pick<StockRecord, '_id' | 'onHand' | 'reserved' | 'version'>;
type Hold = Pick<OrderRecord, 'reservedUntil'> & {
  readonly lines: readonly { readonly variantId: string }[];
};

/**
 * Creates a reader that returns what the majority has stored, so that no failover undoes it. It
 * also reads the pending orders whose reservations have ended or will end soon. They are few,
 * because a sweep expires them.
 */
export function createStockReader(store: Store, clock: Clock): StockReader {
  return async (variantIds) => {
    const options = { readConcern: { level: 'majority' }, maxTimeMS: READ_TIMEOUT_MS } as const;
    const $in = [...variantIds];
    const untilMs = clock.now().getTime() + HOLDS_AHEAD_MS;
    const [levels, holds] = await Promise.all([
      store.stock
        .find<Level>(
          { _id: { $in } },
          { ...options, projection: { onHand: 1, reserved: 1, version: 1 } },
        )
        .toArray(),
      store.orders
        .find<Hold>(
          {
            status: 'pending',
            reservedUntil: { $lte: new Date(untilMs) },
            'lines.variantId': { $in },
          },
          {
            ...options,
            projection: { _id: 0, reservedUntil: 1, 'lines.variantId': 1 },
            sort: { reservedUntil: 1 },
            limit: HOLDS_MAX,
            hint: 'pending_by_expiry',
          },
        )
        .toArray(),
    ]);
    const firstEndsMs = findFirstEnds(holds);
    // If the list reached the limit, the reservations that end after the last listed one are
    // unknown.
    const last = holds.length < HOLDS_MAX ? undefined : holds.at(-1);
    const othersUntilMs = last?.reservedUntil.getTime() ?? untilMs;
    return new Map(
      levels.map(({ _id, onHand, reserved, version }) => {
        const holdsUntilMs = firstEndsMs.get(_id) ?? othersUntilMs;
        return [_id, { available: onHand - reserved, version, holdsUntilMs }];
      }),
    );
  };
}

/** Returns when the first reservation of each variant ends, by variant id. */
function findFirstEnds(holds: readonly Hold[]): Map<string, number> {
  const firstEndsMs = new Map<string, number>();
  for (const { reservedUntil, lines } of holds) {
    for (const { variantId } of lines) {
      if (!firstEndsMs.has(variantId)) firstEndsMs.set(variantId, reservedUntil.getTime());
    }
  }
  return firstEndsMs;
}
