import { z } from '@hono/zod-openapi';
import { heldLines } from '../../shared/domain/reductions.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Pending orders read for one buyer, and buyers in one read. */
const HOLDS_MAX = 50;
const BUYERS_MAX = 200;
const WAITING_MAX = 20_000;
const READS_AT_ONCE = 2;

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

/** A variant with fewer units than requested. */
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

type Hold = Pick<
  OrderRecord,
  '_id' | 'storefrontId' | 'buyerId' | 'reservedUntil' | 'lines' | 'reductions'
>;

/** Finds shortages that the buyers' own pending orders cause. */
export class OwnHolds {
  readonly #reads: GroupCommit<HoldQuery, Hold[]>;

  /** In a rush thousands are refused in a moment, so concurrent refusals share a read. */
  constructor(store: Store) {
    this.#reads = new GroupCommit({
      name: 'own holds',
      itemsMax: BUYERS_MAX,
      queueMax: WAITING_MAX,
      parallelMax: READS_AT_ONCE,
      commit: async (queries) => {
        const orders = await readHolds(store, queries);
        return queries.map((query) => ({
          value: orders.filter((order) => isHeldFor(query, order)),
        }));
      },
    });
  }

  /**
   * Returns, by variant, the buyer's pending order that holds the most units, if the units of these
   * orders would be enough. Returns nothing if the orders cannot be read in time, because the
   * answer is valid without them.
   */
  async find(query: HoldQuery): Promise<ReadonlyMap<string, OwnHold>> {
    const found = new Map<string, OwnHold>();
    if (query.shortages.length === 0) return found;
    const orders = await this.#reads.submit(query).catch((): readonly Hold[] => []);
    for (const { variantId, requested, available } of query.shortages) {
      const holds = orders.map((order) => toHold(order, variantId));
      const units = holds.reduce((sum, { quantity }) => sum + quantity, 0);
      const [most] = holds.toSorted((first, second) => second.quantity - first.quantity);
      if (most !== undefined && units > 0 && requested <= available + units) {
        found.set(variantId, most);
      }
    }
    return found;
  }
}

function readHolds(store: Store, queries: readonly HoldQuery[]): Promise<Hold[]> {
  const collect = <Value>(pick: (query: HoldQuery) => readonly Value[]) => ({
    $in: [...new Set(queries.flatMap(pick))],
  });
  const earliest = Math.min(...queries.map(({ now }) => now.getTime()));
  return store.orders
    .find<Hold>(
      {
        buyerId: collect(({ buyer }) => [buyer.buyerId]),
        storefrontId: collect(({ buyer }) => [buyer.storefrontId]),
        status: 'pending',
        reservedUntil: { $gt: new Date(earliest) },
        'lines.variantId': collect(({ shortages }) => shortages.map(({ variantId }) => variantId)),
        // The units of a draw's order go to the draw's next entry.
        drawId: { $exists: false },
      },
      {
        projection: { storefrontId: 1, buyerId: 1, reservedUntil: 1, lines: 1, reductions: 1 },
        maxTimeMS: READ_TIMEOUT_MS,
        hint: 'orders_of_buyer',
        limit: HOLDS_MAX * queries.length,
      },
    )
    .toArray();
}

function isHeldFor({ buyer, now, shortages }: HoldQuery, order: Hold): boolean {
  const isOwn = order.buyerId === buyer.buyerId && order.storefrontId === buyer.storefrontId;
  const isHeld = isOwn && order.reservedUntil > now;
  return (
    isHeld &&
    order.lines.some((line) => shortages.some((each) => each.variantId === line.variantId))
  );
}

function toHold(order: Hold, variantId: string): OwnHold {
  const { _id: orderId, reservedUntil } = order;
  const own = heldLines(order).filter((line) => line.variantId === variantId);
  const quantity = own.reduce((sum, line) => sum + line.quantity, 0);
  return { orderId, quantity, until: reservedUntil.toISOString() };
}
