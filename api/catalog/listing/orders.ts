/** The sort orders of a product list that a caller can choose. */
export const SORTS = ['newest', 'relevance', 'price_asc', 'price_desc', 'title'] as const;

export type Sort = (typeof SORTS)[number];

/** A key of a sort order: a field of the products, ascending (1) or descending (-1). */
export interface OrderKey {
  readonly field: string;
  readonly direction: 1 | -1;
  readonly kind: 'string' | 'number';
}

/** The values of an item's sort keys; the last value is its id. */
export type Place = readonly (string | number)[];

/** A condition in MongoDB's query language. It never comes from a request. */
export type Condition = Readonly<Record<string, unknown>>;

const ascending = (field: string, kind: OrderKey['kind']): OrderKey => ({
  field,
  direction: 1,
  kind,
});
const descending = (field: string, kind: OrderKey['kind']): OrderKey => ({
  field,
  direction: -1,
  kind,
});

/** Ids break ties, so that every item has a unique place. Indexes serve both directions. */
export const LIST_ORDERS: Readonly<Record<Exclude<Sort, 'relevance'>, readonly OrderKey[]>> = {
  newest: [descending('_id', 'string')],
  price_asc: [ascending('listed.price', 'number'), ascending('_id', 'string')],
  price_desc: [descending('listed.price', 'number'), descending('_id', 'string')],
  title: [ascending('listed.title', 'string'), ascending('_id', 'string')],
};

/** Returns the sort order of search results: by the number of matched words, then as requested. */
export function searchOrder(sort: Sort): readonly OrderKey[] {
  const matched = descending('matched', 'number');
  if (sort === 'relevance')
    return [matched, descending('score', 'number'), descending('_id', 'string')];
  return [matched, ...LIST_ORDERS[sort]];
}

/** Converts a sort order to MongoDB's sort document. */
export function toMongoSort(order: readonly OrderKey[]): Record<string, 1 | -1> {
  return Object.fromEntries(order.map(({ field, direction }) => [field, direction]));
}

/**
 * Returns the condition for everything after a place. The condition repeats the first key outside
 * `$or`, because MongoDB limits the range that it reads from an index only by a condition there.
 */
export function whereAfter(order: readonly OrderKey[], place: Place): Condition {
  const branches = order.map(({ field, direction }, index) => ({
    ...Object.fromEntries(
      order.slice(0, index).map((key, position) => [key.field, place[position]]),
    ),
    [field]: { [direction === 1 ? '$gt' : '$lt']: place[index] },
  }));
  const [first] = order;
  if (first === undefined || order.length === 1) return branches[0] ?? {};
  return { [first.field]: { [first.direction === 1 ? '$gte' : '$lte']: place[0] }, $or: branches };
}
