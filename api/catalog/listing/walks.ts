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

/** The minimum number of results of a search that one query checks against the conditions. */
const NARROWED_AT_ONCE = 500;

/** The position of a product in a list. */
export interface Position {
  readonly productId: string;
  readonly place: Place;
}

/** Returns the next `limit` positions of a list, or fewer at its end. */
export type Walk = (limit: number) => Promise<readonly Position[]>;

/** How the results of a search are filtered and sorted. */
interface SearchOrder {
  readonly conditions: readonly Condition[];
  readonly sort: Sort;
  /** Only results after this place. */
  readonly after: Place | undefined;
}

/**
 * Creates a walk through the products that meet all conditions, by an index, starting after a
 * place.
 */
export function walkList(
  store: Store,
  conditions: readonly Condition[],
  order: readonly OrderKey[],
  after: Place | undefined,
): Walk {
  const conjunction = [...conditions, ...whereListed(order)];
  const projection = Object.fromEntries(order.map(({ field }) => [field, 1]));
  let last = after;
  return async (limit) => {
    const documents = await store.products
      .find(
        { $and: last === undefined ? conjunction : [...conjunction, whereAfter(order, last)] },
        { maxTimeMS: READ_TIMEOUT_MS },
      )
      .sort(toMongoSort(order))
      .limit(limit)
      .project(projection)
      .toArray();
    const positions = documents.map((document) => toPosition(document, order));
    last = positions.at(-1)?.place ?? last;
    return positions;
  };
}

/** Returns conditions that exclude products which lack a field that the list is sorted by. */
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
 * Creates a walk through the results of a search, starting after a place. Products that match more
 * words come first; products that match equally many words are sorted as requested. The results are
 * ranked once, at the start.
 */
export function walkSearch(store: Store, search: Search, order: SearchOrder): Walk {
  let groups: { readonly matched: number; readonly walk: Walk }[] | undefined;
  return async (limit) => {
    groups ??= walkGroups(store, await searchProducts(store, search), order);
    const positions: Position[] = [];
    for (let [group] = groups; group !== undefined && positions.length < limit; [group] = groups) {
      const { matched, walk } = group;
      const missing = limit - positions.length;
      const more = await walk(missing);
      positions.push(
        ...more.map(({ productId, place }) => ({ productId, place: [matched, ...place] })),
      );
      if (more.length < missing) groups.shift();
    }
    return positions;
  };
}

/** Creates a walk for each number of matched words, the largest number first. */
function walkGroups(
  store: Store,
  ranked: readonly Ranked[],
  { conditions, sort, after }: SearchOrder,
) {
  const [matchedMax = Number.POSITIVE_INFINITY, ...placeInGroup] = after ?? [];
  return [...Map.groupBy(ranked, ({ matched }) => matched)]
    .filter(([matched]) => matched <= Number(matchedMax))
    .sort(([a], [b]) => b - a)
    .map(([matched, group]) => {
      const afterInGroup = matched === matchedMax ? placeInGroup : undefined;
      if (sort === 'relevance') {
        return { matched, walk: walkByScore(store, group, conditions, afterInGroup) };
      }
      const conjunction = [{ _id: { $in: group.map(({ id }) => id) } }, ...conditions];
      return { matched, walk: walkList(store, conjunction, LIST_ORDERS[sort], afterInGroup) };
    });
}

function walkByScore(
  store: Store,
  group: readonly Ranked[],
  conditions: readonly Condition[],
  after: Place | undefined,
): Walk {
  let remaining: Ranked[] | undefined;
  let ready: Ranked[] = [];
  return async (limit) => {
    remaining ??= group.filter((ranked) => isAfter(ranked, after)).sort(compareScores);
    while (ready.length < limit && remaining.length > 0) {
      const size = conditions.length === 0 ? limit : Math.max(limit, NARROWED_AT_ONCE);
      ready = [...ready, ...(await keepMatching(store, remaining.splice(0, size), conditions))];
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

/** Returns the ranked products that meet the conditions. */
async function keepMatching(
  store: Store,
  ranked: Ranked[],
  conditions: readonly Condition[],
): Promise<Ranked[]> {
  if (conditions.length === 0) return ranked;
  const conjunction: Condition[] = [{ _id: { $in: ranked.map(({ id }) => id) } }, ...conditions];
  const documents = await store.products
    .find({ $and: conjunction }, { maxTimeMS: READ_TIMEOUT_MS, projection: { _id: 1 } })
    .toArray();
  const ids = new Set(documents.map(({ _id }) => String(_id)));
  return ranked.filter(({ id }) => ids.has(id));
}
