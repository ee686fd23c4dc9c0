import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { type Condition, LIST_ORDERS, type OrderKey, type Place, type Sort } from './orders.ts';
import { listPositions, type Position } from './positions.ts';
import { compareScores, type Ranked } from './rank.ts';
import { type Search, searchProducts } from './search.ts';

/** Of what a search found so many products at once are asked whether they meet its conditions. */
const NARROWED_AT_ONCE = 500;

/** The next so many positions; fewer when there are no more. */
export type Walk = (limit: number) => Promise<readonly Position[]>;

/** What a search is narrowed and sorted by. */
interface SearchOrder {
  readonly conditions: readonly Condition[];
  readonly sort: Sort;
  readonly from: Place | undefined;
}

/** Goes through a list from a place on. */
export function walkList(
  store: Store,
  conditions: readonly Condition[],
  order: readonly OrderKey[],
  from: Place | undefined,
): Walk {
  let after = from;
  return async (limit) => {
    const found = await listPositions(store, conditions, order, { after, limit });
    after = found.at(-1)?.place ?? after;
    return found;
  };
}

/**
 * Goes through what a search finds, from a place on. Products with more of the words come first;
 * among those with as many the order decides. It is ranked once, when the walk begins.
 */
export function walkSearch(store: Store, search: Search, order: SearchOrder): Walk {
  let groups: { readonly matched: number; readonly walk: Walk }[] | undefined;
  return async (limit) => {
    groups ??= walksOfGroups(store, await searchProducts(store, search), order);
    const found: Position[] = [];
    for (let [group] = groups; group !== undefined && found.length < limit; [group] = groups) {
      const { matched, walk } = group;
      const asked = limit - found.length;
      const more = await walk(asked);
      found.push(
        ...more.map(({ productId, place }) => ({ productId, place: [matched, ...place] })),
      );
      if (more.length < asked) groups.shift();
    }
    return found;
  };
}

/** A walk for the products with as many of the words, those with most of them first. */
function walksOfGroups(
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
      if (sort === 'relevance')
        return { matched, walk: walkByScore(store, group, conditions, after) };
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
      ready = [...ready, ...(await narrowed(store, left.splice(0, size), conditions))];
    }
    const taken = ready.slice(0, limit);
    ready = ready.slice(limit);
    return taken.map(({ id, score }) => ({ productId: id, place: [score, id] }));
  };
}

function isAfter({ score, id }: Ranked, place: Place | undefined): boolean {
  if (place === undefined) return true;
  const [scoreBefore = 0, idBefore = ''] = place;
  return score === scoreBefore ? id < idBefore : score < Number(scoreBefore);
}

/** Those of the products that meet the conditions. */
async function narrowed(
  store: Store,
  ranked: Ranked[],
  conditions: readonly Condition[],
): Promise<Ranked[]> {
  if (conditions.length === 0) return ranked;
  const all = [{ _id: { $in: ranked.map(({ id }) => id) } }, ...conditions];
  const found = await store.products
    .find({ $and: all }, { maxTimeMS: READ_TIMEOUT_MS, projection: { _id: 1 } })
    .toArray();
  const ids = new Set(found.map(({ _id }) => String(_id)));
  return ranked.filter(({ id }) => ids.has(id));
}
