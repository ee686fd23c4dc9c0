/**
 * The queue is full, or the item has waited in it for too long. The item was not processed and can
 * be submitted again later.
 */
export class QueueFullError extends Error {
  constructor(name: string, problem = 'is full') {
    super(`the queue of ${name} ${problem}`);
    this.name = 'QueueFullError';
  }
}

/**
 * A group waits for more items if the last group began less than this many linger times ago.
 * Otherwise items are rare, or the last group took so long that the next has filled meanwhile.
 */
const BUSY_LINGERS = 3;

/** The result of one item of a group. */
export type Settled<T> = { readonly value: T } | { readonly error: unknown };

interface GroupOptions<Item, Result> {
  readonly name: string;
  /** Processes a group; returns one result per item, in the same order. */
  readonly commit: (items: readonly Item[]) => Promise<readonly Settled<Result>[]>;
  readonly itemsMax: number;
  /** Returns the weight of an item; 0 by default. */
  readonly weigh?: (item: Item) => number;
  /** The largest weight of a group. A heavier item forms a group alone. */
  readonly weightMax?: number;
  readonly queueMax: number;
  /** The largest weight of all waiting items together; without a limit by default. */
  readonly queueWeightMax?: number;
  /** An item that has waited longer is refused instead of processed; without a limit by default. */
  readonly waitMsMax?: number;
  /** Groups that may be in progress at the same time; 1 by default. */
  readonly parallelMax?: number;
  /**
   * How long a group that is not full waits for more items before it starts; 0 by default. A group
   * does not wait if the last group began long ago.
   */
  readonly lingerMs?: number;
  /** Orders the items that wait; first come, first served by default. */
  readonly order?: WaitingItems<Waiting<Item, Result>>;
}

/** Items that wait, in the order in which groups take them. */
export interface WaitingItems<Item> {
  readonly size: number;
  push(item: Item): void;
  /** Removes and returns the next items, up to the first that `fits` refuses. */
  take(fits: (item: Item) => boolean): Item[];
  some(matches: (item: Item) => boolean): boolean;
}

class ArrivalOrder<Item> implements WaitingItems<Item> {
  #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  take(fits: (item: Item) => boolean): Item[] {
    let count = 0;
    for (const item of this.#items) {
      if (!fits(item)) break;
      count += 1;
    }
    const taken = this.#items.slice(0, count);
    this.#items = this.#items.slice(count);
    return taken;
  }

  some(matches: (item: Item) => boolean): boolean {
    return this.#items.some(matches);
  }
}

/** An item that waits for a group. */
export interface Waiting<Item, Result> {
  readonly item: Item;
  /** When it was submitted, by `performance.now()`. */
  readonly since: number;
  readonly resolve: (value: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: items that arrive while one group is committed form the next group. Groups grow
 * with the load, and an idle system adds no delay.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupOptions<Item, Result>;
  readonly #idle: (() => void)[] = [];
  readonly #waiting: WaitingItems<Waiting<Item, Result>>;
  readonly #inProgress = new Set<readonly Waiting<Item, Result>[]>();
  #waitingWeight = 0;
  #scheduled = false;
  #linger: NodeJS.Timeout | undefined;
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(options: GroupOptions<Item, Result>) {
    this.#options = options;
    this.#waiting = options.order ?? new ArrivalOrder();
  }

  /**
   * Queues the item for the next group and returns its result.
   * @throws QueueFullError if the queue is full or the item has waited for too long; the item was
   *   not processed then
   * @throws the error of the item or of its group
   */
  submit(item: Item): Promise<Result> {
    const { name, queueMax, weigh, queueWeightMax = Number.POSITIVE_INFINITY } = this.#options;
    const weight = weigh?.(item) ?? 0;
    const isTooHeavy = this.#waiting.size > 0 && this.#waitingWeight + weight > queueWeightMax;
    if (this.#waiting.size >= queueMax || isTooHeavy) {
      return Promise.reject(new QueueFullError(name));
    }
    this.#waitingWeight += weight;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Returns whether an item that matches waits or is in progress. Looks at each of them. */
  has(matches: (item: Item) => boolean): boolean {
    const isMatch = ({ item }: Waiting<Item, Result>) => matches(item);
    return (
      this.#waiting.some(isMatch) || [...this.#inProgress].some((group) => group.some(isMatch))
    );
  }

  /** Resolves when no item waits or is in progress. */
  drained(): Promise<void> {
    if (this.#waiting.size === 0 && this.#inProgress.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Starts a group after the current turn of the event loop, so items of one turn share it. */
  #schedule(): void {
    const { lingerMs = 0, itemsMax, parallelMax = 1 } = this.#options;
    const isFull = this.#waiting.size >= itemsMax;
    // A full group does not wait for more items.
    const isCut = this.#linger !== undefined && isFull;
    if ((this.#scheduled && !isCut) || this.#inProgress.size >= parallelMax) return;
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#scheduled = true;
    const start = () => {
      this.#lastStartMs = performance.now();
      this.#linger = undefined;
      this.#scheduled = false;
      void this.#run();
    };
    const isBusy = performance.now() - this.#lastStartMs < BUSY_LINGERS * lingerMs;
    if (isBusy && !isFull) this.#linger = setTimeout(start, lingerMs);
    else setImmediate(start);
  }

  async #run(): Promise<void> {
    const group = this.#refuseOld(this.#takeGroup());
    if (group.length === 0) {
      if (this.#waiting.size > 0) this.#schedule();
      else this.#notifyIdle();
      return;
    }
    this.#inProgress.add(group);
    if (this.#waiting.size > 0) this.#schedule();
    try {
      const results = await this.#options.commit(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error(`${this.#options.name}: no result`));
        else if ('value' in result) resolve(result.value);
        else reject(result.error);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#inProgress.delete(group);
      if (this.#waiting.size > 0) this.#schedule();
      else this.#notifyIdle();
    }
  }

  #notifyIdle(): void {
    if (this.#inProgress.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Rejects the items that have waited for too long, and returns the others. */
  #refuseOld(group: Waiting<Item, Result>[]): Waiting<Item, Result>[] {
    const { name, waitMsMax } = this.#options;
    if (waitMsMax === undefined) return group;
    const sinceMin = performance.now() - waitMsMax;
    return group.filter(({ since, reject }) => {
      if (since >= sinceMin) return true;
      reject(new QueueFullError(name, `kept an item waiting for more than ${waitMsMax} ms`));
      return false;
    });
  }

  #takeGroup(): Waiting<Item, Result>[] {
    const { itemsMax, weigh, weightMax } = this.#options;
    let count = 0;
    let weight = 0;
    return this.#waiting.take(({ item }) => {
      const itemWeight = weigh?.(item) ?? 0;
      if (count === itemsMax) return false;
      if (count > 0 && weightMax !== undefined && weight + itemWeight > weightMax) return false;
      count += 1;
      weight += itemWeight;
      this.#waitingWeight -= itemWeight;
      return true;
    });
  }
}
