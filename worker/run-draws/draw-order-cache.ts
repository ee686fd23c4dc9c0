import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { byHash, type DrawnEntry, drawEntry } from '../../shared/runtime/draw-order.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import type { Store } from '../../shared/store/store.ts';

/**
 * The most entries of all cached orders, which take about 120 MB. The bound counts entries and not
 * draws: each round reads the orders of all draws in turn, so a cache for fewer draws would load
 * every order anew in each round.
 */
const ENTRIES_MAX = 2_000_000;
/** After hashing this many entries, the event loop runs other work. */
const HASHED_AT_A_TIME = 2_000;

/** Caches the order of the entries of closed draws, which no longer change. */
export class DrawOrderCache {
  readonly #store: Store;
  readonly #orders: LRUCache<string, readonly string[]>;

  constructor(store: Store, entriesMax = ENTRIES_MAX) {
    this.#store = store;
    this.#orders = new LRUCache({
      maxSize: entriesMax,
      sizeCalculation: (order) => Math.max(1, order.length),
    });
  }

  /**
   * Returns the entries of a closed draw in the order of the draw.
   * @throws RangeError if the draw has no seed, or the number of its entries differs from the count
   *   at its close
   */
  async get({ _id, seed, entryCount }: DrawRecord): Promise<readonly string[]> {
    const cached = this.#orders.get(_id);
    if (cached !== undefined) return cached;
    if (seed === undefined) throw new RangeError(`draw ${_id} has no seed`);
    const entries = this.#store.drawEntries.find<{ readonly _id: string }>(
      { drawId: _id },
      { projection: { _id: 1 }, sort: { _id: 1 }, hint: 'entries_of_draw' },
    );
    const hashed: DrawnEntry[] = [];
    for await (const entry of entries) {
      hashed.push(drawEntry(seed, entry._id));
      if (hashed.length % HASHED_AT_A_TIME === 0) await setImmediate();
    }
    if (hashed.length !== entryCount) {
      const counts = `${hashed.length} entries, but ${entryCount} were counted`;
      throw new RangeError(`draw ${_id} has ${counts}`);
    }
    const order = hashed.sort(byHash).map(({ id }) => id);
    this.#orders.set(_id, order);
    return order;
  }
}
