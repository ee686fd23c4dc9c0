import { USING_STATUSES } from '../../shared/domain/discounts/uses.ts';
import {
  type CountedOrder,
  countBought,
  type ItemLimit,
  listLimits,
} from '../../shared/domain/purchase-limits.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { CatalogContext } from './context.ts';

/** A purchase limit that some buyers have already exceeded. */
export interface ExceededLimit {
  /** The dotted path of the limit in the product. */
  readonly path: string;
  /** The units that the limit allows. */
  readonly quantity: number;
  /** The number of buyers that have bought more. */
  readonly buyers: number;
}

/**
 * The maximum number of orders that are searched, to bound the duration of an edit: the latest
 * orders of the shop that count as purchases.
 */
const ORDERS_MAX = 10_000;

/** The result of a search for the limits of a product that some buyers have exceeded. */
export interface ExceededLimits {
  readonly limits: readonly ExceededLimit[];
  /**
   * True if not all orders that count as purchases were searched, or if the orders could not be
   * read.
   */
  readonly isIncomplete: boolean;
}

const USING_ORDERS = { status: { $in: [...USING_STATUSES] } };

type FoundOrder = CountedOrder & Pick<OrderRecord, 'storefrontId' | 'buyerId'>;

/**
 * Finds the limits of a product that are below what some buyers have bought. Does not throw if the
 * orders cannot be read, because the edit that set the limits is already stored.
 */
export async function findExceededLimits(
  context: Pick<CatalogContext, 'store' | 'clock' | 'log'>,
  product: ProductRecord,
  ordersMax: number = ORDERS_MAX,
): Promise<ExceededLimits> {
  const limits = listLimits(product);
  if (limits.length === 0) return { limits: [], isIncomplete: false };
  try {
    return await searchOrders(context, product, limits, ordersMax);
  } catch (error) {
    const reason = errorMessage(error);
    context.log.warn({ productId: product._id, reason }, 'exceeded limits could not be read');
    return { limits: [], isIncomplete: true };
  }
}

async function searchOrders(
  { store, clock }: Pick<CatalogContext, 'store' | 'clock'>,
  product: ProductRecord,
  limits: readonly ItemLimit[],
  ordersMax: number,
): Promise<ExceededLimits> {
  const filter = { shopId: product.shopId, ...USING_ORDERS };
  const counting = store.orders.countDocuments(filter, {
    ...{ limit: ordersMax + 1, maxTimeMS: READ_TIMEOUT_MS },
  });
  const finding = store.orders
    .aggregate<FoundOrder>(
      [
        { $match: filter },
        { $sort: { placedAt: -1, _id: -1 } },
        { $limit: ordersMax },
        { $match: { 'lines.productId': product._id } },
        {
          $project: {
            storefrontId: 1,
            buyerId: 1,
            status: 1,
            placedAt: 1,
            lines: 1,
            reductions: 1,
            purchaseLimits: 1,
          },
        },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const [count, orders] = await Promise.all([counting, finding]);
  const byBuyer = Map.groupBy(orders, (order) => `${order.storefrontId}/${order.buyerId}`);
  const at = clock.now();
  const exceeded = limits.flatMap((limit) => {
    const { quantity } = limit;
    const bought = Array.from(byBuyer.values(), (ordersOfBuyer) =>
      countBought(limit, ordersOfBuyer, at),
    );
    const buyers = bought.filter((units) => units > quantity).length;
    return buyers === 0 ? [] : [{ path: toPath(product, limit), quantity, buyers }];
  });
  return { limits: exceeded, isIncomplete: count > ordersMax };
}

function toPath({ _id, variants }: ProductRecord, { itemId }: ItemLimit): string {
  if (itemId === _id) return 'purchaseLimit';
  return `variants.${variants.findIndex(({ id }) => id === itemId)}.purchaseLimit`;
}
