import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { ProductFilter } from '../product-store.ts';

const PAGE_PRODUCTS = 200;
export const NAMES_TIMEOUT_MS = 20_000;

/** The columns that CSV needs for all options and attributes in use; `max` + 1 at most. */
export async function namesInUse(
  store: Store,
  filter: ProductFilter,
  max: number,
): Promise<string[]> {
  const keysOf = (kind: string, of: string) => ({
    $map: {
      input: { $objectToArray: { $ifNull: [of, {}] } },
      as: 'each',
      in: { $concat: [`${kind}.`, '$$each.k'] },
    },
  });
  const ofVariants = {
    $reduce: {
      input: '$variants.options',
      initialValue: [],
      in: { $setUnion: ['$$value', keysOf('options', '$$this')] },
    },
  };
  const found = await store.products
    .aggregate<{ _id: string }>(
      [
        { $match: filter },
        { $project: { names: { $setUnion: [keysOf('attributes', '$attributes'), ofVariants] } } },
        { $unwind: '$names' },
        { $group: { _id: '$names' } },
        { $sort: { _id: 1 } },
        { $limit: max + 1 },
      ],
      { maxTimeMS: NAMES_TIMEOUT_MS },
    )
    .toArray();
  return found.map(({ _id }) => _id);
}

/** All products of the filter, the oldest first, a page at a time; each as it is when it is read. */
export async function* productPages(
  store: Store,
  filter: ProductFilter,
): AsyncGenerator<ProductRecord[]> {
  const cursor = store.products
    .find<ProductRecord>(filter, { sort: { _id: 1 }, batchSize: PAGE_PRODUCTS })
    .project<ProductRecord>({ listed: 0 });
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}
