import type { LRUCache } from 'lru-cache';
import { hashApiKey } from '../../shared/access/api-key.ts';
import { type Clock, createTimer } from '../../shared/runtime/clock.ts';
import { createLruCache } from '../../shared/runtime/lru-cache.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { listGenerations } from './key-generations.ts';

/** Every process refuses a revoked key within this time. */
const AGE_MS_MAX = 3_000;
const KEYS_MAX = 10_000;
/** Each process writes `lastUsedAt` of a key at most this often. */
const USE_WRITTEN_EVERY_MS = 60_000;

/** A valid key, and the generation of the secret or the buyer token that the caller has. */
export interface FoundKey {
  readonly key: ApiKeyRecord;
  readonly generation: number;
}

type CachedKey = Promise<ApiKeyRecord | undefined>;

/** Caches API keys for a few seconds, and writes when each key was last used. */
export class ApiKeyCache {
  readonly #store: Store;
  readonly #clock: Clock;
  /** By the hash of the current or previous secret, and by id. */
  readonly #keys: LRUCache<string, CachedKey>;
  /** Ids of the keys whose `lastUsedAt` was written in the last minute. */
  readonly #recentlyUsed: LRUCache<string, true>;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    const options = {
      max: KEYS_MAX,
      ttlResolution: 0,
      perf: createTimer(clock),
    };
    this.#keys = createLruCache({ ...options, ttl: AGE_MS_MAX });
    this.#recentlyUsed = createLruCache({ ...options, ttl: USE_WRITTEN_EVERY_MS });
  }

  /**
   * Finds a valid key. Returns undefined when it is unknown, revoked, expired, or the old secret of
   * a rotated key after its grace period.
   */
  async find(apiKey: string): Promise<FoundKey | undefined> {
    const hash = hashApiKey(apiKey);
    const key = await this.#read(hash, () => this.#readByHash(hash));
    if (key === undefined) return undefined;
    const { generation: current = 0 } = key;
    const generation = key.hash === hash ? current : current - 1;
    if (!this.#isValid(key, generation)) return undefined;
    this.#writeUse(key._id);
    return { key, generation };
  }

  /**
   * Finds the valid key that issued a buyer token. Returns undefined also if the secret that issued
   * it, of this generation, no longer works. Does not count as a use of the key. If the key was
   * rotated after it was cached, reads it again.
   */
  async findIssuer(keyId: string, generation: number): Promise<FoundKey | undefined> {
    const read = () => this.#read(keyId, () => this.#findOne({ _id: keyId }));
    let key = await read();
    if (key !== undefined && generation > (key.generation ?? 0)) {
      this.#keys.delete(keyId);
      key = await read();
    }
    return key !== undefined && this.#isValid(key, generation) ? { key, generation } : undefined;
  }

  /** Clears the cache, so that this process at once refuses a revoked key or secret. */
  clear(): void {
    this.#keys.clear();
  }

  #isValid(key: ApiKeyRecord, generation: number): boolean {
    const now = this.#clock.now();
    const { revokedAt, expiresAt } = key;
    if (revokedAt !== undefined || (expiresAt !== undefined && expiresAt <= now)) return false;
    return listGenerations(key, now).includes(generation);
  }

  #read(cacheKey: string, read: () => Promise<ApiKeyRecord | null>): CachedKey {
    const cached = this.#keys.get(cacheKey);
    if (cached !== undefined) return cached;
    const record = read().then((stored) => stored ?? undefined);
    this.#keys.set(cacheKey, record);
    record.catch(() => this.#keys.delete(cacheKey));
    return record;
  }

  async #readByHash(hash: string): Promise<ApiKeyRecord | null> {
    return (await this.#findOne({ hash })) ?? this.#findOne({ previousHash: hash });
  }

  #findOne(filter: Filter<ApiKeyRecord>): Promise<ApiKeyRecord | null> {
    return this.#store.apiKeys.findOne<ApiKeyRecord>(filter, { maxTimeMS: READ_TIMEOUT_MS });
  }

  #writeUse(keyId: string): void {
    if (this.#recentlyUsed.has(keyId)) return;
    this.#recentlyUsed.set(keyId, true);
    this.#store.apiKeys
      .updateOne(
        { _id: keyId },
        { $max: { lastUsedAt: this.#clock.now() } },
        { writeConcern: { w: 1 } },
      )
      .catch(() => undefined); // A request must not fail because its use is not noted.
  }
}
