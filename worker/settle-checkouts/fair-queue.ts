import type { WaitingItems } from '../../shared/runtime/group-commit.ts';

interface FairQueueOptions<Item> {
  /** Items of one lane are taken in order; lanes are served round-robin. */
  readonly laneOf: (item: Item) => string;
  /** Orders the items of a lane: the smallest is the oldest and is taken first. */
  readonly positionOf: (item: Item) => string;
}

/** The items of one lane. Items before `head` have been taken. */
interface Lane<Item> {
  items: Item[];
  head: number;
}

/** Taken items stay in the array of their lane until they are more than this many. */
const TAKEN_MAX = 1_024;

/**
 * Waiting items in lanes. Serves the lanes round-robin, and the oldest item of a lane first. So the
 * backlog of a lane does not delay the items of another lane. `take` returns a group: one item of
 * each lane, then a second item of each lane, and so on until the next item does not fit. Lanes
 * that were served go to the end.
 */
export class FairQueue<Item> implements WaitingItems<Item> {
  readonly #options: FairQueueOptions<Item>;
  /** The lanes, in the order in which they are served next. */
  readonly #lanes = new Map<string, Lane<Item>>();
  #size = 0;

  constructor(options: FairQueueOptions<Item>) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    const name = this.#options.laneOf(item);
    const lane = this.#lanes.get(name) ?? { items: [], head: 0 };
    this.#lanes.set(name, lane);
    this.#insert(lane, item);
    this.#size += 1;
  }

  take(fits: (item: Item) => boolean): Item[] {
    const taken: Item[] = [];
    const served = new Set<string>();
    for (let isFull = false; !isFull && this.#lanes.size > 0; ) {
      for (const [name, lane] of this.#lanes) {
        const item = lane.items[lane.head];
        isFull = item === undefined || !fits(item);
        if (item === undefined || isFull) break;
        taken.push(item);
        served.add(name);
        this.#dropFirst(name, lane);
      }
    }
    this.#size -= taken.length;
    for (const name of served) this.#moveToEnd(name);
    return taken;
  }

  some(matches: (item: Item) => boolean): boolean {
    const lanes = [...this.#lanes.values()];
    return lanes.some(({ items, head }) => items.slice(head).some(matches));
  }

  /**
   * Inserts an item by its position. Searches from the end, because most items are the newest of
   * their lane; a job that is tried again has older items.
   */
  #insert({ items, head }: Lane<Item>, item: Item): void {
    const { positionOf } = this.#options;
    const position = positionOf(item);
    let index = items.length;
    for (; index > head; index -= 1) {
      const previous = items[index - 1];
      if (previous === undefined || positionOf(previous) <= position) break;
    }
    if (index === items.length) items.push(item);
    else items.splice(index, 0, item);
  }

  #dropFirst(name: string, lane: Lane<Item>): void {
    lane.head += 1;
    if (lane.head === lane.items.length) this.#lanes.delete(name);
    else if (lane.head > TAKEN_MAX) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
  }

  #moveToEnd(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
  }
}
