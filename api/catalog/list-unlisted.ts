import { listingOf } from '../../shared/domain/listing.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

const LOOK_EVERY_MS = 60_000;
const BATCH_PRODUCTS = 200;
const BATCHES_MAX = 250;

/** In the form that `products_by_price` serves, so that looking in vain costs next to nothing. */
export const UNLISTED = {
  status: { $in: ['draft', 'published', 'deleted'] },
  'listed.price': null,
};

/**
 * Looks now and then for products that are not listed yet. The migration lists what is there when
 * it runs; while a new version is rolled out, processes of the one before still make products.
 */
export function startListing(store: Store, log: Logger): Periodic {
  return startPeriodic({
    everyMs: LOOK_EVERY_MS,
    run: async (signal) => {
      const listed = await listUnlisted(store, signal);
      if (listed > 0) log.info({ listed }, 'listed products of an older version');
    },
    onError: (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason }, 'will look again for products that are not listed');
    },
  });
}

/**
 * Gives products that have none what they are sorted and searched by. One that is changed between
 * being read and being written gets it by that change, or the next time.
 * @returns how many
 */
export async function listUnlisted(store: Store, signal?: AbortSignal): Promise<number> {
  const products = store.products.collection;
  let listed = 0;
  for (let batches = 0; batches < BATCHES_MAX && signal?.aborted !== true; batches += 1) {
    const found = await products
      .find<ProductRecord>(UNLISTED, { limit: BATCH_PRODUCTS, maxTimeMS: READ_TIMEOUT_MS })
      .toArray();
    if (found.length === 0) break;
    const writes = found.map((product) => ({
      updateOne: {
        filter: { _id: product._id as never, listed: null, updatedAt: product.updatedAt },
        update: { $set: { listed: listingOf(product) } },
      },
    }));
    const { modifiedCount } = await products.bulkWrite(writes as never[], { ordered: false });
    // What is left has been changed meanwhile, or somebody else is at it.
    if (modifiedCount === 0) break;
    listed += modifiedCount;
  }
  return listed;
}
