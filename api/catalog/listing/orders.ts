/** What a caller can ask a list of products to be sorted by. */
export const SORTS = ['newest', 'relevance', 'price_asc', 'price_desc', 'title'] as const;

export type Sort = (typeof SORTS)[number];

/** One thing that a list is sorted by: a field of what is listed, upwards (1) or downwards. */
export interface OrderKey {
  readonly field: string;
  readonly direction: 1 | -1;
  readonly kind: 'string' | 'number';
}

/** The values by which an item has its place; the last one is its id. */
export type Place = readonly (string | number)[];

/** A condition of MongoDB's, made by us and never by a caller. */
export type Condition = Readonly<Record<string, unknown>>;

const up = (field: string, kind: OrderKey['kind']): OrderKey => ({ field, direction: 1, kind });
const down = (field: string, kind: OrderKey['kind']): OrderKey => ({ field, direction: -1, kind });

/** Ids break ties, so that every item has a place of its own; an index reads both ways. */
export const LIST_ORDERS: Readonly<Record<Exclude<Sort, 'relevance'>, readonly OrderKey[]>> = {
  newest: [down('_id', 'string')],
  price_asc: [up('listed.price', 'number'), up('_id', 'string')],
  price_desc: [down('listed.price', 'number'), down('_id', 'string')],
  title: [up('listed.title', 'string'), up('_id', 'string')],
};

/** Of what a search finds: `matched` of its words first, and then the order that is asked for. */
export function searchOrder(sort: Sort): readonly OrderKey[] {
  const matched = down('matched', 'number');
  if (sort === 'relevance') return [matched, down('score', 'number'), down('_id', 'string')];
  return [matched, ...LIST_ORDERS[sort]];
}

/** As MongoDB sorts. */
export function sortOf(order: readonly OrderKey[]): Record<string, 1 | -1> {
  return Object.fromEntries(order.map(({ field, direction }) => [field, direction]));
}

/**
 * What comes after a place. The first key is said once more by itself, for that is what an index
 * is bounded by.
 */
export function beyond(order: readonly OrderKey[], place: Place): Condition {
  const branches = order.map(({ field, direction }, index) => ({
    ...Object.fromEntries(order.slice(0, index).map((key, before) => [key.field, place[before]])),
    [field]: { [direction === 1 ? '$gt' : '$lt']: place[index] },
  }));
  const [first] = order;
  if (first === undefined || order.length === 1) return branches[0] ?? {};
  return { [first.field]: { [first.direction === 1 ? '$gte' : '$lte']: place[0] }, $or: branches };
}
