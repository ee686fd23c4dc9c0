import { LRUCache } from 'lru-cache';
import { isBehindOthers } from '../../shared/domain/lapsed-holds.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { WAITING_ORDER, type WaitRecord } from '../../shared/store/collections/waits.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { countBefore } from './queue-places.ts';

const READ_EVERY_MS = 1_000;
/** A read is reused for this many times as long as it took, and at least for `READ_EVERY_MS`. */
const REUSE_FACTOR = 20;
const VARIANTS_MAX = 1_000;
/** Further checkouts are not read, so `ahead` is at most this. */
const PLACES_MAX = 20_000;

type WaitingCheckout = Pick<CheckoutRecord, 'acceptedAt' | 'shortage' | 'waitUntil'>;

/** The checkouts that waited for a variant when it was last read, by their times of acceptance. */
interface VariantWaits {
  acceptedAtMs: readonly number[];
  /** The checkouts that come after all of `acceptedAtMs`. */
  behindMs: readonly number[];
  goodUntilMs: number;
  reading?: Promise<void> | undefined;
}

/** Counts the checkouts before a waiting checkout. The counts are usually up to a second old. */
export class WaitingPlaces {
  readonly #store: Store;
  readonly #waitsByVariant = new LRUCache<string, VariantWaits>({ max: VARIANTS_MAX });

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Counts the checkouts that wait for the same variant and come before this checkout. Returns
   * undefined for a checkout that does not wait for units, and if a read is due and fails.
   */
  async countAhead({
    acceptedAt,
    shortage,
    waitUntil,
  }: WaitingCheckout): Promise<number | undefined> {
    const variantId = shortage?.variantId;
    if (variantId === undefined || waitUntil === undefined) return undefined;
    const cached = this.#waitsByVariant.get(variantId) ?? {
      acceptedAtMs: [],
      behindMs: [],
      goodUntilMs: 0,
    };
    this.#waitsByVariant.set(variantId, cached);
    if (performance.now() >= cached.goodUntilMs) cached.reading ??= this.#read(variantId, cached);
    try {
      await cached.reading;
    } catch {
      return undefined;
    }
    const accepted = acceptedAt.getTime();
    if (!isBehindOthers(shortage)) return countBefore(cached.acceptedAtMs, accepted);
    return cached.acceptedAtMs.length + countBefore(cached.behindMs, accepted);
  }

  async #read(variantId: string, cached: VariantWaits): Promise<void> {
    const startedAt = performance.now();
    try {
      const waits = await this.#store.waits
        .find<Pick<WaitRecord, 'acceptedAt' | 'isBehind'>>(
          { isWaiting: true, 'lines.variantId': variantId },
          {
            hint: 'waiting_in_turn',
            projection: { _id: 0, acceptedAt: 1, isBehind: 1 },
            sort: WAITING_ORDER,
            limit: PLACES_MAX,
            maxTimeMS: READ_TIMEOUT_MS,
          },
        )
        .toArray();
      const toMs = ({ acceptedAt }: Pick<WaitRecord, 'acceptedAt'>) => acceptedAt.getTime();
      cached.acceptedAtMs = waits.filter(({ isBehind }) => !isBehind).map(toMs);
      cached.behindMs = waits.filter(({ isBehind }) => isBehind === true).map(toMs);
      const now = performance.now();
      cached.goodUntilMs = now + Math.max(READ_EVERY_MS, (now - startedAt) * REUSE_FACTOR);
    } finally {
      cached.reading = undefined;
    }
  }
}
