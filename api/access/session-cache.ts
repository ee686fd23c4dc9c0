import type { LRUCache } from 'lru-cache';
import { type Clock, createTimer } from '../../shared/runtime/clock.ts';
import { createLruCache } from '../../shared/runtime/lru-cache.ts';
import type { Store } from '../../shared/store/store.ts';
import { isSessionOpen } from './sessions/session-store.ts';

/** Every process refuses an ended session within this time. */
const AGE_MS_MAX = 3_000;
const SESSIONS_MAX = 10_000;

/** Caches for a few seconds which sessions are open. */
export class SessionCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #sessions: LRUCache<string, Promise<boolean>>;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#sessions = createLruCache({
      max: SESSIONS_MAX,
      ttl: AGE_MS_MAX,
      ttlResolution: 0,
      perf: createTimer(clock),
    });
  }

  /** Returns whether the shop has this session and the session is open. */
  isOpen(shopId: string, sessionId: string): Promise<boolean> {
    const cacheKey = `${shopId} ${sessionId}`;
    const cached = this.#sessions.get(cacheKey);
    if (cached !== undefined) return cached;
    const isOpen = isSessionOpen(this.#store, this.#clock, shopId, sessionId);
    this.#sessions.set(cacheKey, isOpen);
    isOpen.catch(() => this.#sessions.delete(cacheKey));
    return isOpen;
  }

  /** Clears the cache, so that this process at once refuses a session that it ended. */
  clear(): void {
    this.#sessions.clear();
  }
}
