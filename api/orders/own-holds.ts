import { z } from '@hono/zod-openapi';
import { heldLines } from '../../shared/domain/reductions.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Pending orders of one buyer that are read at most. */
const HOLDS_MAX = 50;

/** A pending order of the buyer that holds the units which are lacking. */
export const ownHold = z
  .object({
    orderId: z.string(),
    quantity: z.int().min(1).describe('The units of the variant that it holds.'),
    until: z.iso.datetime().describe('Its `reservedUntil`.'),
  })
  .openapi('OwnHold', {
    description:
      'The buyer’s own pending order, without which there would be enough units: pay it, or cancel it.',
  });

export type OwnHold = z.output<typeof ownHold>;

/** A variant with fewer units than were asked for. */
export interface Shortage {
  readonly variantId: string;
  readonly requested: number;
  readonly available: number;
}

interface HoldQuery {
  readonly buyer: { readonly storefrontId: string; readonly buyerId: string };
  readonly now: Date;
  readonly shortages: readonly Shortage[];
}

type Hold = Pick<OrderRecord, '_id' | 'reservedUntil' | 'lines' | 'reductions'>;

/**
 * Finds shortages that the buyer's own pending orders cause: with what these hold there would be
 * enough. Returns by variant the order that holds the most. If the orders cannot be read in time,
 * returns nothing, because the answer is complete without.
 */
export async function findOwnHolds(
  store: Store,
  { buyer: { buyerId, storefrontId }, now, shortages }: HoldQuery,
): Promise<ReadonlyMap<string, OwnHold>> {
  const found = new Map<string, OwnHold>();
  if (shortages.length === 0) return found;
  const variantIds = shortages.map(({ variantId }) => variantId);
  const orders = await store.orders
    .find<Hold>(
      {
        ...{ buyerId, storefrontId, status: 'pending', reservedUntil: { $gt: now } },
        'lines.variantId': { $in: variantIds },
      },
      {
        projection: { reservedUntil: 1, lines: 1, reductions: 1 },
        maxTimeMS: READ_TIMEOUT_MS,
        hint: 'orders_of_buyer',
        sort: { placedAt: -1, _id: -1 },
        limit: HOLDS_MAX,
      },
    )
    .toArray()
    .catch((): Hold[] => []);
  for (const { variantId, requested, available } of shortages) {
    const holds = orders.map((order) => toHold(order, variantId));
    const units = holds.reduce((sum, { quantity }) => sum + quantity, 0);
    const [most] = holds.toSorted((first, second) => second.quantity - first.quantity);
    if (most !== undefined && units > 0 && requested <= available + units) {
      found.set(variantId, most);
    }
  }
  return found;
}

function toHold(order: Hold, variantId: string): OwnHold {
  const { _id: orderId, reservedUntil } = order;
  const own = heldLines(order).filter((line) => line.variantId === variantId);
  const quantity = own.reduce((sum, line) => sum + line.quantity, 0);
  return { orderId, quantity, until: reservedUntil.toISOString() };
}
