import type { Store } from '../../../shared/store/store.ts';
import { cursorAfterPlace, listTiedTo, placeOfCursor } from '../../http/paging.ts';
import { findProducts, type ProductFilter, type StockedProduct } from '../product-store.ts';
import type { ProductListQuery } from './list-query.ts';
import { type Condition, LIST_ORDERS, type Place, type Sort, searchOrder } from './orders.ts';
import { listPositions, type Position, type Stretch } from './positions.ts';
import { searchPositions } from './search.ts';

/** A list and whose products are in it; `asked` is what else it is narrowed by. */
interface ProductList {
  readonly name: string;
  readonly among: ProductFilter;
  readonly asked: ProductListQuery;
}

/** Stock is not part of the catalogue: so many products are looked at to fill a page. */
const EXAMINED_MAX = 2_000;
const EXAMINED_AT_ONCE_MAX = 500;
const GROWTH = 4;

/**
 * A page of a list of products, each with its stock. A page that is not full, or empty, has a next
 * one when the bound on what is looked at ended it.
 * @throws RefusedError invalid_request when the cursor is of another list, filter or order
 */
export async function listProducts(
  store: Store,
  { name, among, asked }: ProductList,
): Promise<{ readonly items: StockedProduct[]; readonly nextCursor: string | null }> {
  const { limit, cursor, ...narrowing } = asked;
  const sort = asked.sort ?? (asked.q === undefined ? 'newest' : 'relevance');
  const order = asked.q === undefined ? LIST_ORDERS[withoutQuery(sort)] : searchOrder(sort);
  const list = listTiedTo(name, { ...narrowing, among, sort });
  const kinds = order.map(({ kind }) => kind);
  const conditions = [{ ...among }, ...conditionsOf(asked)];
  const { q } = asked;
  const find = (stretch: Stretch): Promise<Position[]> =>
    q === undefined
      ? listPositions(store, conditions, order, stretch)
      : searchPositions(store, { query: q, sort, conditions }, stretch);
  const load = (ids: readonly string[]) => findProducts(store, among, ids);
  const fits = fitting(asked.available);
  const after = placeOfCursor(list, kinds, cursor);
  const { items, next } = await examine({ find, load, fits, limit, after });
  return { items, nextCursor: next === undefined ? null : cursorAfterPlace(list, next) };
}

/** The schema refuses relevance without a query. */
function withoutQuery(sort: Sort): Exclude<Sort, 'relevance'> {
  return sort === 'relevance' ? 'newest' : sort;
}

function conditionsOf({ type, currency, priceMin, priceMax }: ProductListQuery): Condition[] {
  const range = {
    ...(priceMin !== undefined && { $gte: priceMin }),
    ...(priceMax !== undefined && { $lte: priceMax }),
  };
  return [
    ...(type === undefined ? [] : [{ type }]),
    ...(currency === undefined ? [] : [{ 'variants.currency': currency }]),
    ...(Object.keys(range).length === 0 ? [] : [{ variants: { $elemMatch: { price: range } } }]),
    // Follows from the range, and is what the index of prices can be bounded by.
    ...(priceMax === undefined ? [] : [{ 'listed.price': { $lte: priceMax } }]),
  ];
}

function fitting(available: 'true' | 'false' | undefined) {
  return (product: StockedProduct): boolean => {
    if (available === undefined) return true;
    const isAvailable = product.variants.some(({ id }) => (product.available.get(id) ?? 0) > 0);
    return isAvailable === (available === 'true');
  };
}

interface Examination {
  readonly find: (stretch: Stretch) => Promise<Position[]>;
  readonly load: (ids: readonly string[]) => Promise<Map<string, StockedProduct>>;
  readonly fits: (product: StockedProduct) => boolean;
  readonly limit: number;
  readonly after: Place | undefined;
}

/** Goes through the list from a place on, until a page is full or enough has been looked at. */
async function examine({ find, load, fits, limit, after }: Examination) {
  const items: StockedProduct[] = [];
  let last = after;
  let atOnce = limit + 1;
  for (let examined = 0; examined < EXAMINED_MAX; examined += atOnce) {
    if (examined > 0) {
      atOnce = Math.min(EXAMINED_AT_ONCE_MAX, atOnce * GROWTH, EXAMINED_MAX - examined);
    }
    const positions = await find({ after: last, limit: atOnce });
    const products = await load(positions.map(({ productId }) => productId));
    for (const { productId, place } of positions) {
      const product = products.get(productId);
      // What is gone since it was found is passed over.
      if (product !== undefined && fits(product)) {
        if (items.length === limit) return { items, next: last };
        items.push(product);
      }
      last = place;
    }
    if (positions.length < atOnce) return { items, next: undefined };
  }
  return { items, next: last };
}
