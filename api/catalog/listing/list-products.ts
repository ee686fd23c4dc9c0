import { toTagKey } from '../../../shared/domain/listing.ts';
import type { Store } from '../../../shared/store/store.ts';
import { cursorAfterPlace, listTiedTo, matchesList, placeFromCursor } from '../../http/paging.ts';
import type { ProductFilter, StockedProduct } from '../product-store.ts';
import { examine } from './examine.ts';
import type { ProductListQuery } from './list-query.ts';
import { type Condition, LIST_ORDERS, type Sort, searchOrder } from './orders.ts';
import { walkList, walkSearch } from './walks.ts';

/** A list: its products, and how the caller filters and sorts them. */
interface ProductList {
  readonly name: string;
  readonly among: ProductFilter;
  readonly filters: ProductListQuery;
}

/**
 * Returns a page of products with their stock. A page that ends at the maximum number of examined
 * products may be short or empty although it has a next page.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list, filter or
 * order
 */
export async function listProducts(
  store: Store,
  { name, among, filters }: ProductList,
): Promise<{ readonly items: StockedProduct[]; readonly nextCursor: string | null }> {
  const { limit, cursor, ...listFilters } = filters;
  const { q, available } = filters;
  const sort = filters.sort ?? (q === undefined ? 'newest' : 'relevance');
  const order = q === undefined ? LIST_ORDERS[withoutQuery(sort)] : searchOrder(sort);
  const identity = { ...listFilters, among, sort };
  const list = listTiedTo(name, identity);
  // Until a page contains a product, cursors are tied to `nothingYet`, because only the first
  // product determines how many matched words the best results have.
  const nothingYet = listTiedTo(name, { ...identity, isNothingYet: true });
  const isNothingYet = matchesList(nothingYet, cursor);
  const kinds = order.map(({ kind }) => kind);
  const after = placeFromCursor(isNothingYet ? nothingYet : list, kinds, cursor);
  const conditions = toConditions(filters);
  const isBestOnly = q !== undefined && sort !== 'relevance';
  const { items, next } = await examine(store, {
    among,
    available,
    limit,
    after,
    ...(isBestOnly && { best: { matched: isNothingYet ? undefined : after?.[0] } }),
    positions:
      q === undefined
        ? walkList(store, [{ ...among }, ...conditions], order, after)
        : walkSearch(store, { query: q, among }, { conditions, sort, after }),
  });
  const isFound = !isBestOnly || items.length > 0 || (after !== undefined && !isNothingYet);
  const nextCursor =
    next === undefined ? null : cursorAfterPlace(isFound ? list : nothingYet, next);
  return { items, nextCursor };
}

/** Narrows the type: the schema refuses relevance without a query. */
function withoutQuery(sort: Sort): Exclude<Sort, 'relevance'> {
  return sort === 'relevance' ? 'newest' : sort;
}

function toConditions(filters: ProductListQuery): Condition[] {
  const { type, sku, tag, currency, priceMin, priceMax } = filters;
  const range = {
    ...(priceMin !== undefined && { $gte: priceMin }),
    ...(priceMax !== undefined && { $lte: priceMax }),
  };
  return [
    ...(type === undefined ? [] : [{ type }]),
    ...(sku === undefined ? [] : [{ 'variants.sku': sku }]),
    ...(tag === undefined ? [] : [{ 'listed.tags': toTagKey(tag) }]),
    ...(currency === undefined ? [] : [{ 'variants.currency': currency }]),
    ...(Object.keys(range).length === 0 ? [] : [{ variants: { $elemMatch: { price: range } } }]),
    // Implied by the range; limits what is read from the index of prices.
    ...(priceMax === undefined ? [] : [{ 'listed.price': { $lte: priceMax } }]),
  ];
}
