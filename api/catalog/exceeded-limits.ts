import { USING_STATUSES } from '../../shared/domain/discounts/uses.ts';
import {
  type CountedOrder,
  countBought,
  type ItemLimit,
  listLimits,
} from '../../shared/domain/purchase-limits.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { CatalogContext } from './context.ts';

/** A purchase limit that some buyers have exceeded already. */
export interface ExceededLimit {
  /** The dotted path of the limit in the product. */
  readonly path: string;
  readonly quantity: number;
  readonly buyers: number;
}

/** The latest orders of the shop that are searched, so that an edit takes a bounded time. */
const ORDERS_MAX = 10_000;

type FoundOrder = CountedOrder & Pick<OrderRecord, 'storefrontId' | 'buyerId'>;

/** Lists the limits of a product that are below what some buyers have bought. */
export async function listExceededLimits(
  { store, clock }: Pick<CatalogContext, 'store' | 'clock'>,
  product: ProductRecord,
): Promise<ExceededLimit[]> {
  const limits = listLimits(product);
  if (limits.length === 0) return [];
  const orders = await store.orders
    .aggregate<FoundOrder>(
      [
        { $match: { shopId: product.shopId, status: { $in: [...USING_STATUSES] } } },
        { $sort: { placedAt: -1, _id: -1 } },
        { $limit: ORDERS_MAX },
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
  const byBuyer = Map.groupBy(orders, (each) => `${each.storefrontId}/${each.buyerId}`);
  const at = clock.now();
  return limits.flatMap((limit) => {
    const { quantity } = limit;
    const bought = Array.from(byBuyer.values(), (own) => countBought(limit, own, at));
    const buyers = bought.filter((units) => units > quantity).length;
    return buyers === 0 ? [] : [{ path: toPath(product, limit), quantity, buyers }];
  });
}

function toPath({ _id, variants }: ProductRecord, { itemId }: ItemLimit): string {
  if (itemId === _id) return 'purchaseLimit';
  return `variants.${variants.findIndex(({ id }) => id === itemId)}.purchaseLimit`;
}
