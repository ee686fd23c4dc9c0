import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { beyond, type Condition, type OrderKey, type Place, sortOf } from './orders.ts';

/** Where in a list a product stands. */
export interface Position {
  readonly productId: string;
  readonly place: Place;
}

/** Which positions are looked for: those after a place, so many at most. */
export interface Stretch {
  readonly after: Place | undefined;
  readonly limit: number;
}

/** Positions of the products that meet all the conditions, by an index of the order's. */
export async function listPositions(
  store: Store,
  conditions: readonly Condition[],
  order: readonly OrderKey[],
  { after, limit }: Stretch,
): Promise<Position[]> {
  const sorted = conditionsOfOrder(order);
  const all = [...conditions, ...sorted, ...(after === undefined ? [] : [beyond(order, after)])];
  const found = await store.products
    .find({ $and: all }, { maxTimeMS: READ_TIMEOUT_MS })
    .sort(sortOf(order))
    .limit(limit)
    .project(Object.fromEntries(order.map(({ field }) => [field, 1])))
    .toArray();
  return found.map((document) => positionOf(document, order));
}

/** A product of an older version that is not listed yet has no place in such an order. */
export function conditionsOfOrder(order: readonly OrderKey[]): Condition[] {
  return order
    .filter(({ field }) => field.startsWith('listed.'))
    .map(({ field, kind }) => ({ [field]: { $gte: kind === 'number' ? 0 : '' } }));
}

/** The place of what was found, by its fields. */
function positionOf(document: Condition, order: readonly OrderKey[]): Position {
  const place = order.map(({ field }) => valueAt(document, field) as string | number);
  return { productId: String(document['_id']), place };
}

function valueAt(document: Condition, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Condition | undefined)?.[name], document);
}
