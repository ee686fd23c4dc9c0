import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random choices, which the same seed repeats. */
export interface Choices {
  /** Returns a number from 0 to below 1. */
  next(): number;
  /** Returns one of the items. */
  pick<Item>(items: readonly Item[]): Item;
  /** Returns the items in a random order. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Creates the choices of a seed. */
export function createChoices(seed: number): Choices {
  const generator = xoroshiro128plus(seed);
  const next = () => uniformFloat64(generator);
  return {
    next,
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError('there is nothing to choose from');
      return item;
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, rank: next() }))
        .toSorted((first, second) => first.rank - second.rank)
        .map(({ item }) => item),
  };
}
