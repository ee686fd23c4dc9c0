import type { QuantityRule } from '../../shared/domain/quantity-rule.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** A variant with its price in minor units. */
export interface CachedPrice {
  readonly variantId: string;
  readonly productId: string;
  readonly shopId: string;
  readonly sku: string;
  readonly title: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly isPublished: boolean;
  readonly quantityRule?: QuantityRule;
}

/** Older prices are read again. */
const PRICE_AGE_MS_MAX = 1_000;
const PRICES_MAX = 50_000;
const LOOKUPS_MAX = 500;
/** Variants in one query. The bound keeps one long list from delaying the other requests. */
const LOOKUP_VARIANTS_MAX = 20_000;
const WAITING_MAX = 20_000;

interface Entry {
  readonly price: CachedPrice | undefined;
  readonly readAt: number;
}

/** Caches the prices of variants for a second. Concurrent requests share a query. */
export class PriceCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #lookups: GroupCommit<readonly string[], undefined>;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#lookups = new GroupCommit({
      name: 'prices',
      itemsMax: LOOKUPS_MAX,
      weigh: (variantIds) => variantIds.length,
      weightMax: LOOKUP_VARIANTS_MAX,
      queueMax: WAITING_MAX,
      commit: async (groups) => {
        await this.#read([...new Set(groups.flat())]);
        return groups.map(() => ({ value: undefined }));
      },
    });
  }

  /** Returns prices that are at most a second old; omits unknown variants. */
  async findPrices(variantIds: readonly string[]): Promise<Map<string, CachedPrice>> {
    const prices = new Map<string, CachedPrice>();
    const stale: string[] = [];
    // Fresh prices are copied before the read, because the read may empty the cache.
    for (const id of variantIds) {
      if (!this.#isFresh(id)) stale.push(id);
      else this.#takeInto(prices, id);
    }
    if (stale.length > 0) await this.#lookups.submit(stale);
    for (const id of stale) this.#takeInto(prices, id);
    return prices;
  }

  #takeInto(prices: Map<string, CachedPrice>, variantId: string): void {
    const price = this.#entries.get(variantId)?.price;
    if (price !== undefined) prices.set(variantId, price);
  }

  #isFresh(variantId: string): boolean {
    const entry = this.#entries.get(variantId);
    return entry !== undefined && this.#clock.now().getTime() - entry.readAt < PRICE_AGE_MS_MAX;
  }

  async #read(variantIds: readonly string[]): Promise<void> {
    // The previous group may have read these prices while this one waited.
    const stale = variantIds.filter((id) => !this.#isFresh(id));
    if (stale.length === 0) return;
    const readAt = this.#clock.now().getTime();
    const products = await this.#store.products
      .find<ProductRecord>({ 'variants.id': { $in: stale } }, { maxTimeMS: READ_TIMEOUT_MS })
      .project<ProductRecord>({ shopId: 1, title: 1, status: 1, variants: 1 })
      .toArray();
    if (this.#entries.size + stale.length > PRICES_MAX) this.#entries.clear();
    for (const id of stale) this.#entries.set(id, { price: undefined, readAt });
    for (const price of products.flatMap(toCachedPrices)) {
      if (this.#entries.has(price.variantId)) this.#entries.set(price.variantId, { price, readAt });
    }
  }
}

function toCachedPrices(product: ProductRecord): CachedPrice[] {
  return product.variants.map((variant) => ({
    variantId: variant.id,
    productId: product._id,
    shopId: product.shopId,
    sku: variant.sku,
    title: variant.title === undefined ? product.title : `${product.title}, ${variant.title}`,
    unitPrice: variant.price,
    currency: variant.currency,
    isPublished: product.status === 'published',
    ...(variant.quantityRule !== undefined && { quantityRule: variant.quantityRule }),
  }));
}
