import { LRUCache } from 'lru-cache';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { Store } from '../../../shared/store/store.ts';
import { inTime, READ_TIMEOUT_MS } from './read-record.ts';

/** How many products are cached. */
const KEPT_MAX = 500;
/** A changed title is shown after this time at the latest. */
const KEPT_MS = 60_000;

type NamedProduct = Pick<ProductRecord, '_id' | 'title'> & {
  readonly variants: readonly Pick<ProductRecord['variants'][number], 'id' | 'sku'>[];
};

/** Caches the titles of products and the SKUs of their variants. */
export class ProductNames {
  readonly #store: Store;
  readonly #products = new LRUCache<string, NamedProduct>({ max: KEPT_MAX, ttl: KEPT_MS });

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the products that are not cached. */
  async load(productIds: readonly string[]): Promise<void> {
    const missing = [...new Set(productIds)].filter((id) => !this.#products.has(id));
    if (missing.length === 0) return;
    const cursor = this.#store.products.find<NamedProduct>(
      { _id: { $in: missing } },
      {
        projection: { title: 1, 'variants.id': 1, 'variants.sku': 1 },
        maxTimeMS: READ_TIMEOUT_MS,
      },
    );
    for (const product of await inTime('product names', cursor.toArray())) {
      this.#products.set(product._id, product);
    }
  }

  /** Returns the title of a product, or its id while it is not known. */
  title(productId: string): string {
    return this.#products.get(productId)?.title ?? productId;
  }

  /** Returns the SKU of a variant, or its id while it is not known. */
  sku(productId: string, variantId: string): string {
    const variants = this.#products.get(productId)?.variants ?? [];
    return variants.find(({ id }) => id === variantId)?.sku ?? variantId;
  }
}
