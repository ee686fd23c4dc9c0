import type { Store } from '../../../shared/store/store.ts';
import {
  findAvailableIds,
  findProducts,
  type ProductFilter,
  type StockedProduct,
} from '../product-store.ts';
import type { Place } from './orders.ts';
import type { Position, Walk } from './walks.ts';

/**
 * The maximum number of products that are examined for one page. Stock is not part of a product, so
 * it is read for each examined product.
 */
const EXAMINED_MAX = 2_000;
/**
 * The maximum number of products in a step. A step examines `GROWTH` times as many as the one
 * before.
 */
const EXAMINED_AT_ONCE_MAX = 500;
const GROWTH = 4;

interface Examination {
  /** Only products that match this filter are listed. */
  readonly among: ProductFilter;
  /** True lists only products with available units, false only products without, undefined all. */
  readonly available: boolean | undefined;
  readonly limit: number;
  readonly after: Place | undefined;
  /**
   * If set, only the best results are listed: those with as many matched words (the first key of
   * the place) as the first item of the list. `matched` is that number, if an earlier page has
   * found it.
   */
  readonly best?: { readonly matched: Place[number] | undefined };
  readonly positions: Walk;
}

/**
 * Reads the page of a list that begins after a place. Stops early at the maximum number of examined
 * products.
 * @returns the items, and the place of the last examined product if the list continues
 */
export async function examine(
  store: Store,
  { among, available, limit, after, best, positions }: Examination,
): Promise<{ readonly items: StockedProduct[]; readonly next: Place | undefined }> {
  const items: StockedProduct[] = [];
  let last = after;
  let matched = best?.matched;
  let atOnce = limit + 1;
  for (let examined = 0; examined < EXAMINED_MAX; examined += atOnce) {
    if (examined > 0) {
      atOnce = Math.min(EXAMINED_AT_ONCE_MAX, atOnce * GROWTH, EXAMINED_MAX - examined);
    }
    const examinedNow = await positions(atOnce);
    const load = await createLoader(store, { among, available, atOnce: limit + 1 }, examinedNow);
    for (const { productId, place } of examinedNow) {
      if (matched !== undefined && place[0] !== matched) return { items, next: undefined };
      const product = await load(productId);
      if (product !== undefined) {
        if (items.length === limit) return { items, next: last };
        items.push(product);
        if (best !== undefined) matched = place[0];
      }
      last = place;
    }
    if (examinedNow.length < atOnce) return { items, next: undefined };
  }
  return { items, next: last };
}

/**
 * Creates a function that loads the products of these positions, several at once. It must be called
 * for the positions in their order. It returns undefined for a product that does not match, or that
 * was removed since it was found.
 */
async function createLoader(
  store: Store,
  { among, available, atOnce }: Pick<Examination, 'among' | 'available'> & { atOnce: number },
  positions: readonly Position[],
) {
  const ids = positions.map(({ productId }) => productId);
  // A page of products is cheaper to read whole than to screen first.
  const isScreened = available !== undefined && ids.length > atOnce;
  const availableIds = isScreened ? await findAvailableIds(store, ids) : undefined;
  let remainingIds: readonly string[] = ids.filter(
    (id) => availableIds === undefined || availableIds.has(id) === available,
  );
  let loaded = new Map<string, StockedProduct>();
  return async (id: string): Promise<StockedProduct | undefined> => {
    if (remainingIds[0] === id) {
      loaded = await findProducts(store, among, remainingIds.slice(0, atOnce));
      remainingIds = remainingIds.slice(atOnce);
    }
    const product = loaded.get(id);
    // The stock may have changed since the screening. The later read decides.
    if (product === undefined || available === undefined) return product;
    return isAvailable(product) === available ? product : undefined;
  };
}

function isAvailable({ variants, available }: StockedProduct): boolean {
  return variants.some(({ id }) => (available.get(id) ?? 0) > 0);
}
