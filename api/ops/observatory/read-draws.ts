import { LRUCache } from 'lru-cache';
import type { DrawRecord } from '../../../shared/store/collections/draws.ts';
import type { Store } from '../../../shared/store/store.ts';
import { toNextStep } from './draw-step.ts';
import type { DrawFigures } from './figures.ts';
import type { ProductNames } from './product-names.ts';
import { inTime, READ_TIMEOUT_MS } from './read-record.ts';

/** How many active draws are shown. */
const ACTIVE_MAX = 20;
/** How many of the latest draws are shown, whatever their status. */
const LATEST_MAX = 5;
const COUNTS_KEPT = 100;

const PROJECTION = { seed: 0, seedHash: 0, requestHash: 0 };
const OPTIONS = { projection: PROJECTION, maxTimeMS: READ_TIMEOUT_MS };

type ShownDraw = Omit<DrawRecord, 'seed' | 'seedHash' | 'requestHash'>;

/** Reads the active draws in the order in which they close, and then the latest draws. */
export class DrawReader {
  readonly #store: Store;
  readonly #names: ProductNames;
  /** The number of placed entries, by draw and position. */
  readonly #placed = new LRUCache<string, number>({ max: COUNTS_KEPT });

  constructor(store: Store, names: ProductNames) {
    this.#store = store;
    this.#names = names;
  }

  async read(now: Date): Promise<DrawFigures[]> {
    const draws = await inTime('draws', this.#readDraws());
    if (draws.length === 0) return [];
    const unclosed = draws.filter(({ entryCount }) => entryCount === undefined);
    const [counted, placed] = await Promise.all([
      this.#countEntries(unclosed.map(({ _id }) => _id)),
      Promise.all(draws.map((draw) => this.#countPlaced(draw))),
      this.#names.load(draws.map(({ productId }) => productId)),
    ]);
    return draws.map((draw, index) => {
      const { _id: id, productId, variantId, status, quantity, held } = draw;
      return {
        ...{ id, status, quantity, held },
        title: this.#names.title(productId),
        sku: this.#names.sku(productId, variantId),
        entries: draw.entryCount ?? counted.get(id) ?? 0,
        placed: placed[index] ?? 0,
        next: toNextStep(draw, now),
      };
    });
  }

  async #readDraws(): Promise<ShownDraw[]> {
    const { draws } = this.#store;
    const active = { isActive: true } as const;
    const sorted = { ...OPTIONS, sort: { closesAt: 1 }, limit: ACTIVE_MAX } as const;
    const latest = { ...OPTIONS, sort: { _id: -1 }, limit: LATEST_MAX } as const;
    const lists = await Promise.all([
      draws.find<ShownDraw>(active, sorted).toArray(),
      draws.find<ShownDraw>({}, latest).toArray(),
    ]);
    return [...new Map(lists.flat().map((draw) => [draw._id, draw])).values()];
  }

  /** Counts the entries of draws that have not closed, from the counters of their gates. */
  async #countEntries(drawIds: readonly string[]): Promise<Map<string, number>> {
    if (drawIds.length === 0) return new Map();
    const counting = this.#store.drawGates.aggregate<{ readonly _id: string; entries: number }>(
      [
        { $match: { drawId: { $in: [...drawIds] } } },
        { $group: { _id: '$drawId', entries: { $sum: '$entries' } } },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    );
    const counted = await inTime('entries', counting.toArray());
    return new Map(counted.map(({ _id, entries }) => [_id, entries]));
  }

  /** Counts the placed entries of a draw; cached until the draw may have placed more. */
  async #countPlaced({ _id: drawId, position, held, status }: ShownDraw): Promise<number> {
    if (status !== 'closed' && status !== 'settled') return 0;
    const key = `${drawId} ${position} ${held} ${status}`;
    const cached = this.#placed.get(key);
    if (cached !== undefined) return cached;
    const counting = this.#store.drawEntries.countDocuments(
      { drawId, rank: { $exists: true }, isPlaced: true },
      { maxTimeMS: READ_TIMEOUT_MS },
    );
    const count = await inTime('placed entries', counting);
    this.#placed.set(key, count);
    return count;
  }
}
