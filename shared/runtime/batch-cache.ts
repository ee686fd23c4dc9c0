import { type Clock, createTimer, type Timer } from './clock.ts';
import { GroupCommit } from './group-commit.ts';

/** The maximum number of lookups that share a read. */
const LOOKUPS_MAX = 500;
/** The maximum number of lookups that wait for a read. */
const LOOKUPS_WAITING_MAX = 20_000;

interface BatchCacheOptions<Value> {
  readonly name: string;
  /** Values of this age or older are read again. */
  readonly ageMsMax: number;
  readonly entriesMax: number;
  /**
   * The maximum number of keys in a read that several lookups share, so that one long list does not
   * delay the other lookups. A lookup of more keys has a read of its own.
   */
  readonly keysPerReadMax: number;
  /** Reads values. The result omits unknown keys, and may contain keys that were not requested. */
  readonly read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
}

interface Entry<Value> {
  /** Undefined for an unknown key. */
  readonly value: Value | undefined;
  readonly readAt: number;
}

/** Caches values for a short time. Concurrent lookups share a read. */
export class BatchCache<Value> {
  readonly #timer: Timer;
  readonly #options: BatchCacheOptions<Value>;
  readonly #entries = new Map<string, Entry<Value>>();
  /**
   * Counts the calls of `forget`. The result of a read is not cached if `forget` was called
   * meanwhile.
   */
  #forgetCount = 0;
  readonly #lookups: GroupCommit<readonly string[], ReadonlyMap<string, Value>>;

  constructor(clock: Clock, options: BatchCacheOptions<Value>) {
    this.#timer = createTimer(clock);
    this.#options = options;
    this.#lookups = new GroupCommit({
      name: options.name,
      itemsMax: LOOKUPS_MAX,
      weigh: (keys) => keys.length,
      weightMax: options.keysPerReadMax,
      queueMax: LOOKUPS_WAITING_MAX,
      commit: async (lookups) => {
        // The previous read may have read some of these keys while these lookups waited.
        const { fresh, stale } = this.#findFresh(new Set(lookups.flat()));
        const read = stale.length === 0 ? [] : await this.read(stale);
        const values: ReadonlyMap<string, Value> = new Map([...fresh, ...read]);
        return lookups.map(() => ({ value: values }));
      },
    });
  }

  /**
   * Returns values that are less than `ageMsMax` old; omits unknown keys.
   * @throws QueueFullError if too many lookups wait for a read
   */
  async get(keys: readonly string[]): Promise<Map<string, Value>> {
    const { fresh: values, stale } = this.#findFresh(keys);
    if (stale.length === 0) return values;
    const read = await this.#lookups.submit(stale);
    for (const key of stale) {
      const value = read.get(key);
      if (value !== undefined) values.set(key, value);
    }
    return values;
  }

  /** Reads current values and caches them, even if the cache has fresh values. */
  async read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    const readAt = this.#timer.now();
    const forgetCount = this.#forgetCount;
    const values = await this.#options.read(keys);
    if (forgetCount !== this.#forgetCount) return values;
    if (this.#entries.size + keys.length > this.#options.entriesMax) this.#entries.clear();
    for (const key of keys) this.#entries.set(key, { value: values.get(key), readAt });
    return values;
  }

  /** Drops a key, so that a change of its value applies at once in this process. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#forgetCount += 1;
  }

  #findFresh(keys: Iterable<string>) {
    const oldest = this.#timer.now() - this.#options.ageMsMax;
    const fresh = new Map<string, Value>();
    const stale: string[] = [];
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.readAt <= oldest) stale.push(key);
      else if (entry.value !== undefined) fresh.set(key, entry.value);
    }
    return { fresh, stale };
  }
}
