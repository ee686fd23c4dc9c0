import type { Store } from '../../../shared/store/store.ts';
import { type Condition, LIST_ORDERS, type OrderKey, type Place, type Sort } from './orders.ts';
import { listPositions, type Position } from './positions.ts';
import type { Ranked } from './rank.ts';
import { type Search, searchProducts } from './search.ts';

/** The next so many positions; fewer when there are no more. */
export type Walk = (limit: number) => Promise<readonly Position[]>;

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

/** Goes through what a search finds, from a place on. It is ranked once, when the walk begins. */
export function walkSearch(
  store: Store,
  search: Search,
  sort: Sort,
  from: Place | undefined,
): Walk {
  let walk: Walk | undefined;
  return async (limit) => {
    if (walk === undefined) {
      const ranked = await searchProducts(store, search);
      walk =
        sort === 'relevance' ? walkRanked(ranked, from) : walkSorted(store, ranked, sort, from);
    }
    return walk(limit);
  };
}

function walkRanked(ranked: readonly Ranked[], from: Place | undefined): Walk {
  const positions = ranked.map(({ id, matched, score }) => ({
    productId: id,
    place: [matched, score, id],
  }));
  const isAfter = ({ place }: Position) => from === undefined || isLower(place, from);
  const rest = positions.filter(isAfter);
  return async (limit) => rest.splice(0, limit);
}

function isLower(place: Place, than: Place): boolean {
  const differing = place.findIndex((key, at) => key !== than[at]);
  return differing >= 0 && (place[differing] ?? '') < (than[differing] ?? '');
}

/** Products with more of the words come first; among those with as many the order decides. */
function walkSorted(
  store: Store,
  ranked: readonly Ranked[],
  sort: Exclude<Sort, 'relevance'>,
  from: Place | undefined,
): Walk {
  const [matchedMax = Number.POSITIVE_INFINITY, ...start] = from ?? [];
  const groups = [...Map.groupBy(ranked, ({ matched }) => matched)]
    .filter(([matched]) => matched <= Number(matchedMax))
    .map(([matched, products]) => {
      const conditions = [{ _id: { $in: products.map(({ id }) => id) } }];
      const after = matched === matchedMax ? start : undefined;
      return { matched, walk: walkList(store, conditions, LIST_ORDERS[sort], after) };
    });
  return async (limit) => {
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
