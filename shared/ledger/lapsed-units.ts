import { heldLines } from '../domain/reductions.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { Store } from '../store/store.ts';

/**
 * The maximum number of lapsed orders that are read. There are few, because a sweep expires them.
 */
const LAPSED_MAX = 1_000;

/** The units of a variant that lapsed orders hold. */
interface LapsedUnits {
  readonly units: number;
  /** The part of these units that `heldByUnlisted` counts. */
  readonly unlisted: number;
}

type LapsedOrder = Pick<OrderRecord, 'lines' | 'reductions' | 'isUnlisted'>;

/**
 * Reads, for each of these variants, the units that pending orders hold although their reservations
 * have ended. A checkout can get these units, because its settlement expires such orders first.
 * Orders of draws are left out, because their units go to the next entry of the draw.
 */
export async function readLapsedUnits(
  { orders }: Store,
  variantIds: readonly string[],
  { now, maxTimeMS }: { readonly now: Date; readonly maxTimeMS: number },
): Promise<ReadonlyMap<string, LapsedUnits>> {
  const lapsed = new Map<string, LapsedUnits>();
  if (variantIds.length === 0) return lapsed;
  const wanted = new Set(variantIds);
  const lapsedOrders = await orders
    .find<LapsedOrder>(
      {
        status: 'pending',
        reservedUntil: { $lte: now },
        'lines.variantId': { $in: [...variantIds] },
        drawId: { $exists: false },
      },
      {
        projection: { lines: 1, reductions: 1, isUnlisted: 1 },
        sort: { reservedUntil: 1 },
        ...{ limit: LAPSED_MAX, maxTimeMS, hint: 'pending_by_expiry' },
      },
    )
    .toArray();
  for (const order of lapsedOrders) {
    for (const { variantId, quantity } of heldLines(order)) {
      if (!wanted.has(variantId)) continue;
      const { units, unlisted } = lapsed.get(variantId) ?? { units: 0, unlisted: 0 };
      const unlistedUnits = order.isUnlisted === true ? quantity : 0;
      lapsed.set(variantId, { units: units + quantity, unlisted: unlisted + unlistedUnits });
    }
  }
  return lapsed;
}
