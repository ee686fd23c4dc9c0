import { LRUCache } from 'lru-cache';

type Options = Partial<
  Pick<LRUCache.OptionsBase<string, object, unknown>, 'ttlResolution' | 'perf'>
>;

interface Bounds extends Options {
  /** The maximum number of entries; beyond it the least recently used entry is dropped. */
  readonly max: number;
  /** In milliseconds; without it entries do not expire. */
  readonly ttl?: number;
}

/**
 * Creates an LRU cache whose memory grows with its entries. With the option `max`, lru-cache would
 * allocate memory for all entries at once: 10 MB and 50 ms for the caches of an API process.
 */
export function createLruCache<V extends object | true>({
  max,
  ...options
}: Bounds): LRUCache<string, V> {
  const { ttl = 0, ...others } = options;
  return new LRUCache<string, V>({ ...others, ttl, maxSize: max, sizeCalculation: () => 1 });
}
