import { z } from '@hono/zod-openapi';
import { countedAfter, sumLeft } from '../../shared/domain/purchase-limits.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** The maximum number of pending orders that a read returns for each of its queries on average. */
const HOLDS_MAX = 50;
/** The maximum number of queries in one read. Each query is for one buyer. */
const BUYERS_MAX = 200;
const WAITING_MAX = 20_000;
const READS_AT_ONCE = 2;

/** A pending order of the buyer that holds missing units. */
export const ownHold = z
  .object({
    orderId: z.string(),
    quantity: z
      .int()
      .min(1)
      .describe(
        'The units that the order holds of the variant, or of the item that a purchase limit is for.',
      ),
    until: z.iso.datetime().describe('The `reservedUntil` of the order.'),
  })
  .openapi('OwnHold', {
    description:
      'Present if there would be enough units, or the purchase limit would not be reached, without ' +
      'the buyer’s own pending orders. Contains the largest of these orders, which the buyer can ' +
      'pay or cancel.',
  });

export type OwnHold = z.output<typeof ownHold>;

/** A variant with fewer units than requested, or a reached purchase limit. */
export interface Shortage {
  readonly variantId: string;
  readonly requested: number;
  /** The units that are free, or that the buyer may still buy. */
  readonly available: number;
  /** Only for a purchase limit: the item that it is for, and the time after which orders count. */
  readonly limitOf?: { readonly itemId: string; readonly after?: Date | undefined };
}

interface ReachedLimit {
  readonly itemId: string;
  readonly variantId: string;
  readonly requested: number;
  readonly limit: number;
  readonly bought: number;
  readonly days?: number | undefined;
}

/** Returns the shortage of a buyer whose purchase limit is reached. */
export function toLimitShortage(reached: ReachedLimit, now: Date): Shortage {
  const { itemId, variantId, requested, limit, bought, days } = reached;
  const after = countedAfter({ quantity: limit, days }, now);
  return { variantId, requested, available: limit - bought, limitOf: { itemId, after } };
}

interface HoldQuery {
  readonly buyer: { readonly storefrontId: string; readonly buyerId: string };
  readonly now: Date;
  readonly shortages: readonly Shortage[];
}

type Hold = Pick<
  OrderRecord,
  | '_id'
  | 'storefrontId'
  | 'buyerId'
  | 'placedAt'
  | 'reservedUntil'
  | 'lines'
  | 'reductions'
  | 'drawId'
>;

const HOLD_FIELDS = {
  storefrontId: 1,
  buyerId: 1,
  placedAt: 1,
  reservedUntil: 1,
  lines: 1,
  reductions: 1,
  drawId: 1,
};

/** Finds out which shortages of buyers are caused by their own pending orders. */
export class OwnHolds {
  readonly #reads: GroupCommit<HoldQuery, Hold[]>;

  /** In a rush thousands of checkouts are refused at once, so concurrent refusals share a read. */
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
   * For each shortage that the buyer's pending orders would cover, returns the order that holds the
   * most units, by the id of the variant or of the item of the purchase limit. Returns an empty map
   * if the orders cannot be read, because the response is valid without them.
   */
  async find(query: HoldQuery): Promise<ReadonlyMap<string, OwnHold>> {
    const holdsByItem = new Map<string, OwnHold>();
    if (query.shortages.length === 0) return holdsByItem;
    const orders = await this.#reads.submit(query).catch((): readonly Hold[] => []);
    for (const shortage of query.shortages) {
      const { requested, available } = shortage;
      const holds = orders.map((order) => toHold(order, shortage));
      const units = holds.reduce((sum, { quantity }) => sum + quantity, 0);
      const [most] = holds.toSorted((first, second) => second.quantity - first.quantity);
      if (most !== undefined && units > 0 && requested <= available + units) {
        holdsByItem.set(toItemId(shortage), most);
      }
    }
    return holdsByItem;
  }
}

function readHolds(store: Store, queries: readonly HoldQuery[]): Promise<Hold[]> {
  const collect = <Value>(list: (query: HoldQuery) => readonly Value[]) => ({
    $in: [...new Set(queries.flatMap(list))],
  });
  const itemIds = collect(({ shortages }) => shortages.map(toItemId));
  const earliest = Math.min(...queries.map(({ now }) => now.getTime()));
  return store.orders
    .find<Hold>(
      {
        buyerId: collect(({ buyer }) => [buyer.buyerId]),
        storefrontId: collect(({ buyer }) => [buyer.storefrontId]),
        status: 'pending',
        reservedUntil: { $gt: new Date(earliest) },
        $or: [{ 'lines.variantId': itemIds }, { 'lines.productId': itemIds }],
      },
      {
        projection: HOLD_FIELDS,
        maxTimeMS: READ_TIMEOUT_MS,
        hint: 'orders_of_storefronts_buyer',
        limit: HOLDS_MAX * queries.length,
      },
    )
    .toArray();
}

function isHeldFor({ buyer, now, shortages }: HoldQuery, order: Hold): boolean {
  const isOwn = order.buyerId === buyer.buyerId && order.storefrontId === buyer.storefrontId;
  const isHeld = isOwn && order.reservedUntil > now;
  return isHeld && shortages.some((shortage) => toHold(order, shortage).quantity > 0);
}

function toItemId({ variantId, limitOf }: Shortage): string {
  return limitOf?.itemId ?? variantId;
}

function toHold(order: Hold, shortage: Shortage): OwnHold {
  const { _id: orderId, reservedUntil, placedAt, drawId } = order;
  const { after } = shortage.limitOf ?? {};
  // The units of a draw's order go to the draw's next entry, but they count for a limit.
  const isCounted =
    shortage.limitOf === undefined ? drawId === undefined : !after || placedAt > after;
  const units = sumLeft(toItemId(shortage), { ...order, status: 'pending' });
  return { orderId, quantity: isCounted ? units : 0, until: reservedUntil.toISOString() };
}
