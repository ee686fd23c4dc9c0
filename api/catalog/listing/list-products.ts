import type { Store } from '../../../shared/store/store.ts';
import { cursorAfterPlace, isCursorOf, listTiedTo, placeOfCursor } from '../../http/paging.ts';
import type { ProductFilter, StockedProduct } from '../product-store.ts';
import { examine } from './examine.ts';
import type { ProductListQuery } from './list-query.ts';
import { type Condition, LIST_ORDERS, type Sort, searchOrder } from './orders.ts';
import { walkList, walkSearch } from './walks.ts';

/** A list and whose products are in it; `asked` is what else it is narrowed by. */
interface ProductList {
  readonly name: string;
  readonly among: ProductFilter;
  readonly asked: ProductListQuery;
}

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
  const narrowed = { ...narrowing, among, sort };
  const list = listTiedTo(name, narrowed);
  // Of pages on which nothing was found: the best matches are still to be found behind them.
  const nothingYet = listTiedTo(name, { ...narrowed, isNothingYet: true });
  const isNothingYet = isCursorOf(nothingYet, cursor);
  const kinds = order.map(({ kind }) => kind);
  const after = placeOfCursor(isNothingYet ? nothingYet : list, kinds, cursor);
  const conditions = conditionsOf(asked);
  const { q, available } = asked;
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
        : walkSearch(store, { query: q, among }, { conditions, sort, from: after }),
  });
  const isFound = !isBestOnly || items.length > 0 || (after !== undefined && !isNothingYet);
  const nextCursor =
    next === undefined ? null : cursorAfterPlace(isFound ? list : nothingYet, next);
  return { items, nextCursor };
}

/** The schema refuses relevance without a query. */
function withoutQuery(sort: Sort): Exclude<Sort, 'relevance'> {
  return sort === 'relevance' ? 'newest' : sort;
}

function conditionsOf({ type, sku, currency, priceMin, priceMax }: ProductListQuery): Condition[] {
  const range = {
    ...(priceMin !== undefined && { $gte: priceMin }),
    ...(priceMax !== undefined && { $lte: priceMax }),
  };
  return [
    ...(type === undefined ? [] : [{ type }]),
    ...(sku === undefined ? [] : [{ 'variants.sku': sku }]),
    ...(currency === undefined ? [] : [{ 'variants.currency': currency }]),
    ...(Object.keys(range).length === 0 ? [] : [{ variants: { $elemMatch: { price: range } } }]),
    // Follows from the range, and is what the index of prices can be bounded by.
    ...(priceMax === undefined ? [] : [{ 'listed.price': { $lte: priceMax } }]),
  ];
}
