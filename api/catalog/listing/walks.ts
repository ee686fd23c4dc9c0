import type { Store } from '../../../shared/store/store.ts';
import type { Condition, OrderKey, Place } from './orders.ts';
import { listPositions, type Position } from './positions.ts';
import { type Search, searchPositions } from './search.ts';

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

/**
 * Goes through what a search finds, from a place on. Ranking goes through everything that is found,
 * so it is done for the `first` so many positions, and once more for `further` ones if need be.
 */
export function walkSearch(
  store: Store,
  search: Search,
  from: Place | undefined,
  { first, further }: { readonly first: number; readonly further: number },
): Walk {
  let atLeast = first;
  let after = from;
  let found: readonly Position[] = [];
  let isAtEnd = false;
  return async (limit) => {
    if (found.length < limit && !isAtEnd) {
      const asked = Math.max(atLeast, limit - found.length);
      const more = await searchPositions(store, search, { after, limit: asked });
      after = more.at(-1)?.place ?? after;
      atLeast = further;
      isAtEnd = more.length < asked;
      found = [...found, ...more];
    }
    const stretch = found.slice(0, limit);
    found = found.slice(limit);
    return stretch;
  };
}
