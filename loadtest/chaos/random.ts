/** Random choices that a seed repeats. */
export interface Choices {
  /** Returns a number from 0 to below 1. */
  next(): number;
  /** Returns one of the items. */
  pick<Item>(items: readonly Item[]): Item;
  /** Returns the items in another order. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Returns choices by the generator mulberry32. */
export function createChoices(seed: number): Choices {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
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
        .toSorted((one, other) => one.rank - other.rank)
        .map(({ item }) => item),
  };
}
