import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import {
  type Condition,
  LIST_ORDERS,
  type OrderKey,
  type Place,
  type Sort,
  toMongoSort,
  whereAfter,
} from './orders.ts';
import { compareScores, type Ranked } from './rank.ts';
import { type Search, searchProducts } from './search.ts';

/** Results of a search that are checked against its conditions in one query. */
const NARROWED_AT_ONCE = 500;

/** The position of a product in a list. */
export interface Position {
  readonly productId: string;
  readonly place: Place;
}

/** Returns the next `limit` positions of a list, or fewer at its end. */
export type Walk = (limit: number) => Promise<readonly Position[]>;

/** How the results of a search are narrowed and sorted. */
interface SearchOrder {
  readonly conditions: readonly Condition[];
  readonly sort: Sort;
  readonly from: Place | undefined;
}

/** Walks through the products that meet all conditions, by an index, from a place on. */
export function walkList(
  store: Store,
  conditions: readonly Condition[],
  order: readonly OrderKey[],
  from: Place | undefined,
): Walk {
  const all = [...conditions, ...whereListed(order)];
  const projection = Object.fromEntries(order.map(({ field }) => [field, 1]));
  let after = from;
  return async (limit) => {
    const found = await store.products
      .find(
        { $and: after === undefined ? all : [...all, whereAfter(order, after)] },
        { maxTimeMS: READ_TIMEOUT_MS },
      )
      .sort(toMongoSort(order))
      .limit(limit)
      .project(projection)
      .toArray();
    const positions = found.map((document) => toPosition(document, order));
    after = positions.at(-1)?.place ?? after;
    return positions;
  };
}

/** Products without the field that a list is sorted by have no place in it. */
function whereListed(order: readonly OrderKey[]): Condition[] {
  return order
    .filter(({ field }) => field.startsWith('listed.'))
    .map(({ field, kind }) => ({ [field]: { $gte: kind === 'number' ? 0 : '' } }));
}

function toPosition(document: Condition, order: readonly OrderKey[]): Position {
  const place = order.map(({ field }) => readPath(document, field) as string | number);
  return { productId: String(document['_id']), place };
}

function readPath(document: Condition, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Condition | undefined)?.[name], document);
}

/**
 * Walks through the results of a search from a place on. Products that match more words come first;
 * the order decides among those that match equally many. The results are ranked once, at the start.
 */
export function walkSearch(store: Store, search: Search, order: SearchOrder): Walk {
  let groups: { readonly matched: number; readonly walk: Walk }[] | undefined;
  return async (limit) => {
    groups ??= walkGroups(store, await searchProducts(store, search), order);
    const found: Position[] = [];
    for (let [group] = groups; group !== undefined && found.length < limit; [group] = groups) {
      const { matched, walk } = group;
      const missing = limit - found.length;
      const more = await walk(missing);
      found.push(
        ...more.map(({ productId, place }) => ({ productId, place: [matched, ...place] })),
      );
      if (more.length < missing) groups.shift();
    }
    return found;
  };
}

/** Creates a walk for each number of matched words, the largest first. */
function walkGroups(
  store: Store,
  ranked: readonly Ranked[],
  { conditions, sort, from }: SearchOrder,
) {
  const [matchedMax = Number.POSITIVE_INFINITY, ...start] = from ?? [];
  return [...Map.groupBy(ranked, ({ matched }) => matched)]
    .filter(([matched]) => matched <= Number(matchedMax))
    .sort(([one], [other]) => other - one)
    .map(([matched, group]) => {
      const after = matched === matchedMax ? start : undefined;
      if (sort === 'relevance') {
        return { matched, walk: walkByScore(store, group, conditions, after) };
      }
      const all = [{ _id: { $in: group.map(({ id }) => id) } }, ...conditions];
      return { matched, walk: walkList(store, all, LIST_ORDERS[sort], after) };
    });
}

function walkByScore(
  store: Store,
  group: readonly Ranked[],
  conditions: readonly Condition[],
  after: Place | undefined,
): Walk {
  let left: Ranked[] | undefined;
  let ready: Ranked[] = [];
  return async (limit) => {
    left ??= group.filter((one) => isAfter(one, after)).sort(compareScores);
    while (ready.length < limit && left.length > 0) {
      const size = conditions.length === 0 ? limit : Math.max(limit, NARROWED_AT_ONCE);
      ready = [...ready, ...(await narrow(store, left.splice(0, size), conditions))];
    }
    const page = ready.slice(0, limit);
    ready = ready.slice(limit);
    return page.map(({ id, score }) => ({ productId: id, place: [score, id] }));
  };
}

function isAfter({ score, id }: Ranked, place: Place | undefined): boolean {
  if (place === undefined) return true;
  const [scoreBefore = 0, idBefore = ''] = place;
  return score === scoreBefore ? id < idBefore : score < Number(scoreBefore);
}

/** Returns the products that meet the conditions. */
async function narrow(
  store: Store,
  ranked: Ranked[],
  conditions: readonly Condition[],
): Promise<Ranked[]> {
  if (conditions.length === 0) return ranked;
  const all: Condition[] = [{ _id: { $in: ranked.map(({ id }) => id) } }, ...conditions];
  const found = await store.products
    .find({ $and: all }, { maxTimeMS: READ_TIMEOUT_MS, projection: { _id: 1 } })
    .toArray();
  const ids = new Set(found.map(({ _id }) => String(_id)));
  return ranked.filter(({ id }) => ids.has(id));
}
