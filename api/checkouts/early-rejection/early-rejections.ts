import type { WireEvent } from '../../../shared/contract/events.ts';
import { type KnownStock, rejectEarly } from '../../../shared/domain/early-rejection.ts';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { createLruCache } from '../../../shared/runtime/lru-cache.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { StockReader } from './stock-reader.ts';

/** Variants watched at a time. A new one replaces the one that was wanted least recently. */
const WATCHED_MAX = 10_000;
/** A variant with units is watched for this long after the last refusal. */
const WATCHED_MS = 10_000;
/** Stock that was read this long ago is read again if it is asked for. */
const REFRESH_AFTER_MS = 50;
/** The shortest time from one read to the next, and the variants of one read. */
const READ_EVERY_MS_MIN = 25;
const READ_VARIANTS_MAX = 200;

/** A variant that was sold out lately. */
interface Watched {
  known?: KnownStock | undefined;
  /** The least version that a read must return; an earlier one is outdated. */
  versionMin: number;
  refusedAtMs: number;
}

type ReceivedEvent = Pick<WireEvent, 'type' | 'subjectId' | 'seq' | 'data'>;

interface EarlyRejectionOptions {
  readonly isEnabled: boolean;
  readonly read: StockReader;
  readonly clock: Clock;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

/**
 * Rejects checkouts without the queue if their variant is certainly sold out. A variant is watched
 * from the first refusal that any worker publishes. Its stock is then read while checkouts want it.
 * Only a read makes stock known, and its age counts from the beginning of the read. An event can
 * only discard known stock.
 */
export class EarlyRejections {
  readonly #options: EarlyRejectionOptions;
  readonly #monotonicMs: () => number;
  readonly #watched = createLruCache<Watched>({ max: WATCHED_MAX });
  readonly #asked = new Set<string>();
  #isReading = false;
  #lastReadAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EarlyRejectionOptions) {
    this.#options = options;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
  }

  /** Handles the events of workers and of this process. */
  onEvents(events: readonly ReceivedEvent[]): void {
    if (!this.#options.isEnabled) return;
    for (const { type, subjectId, seq, data } of events) {
      if (type === 'checkout.rejected') {
        const { code, variantId } = data;
        if (code === 'out_of_stock' && typeof variantId === 'string') this.#watch(variantId);
      } else if (type.startsWith('stock.')) {
        if (type === 'stock.depleted') this.#watch(subjectId);
        this.#outdate(subjectId, seq);
      }
    }
  }

  /** Starts to read the stock of the watched variants among these lines; no one waits for it. */
  ask(lines: readonly PricedLine[]): void {
    if (this.#watched.size === 0) return;
    const now = this.#monotonicMs();
    for (const { variantId } of lines) {
      const watched = this.#watched.get(variantId);
      if (watched === undefined || this.#asked.size >= READ_VARIANTS_MAX) continue;
      const readAtMs = watched.known?.readAtMs ?? Number.NEGATIVE_INFINITY;
      if (now - readAtMs >= REFRESH_AFTER_MS) this.#asked.add(variantId);
    }
    const isTooSoon = now - this.#lastReadAtMs < READ_EVERY_MS_MIN;
    if (this.#asked.size > 0 && !this.#isReading && !isTooSoon) void this.#read(now);
  }

  /** Returns the checkout to store now: rejected if it is certain that it cannot get its units. */
  decide(checkout: CheckoutRecord): CheckoutRecord {
    // A checkout that may wait is never rejected for lack of stock.
    if (this.#watched.size === 0 || checkout.waitUntil !== undefined) return checkout;
    const at = this.#options.clock.now();
    const now = { monotonicMs: this.#monotonicMs(), epochMs: at.getTime() };
    const rejection = rejectEarly(checkout, (id) => this.#watched.get(id)?.known, now);
    if (rejection?.variantId === undefined) return checkout;
    this.#watch(rejection.variantId);
    const { jobId: _, ...withoutJob } = checkout;
    return {
      ...withoutJob,
      status: 'rejected',
      rejection,
      // It is accepted and settled at the same moment, so no later checkout is served before it.
      acceptedAt: at,
      settledAt: at,
    };
  }

  #watch(variantId: string): void {
    const refusedAtMs = this.#monotonicMs();
    const watched = this.#watched.get(variantId);
    if (watched === undefined) this.#watched.set(variantId, { versionMin: 0, refusedAtMs });
    else watched.refusedAtMs = refusedAtMs;
  }

  /** Discards the known stock if it is of an earlier version. */
  #outdate(variantId: string, version: number): void {
    const watched = this.#watched.get(variantId);
    if (watched === undefined) return;
    watched.versionMin = Math.max(watched.versionMin, version);
    if (watched.known !== undefined && watched.known.version < version) watched.known = undefined;
  }

  async #read(readAtMs: number): Promise<void> {
    const variantIds = [...this.#asked];
    this.#asked.clear();
    this.#isReading = true;
    this.#lastReadAtMs = readAtMs;
    try {
      const readings = await this.#options.read(variantIds);
      for (const variantId of variantIds) {
        const reading = readings.get(variantId);
        if (reading === undefined) this.#watched.delete(variantId);
        else this.#learn(variantId, { ...reading, readAtMs });
      }
    } catch {
      // Checkouts of unknown stock go through the queue.
    } finally {
      this.#isReading = false;
    }
  }

  #learn(variantId: string, known: KnownStock): void {
    const watched = this.#watched.get(variantId);
    if (watched === undefined || known.version < watched.versionMin) return;
    const isIdle = this.#monotonicMs() - watched.refusedAtMs > WATCHED_MS;
    if (known.available > 0 && isIdle) this.#watched.delete(variantId);
    else watched.known = known;
  }
}
