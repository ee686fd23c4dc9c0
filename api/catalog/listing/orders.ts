/** The orders of a list of products that a caller can choose. */
export const SORTS = ['newest', 'relevance', 'price_asc', 'price_desc', 'title'] as const;

export type Sort = (typeof SORTS)[number];

/** A key of a list's order: a field of the products, ascending (1) or descending. */
export interface OrderKey {
  readonly field: string;
  readonly direction: 1 | -1;
  readonly kind: 'string' | 'number';
}

/** The values of an item's sort keys; the last one is its id. */
export type Place = readonly (string | number)[];

/** A condition in MongoDB's language. Callers never supply one. */
export type Condition = Readonly<Record<string, unknown>>;

const up = (field: string, kind: OrderKey['kind']): OrderKey => ({ field, direction: 1, kind });
const down = (field: string, kind: OrderKey['kind']): OrderKey => ({ field, direction: -1, kind });

/** Ids break ties, so that every item has a unique place. Indexes serve both directions. */
export const LIST_ORDERS: Readonly<Record<Exclude<Sort, 'relevance'>, readonly OrderKey[]>> = {
  newest: [down('_id', 'string')],
  price_asc: [up('listed.price', 'number'), up('_id', 'string')],
  price_desc: [down('listed.price', 'number'), down('_id', 'string')],
  title: [up('listed.title', 'string'), up('_id', 'string')],
};

/** The order of a search's results: by the number of matched words, then as requested. */
export function searchOrder(sort: Sort): readonly OrderKey[] {
  const matched = down('matched', 'number');
  if (sort === 'relevance') return [matched, down('score', 'number'), down('_id', 'string')];
  return [matched, ...LIST_ORDERS[sort]];
}

/** Converts an order to MongoDB's sort document. */
export function toMongoSort(order: readonly OrderKey[]): Record<string, 1 | -1> {
  return Object.fromEntries(order.map(({ field, direction }) => [field, direction]));
}

/**
 * Returns the condition for everything after a place. It repeats the first key outside the
 * alternatives, because only that bounds an index.
 */
export function whereAfter(order: readonly OrderKey[], place: Place): Condition {
  const branches = order.map(({ field, direction }, index) => ({
    ...Object.fromEntries(order.slice(0, index).map((key, before) => [key.field, place[before]])),
    [field]: { [direction === 1 ? '$gt' : '$lt']: place[index] },
  }));
  const [first] = order;
  if (first === undefined || order.length === 1) return branches[0] ?? {};
  return { [first.field]: { [first.direction === 1 ? '$gte' : '$lte']: place[0] }, $or: branches };
}
