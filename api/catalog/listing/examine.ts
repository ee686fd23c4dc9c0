import type { Store } from '../../../shared/store/store.ts';
import {
  findAvailableIds,
  findProducts,
  type ProductFilter,
  type StockedProduct,
} from '../product-store.ts';
import type { Place } from './orders.ts';
import type { Position, Walk } from './walks.ts';

/** Products that are examined to fill a page, because the catalogue does not hold stock. */
const EXAMINED_MAX = 2_000;
const EXAMINED_AT_ONCE_MAX = 500;
const GROWTH = 4;

interface Examination {
  readonly among: ProductFilter;
  /** Lists only products that can be bought, or only others; undefined lists both. */
  readonly available: boolean | undefined;
  readonly limit: number;
  readonly after: Place | undefined;
  /**
   * Lists only the best results, which have as many matched words (the first key of the place) as
   * the first item of the list. `matched` is that number, if an earlier page has found it.
   */
  readonly best?: { readonly matched: Place[number] | undefined };
  readonly positions: Walk;
}

/**
 * Examines a list from a place on, until a page is full or the bound is reached.
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
    const found = await positions(atOnce);
    const load = await createLoader(store, { among, available, atOnce: limit + 1 }, found);
    for (const { productId, place } of found) {
      if (matched !== undefined && place[0] !== matched) return { items, next: undefined };
      const product = await load(productId);
      if (product !== undefined) {
        if (items.length === limit) return { items, next: last };
        items.push(product);
        if (best !== undefined) matched = place[0];
      }
      last = place;
    }
    if (found.length < atOnce) return { items, next: undefined };
  }
  return { items, next: last };
}

/**
 * Creates a function that loads the products of these positions in their order, several at once. It returns
 * undefined for a product that does not fit, or that has gone since it was found.
 */
async function createLoader(
  store: Store,
  { among, available, atOnce }: Pick<Examination, 'among' | 'available'> & { atOnce: number },
  found: readonly Position[],
) {
  const ids = found.map(({ productId }) => productId);
  // A page of products is cheaper to read whole than to screen first.
  const isScreened = available !== undefined && ids.length > atOnce;
  const availableIds = isScreened ? await findAvailableIds(store, ids) : undefined;
  let left: readonly string[] = ids.filter(
    (id) => availableIds === undefined || availableIds.has(id) === available,
  );
  let loaded = new Map<string, StockedProduct>();
  return async (id: string): Promise<StockedProduct | undefined> => {
    if (left[0] === id) {
      loaded = await findProducts(store, among, left.slice(0, atOnce));
      left = left.slice(atOnce);
    }
    const product = loaded.get(id);
    // The stock that was read later decides.
    if (product === undefined || available === undefined) return product;
    return isAvailable(product) === available ? product : undefined;
  };
}

function isAvailable({ variants, available }: StockedProduct): boolean {
  return variants.some(({ id }) => (available.get(id) ?? 0) > 0);
}
