import type { Clock } from '../../shared/runtime/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import { isSessionOpen } from './sessions/session-store.ts';

/** A session that was ended is refused in every process within this time. */
const CACHED_MS_MAX = 3_000;
const ENTRIES_MAX = 10_000;

/** Knows which sessions are open, and remembers it for a few seconds. */
export class SessionCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, { isOpen: Promise<boolean>; readAt: number }>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether there is such a session of the shop, and it has not ended. */
  isOpen(shopId: string, sessionId: string): Promise<boolean> {
    const now = this.#clock.now().getTime();
    const name = `${shopId} ${sessionId}`;
    const known = this.#entries.get(name);
    if (known !== undefined && now - known.readAt < CACHED_MS_MAX) return known.isOpen;
    const isOpen = isSessionOpen(this.#store, this.#clock, shopId, sessionId);
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(name, { isOpen, readAt: now });
    isOpen.catch(() => this.#entries.delete(name));
    return isOpen;
  }

  /** Forgets what was known, so that this process at once refuses what it has just ended. */
  forget(): void {
    this.#entries.clear();
  }
}
