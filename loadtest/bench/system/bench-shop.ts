import { createApiKey } from '../../../shared/access/api-key-record.ts';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import { adjustStock } from '../../../shared/ledger/adjust-stock.ts';
import { openStock } from '../../../shared/ledger/stock-levels.ts';
import { noLocks } from '../../../shared/locks/product-locks.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { Store } from '../../../shared/store/store.ts';
import { inTransaction } from '../../../shared/store/transaction.ts';

/** More units than any bench sells. */
const UNITS = 100_000_000;
const ON_HAND_MAX = 1_000_000_000;
const SPREAD_VARIANTS = 100;
const PRICE = 1_900;

/** A shop with practically unlimited stock of one hot SKU and a hundred others. */
export interface BenchShop {
  readonly apiKey: string;
  /** A checkout line for one unit of each variant. */
  readonly hot: PricedLine;
  readonly spread: readonly PricedLine[];
}

export async function openBenchShop(store: Store): Promise<BenchShop> {
  const shopId = newId('shp');
  const createdAt = new Date();
  const email = `${shopId.toLowerCase()}@example.com`;
  await store.shops.insertOne({ _id: shopId, name: 'Bench', email, createdAt });
  const [hot, ...spread] = Array.from({ length: 1 + SPREAD_VARIANTS }, (_, index) =>
    toPricedLine(shopId, index),
  );
  if (hot === undefined) throw new RangeError('the shop sells nothing');
  await storeProducts(store, [hot, ...spread]);
  const scopes = ['checkouts:write'] as const;
  const { apiKey } = await createApiKey(store, { shopId, name: 'bench', scopes }, createdAt);
  return { apiKey, hot, spread };
}

function toPricedLine(shopId: string, index: number): PricedLine {
  return {
    variantId: newId('var'),
    productId: newId('prd'),
    shopId,
    sku: `BENCH-${index}`,
    title: `Thing ${index}`,
    quantity: 1,
    unitPrice: PRICE,
  };
}

async function storeProducts(store: Store, lines: readonly PricedLine[]): Promise<void> {
  const now = new Date();
  const products = lines.map(({ productId, shopId, variantId, sku, title, unitPrice }) => ({
    _id: productId,
    shopId,
    title,
    type: 'clothing',
    attributes: {},
    status: 'published' as const,
    variants: [{ id: variantId, sku, price: unitPrice, currency: 'GBP' }],
    createdAt: now,
    updatedAt: now,
  }));
  const levels = lines.map(({ variantId: _id, productId, shopId }) => ({ _id, productId, shopId }));
  await inTransaction(store, async (session) => {
    await store.products.insertMany(products, { session });
    await openStock(store, session, levels);
  });
  const reason = { reason: 'delivery', actor: 'bench', onHandMax: ON_HAND_MAX };
  await adjustStock(
    { store, locks: noLocks, clock: systemClock, reservationTtlMs: 0 },
    lines.map(({ variantId, productId }) => ({
      movementId: newId('mov'),
      variantId,
      productId,
      amount: { set: UNITS },
      ...reason,
    })),
  );
}
