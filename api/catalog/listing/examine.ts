import type { Store } from '../../../shared/store/store.ts';
import {
  findProducts,
  idsAvailable,
  type ProductFilter,
  type StockedProduct,
} from '../product-store.ts';
import type { Place } from './orders.ts';
import type { Position } from './positions.ts';
import type { Walk } from './walks.ts';

/** Stock is not part of the catalogue: so many products are looked at to fill a page. */
const EXAMINED_MAX = 2_000;
const EXAMINED_AT_ONCE_MAX = 500;
const GROWTH = 4;

interface Examination {
  readonly among: ProductFilter;
  /** What is wanted: what can be bought, what cannot, or both. */
  readonly available: boolean | undefined;
  readonly limit: number;
  readonly after: Place | undefined;
  /**
   * Only the best of what is found is listed: what shares the first key of its place with the
   * first item of the list, which is `matched` when that is known already.
   */
  readonly best?: { readonly matched: Place[number] | undefined };
  /** Goes through the list. */
  readonly positions: Walk;
}

/**
 * Goes through a list from a place on, until a page is full or enough has been looked at. `next` is
 * the place of the last one seen, if the list goes on.
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
    const stretch = await positions(atOnce);
    const load = await loadingOf(store, { among, available, atOnce: limit + 1 }, stretch);
    for (const { productId, place } of stretch) {
      if (matched !== undefined && place[0] !== matched) return { items, next: undefined };
      const product = await load(productId);
      if (product !== undefined) {
        if (items.length === limit) return { items, next: last };
        items.push(product);
        if (best !== undefined) matched = place[0];
      }
      last = place;
    }
    if (stretch.length < atOnce) return { items, next: undefined };
  }
  return { items, next: last };
}

/**
 * Loads products of a stretch in its order, some at once; undefined for one that is not wanted, or
 * gone since it was found.
 */
async function loadingOf(
  store: Store,
  { among, available, atOnce }: Pick<Examination, 'among' | 'available'> & { atOnce: number },
  stretch: readonly Position[],
) {
  const ids = stretch.map(({ productId }) => productId);
  // As many as fit on a page are as well read whole.
  const isScreened = available !== undefined && ids.length > atOnce;
  const canBeBought = isScreened ? await idsAvailable(store, ids) : undefined;
  const wanted = ids.filter((id) => canBeBought === undefined || canBeBought.has(id) === available);
  let [left, loaded]: [readonly string[], Map<string, StockedProduct>] = [wanted, new Map()];
  return async (id: string): Promise<StockedProduct | undefined> => {
    if (left[0] === id) {
      loaded = await findProducts(store, among, left.slice(0, atOnce));
      left = left.slice(atOnce);
    }
    const product = loaded.get(id);
    // What is shown is read now, and must not contradict what was asked for.
    if (product === undefined || available === undefined) return product;
    return isAvailable(product) === available ? product : undefined;
  };
}

function isAvailable({ variants, available }: StockedProduct): boolean {
  return variants.some(({ id }) => (available.get(id) ?? 0) > 0);
}
