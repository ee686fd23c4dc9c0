import type { WireEvent } from '../../../shared/contract/events.ts';
import { type KnownStock, rejectEarly } from '../../../shared/domain/early-rejection.ts';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { createLruCache } from '../../../shared/runtime/lru-cache.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { StockReader } from './stock-reader.ts';

/** Variants watched at a time. A new variant replaces the least recently used one. */
const WATCHED_MAX = 10_000;
/** A variant with units is watched for this long after the last rejection. */
const WATCHED_MS = 10_000;
/** Stock that was read this long ago is read again if a checkout wants it. */
const REFRESH_AFTER_MS = 50;
/**
 * The shortest time from the start of one read to the start of the next, and the maximum number of
 * variants in one read.
 */
const READ_EVERY_MS_MIN = 25;
const READ_VARIANTS_MAX = 200;

/** A variant that was sold out recently. */
interface Watched {
  /**
   * The stock at the last read; absent before the first read, and after an event of a later
   * version.
   */
  known?: KnownStock | undefined;
  /** Reads that return an earlier version are outdated. */
  versionMin: number;
  rejectedAtMs: number;
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
 * Rejects checkouts before they are queued if a variant certainly has too few units. A variant is
 * watched from the first rejection or depletion that any worker publishes. Its stock is then read
 * while checkouts request it. Known stock always comes from a read, and its age counts from the
 * start of the read. Events never update known stock; they can only discard it.
 */
export class EarlyRejections {
  readonly #options: EarlyRejectionOptions;
  readonly #monotonicMs: () => number;
  readonly #watched = createLruCache<Watched>({ max: WATCHED_MAX });
  /** The variants of the next read. */
  readonly #wanted = new Set<string>();
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
        this.#discardBefore(subjectId, seq);
      }
    }
  }

  /** Starts a read of the stock of the watched variants in these lines. Does not wait for it. */
  refresh(lines: readonly PricedLine[]): void {
    if (this.#watched.size === 0) return;
    const now = this.#monotonicMs();
    for (const { variantId } of lines) {
      const watched = this.#watched.get(variantId);
      if (watched === undefined || this.#wanted.size >= READ_VARIANTS_MAX) continue;
      const readAtMs = watched.known?.readAtMs ?? Number.NEGATIVE_INFINITY;
      if (now - readAtMs >= REFRESH_AFTER_MS) this.#wanted.add(variantId);
    }
    const isTooSoon = now - this.#lastReadAtMs < READ_EVERY_MS_MIN;
    if (this.#wanted.size > 0 && !this.#isReading && !isTooSoon) void this.#read(now);
  }

  /**
   * Returns the checkout to store: rejected if it certainly cannot get its units, otherwise
   * unchanged.
   */
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
      // Accepted and settled at one moment, so that no later checkout can be served in between.
      acceptedAt: at,
      settledAt: at,
    };
  }

  #watch(variantId: string): void {
    const rejectedAtMs = this.#monotonicMs();
    const watched = this.#watched.get(variantId);
    if (watched === undefined) this.#watched.set(variantId, { versionMin: 0, rejectedAtMs });
    else watched.rejectedAtMs = rejectedAtMs;
  }

  /** Discards the known stock if its version is earlier, and ignores reads of earlier versions. */
  #discardBefore(variantId: string, version: number): void {
    const watched = this.#watched.get(variantId);
    if (watched === undefined) return;
    watched.versionMin = Math.max(watched.versionMin, version);
    if (watched.known !== undefined && watched.known.version < version) watched.known = undefined;
  }

  async #read(readAtMs: number): Promise<void> {
    const variantIds = [...this.#wanted];
    this.#wanted.clear();
    this.#isReading = true;
    this.#lastReadAtMs = readAtMs;
    try {
      const readings = await this.#options.read(variantIds);
      for (const variantId of variantIds) {
        const reading = readings.get(variantId);
        if (reading === undefined) this.#watched.delete(variantId);
        else this.#applyReading(variantId, { ...reading, readAtMs });
      }
    } catch {
      // Checkouts whose stock is unknown are queued.
    } finally {
      this.#isReading = false;
    }
  }

  #applyReading(variantId: string, known: KnownStock): void {
    const watched = this.#watched.get(variantId);
    if (watched === undefined || known.version < watched.versionMin) return;
    const isIdle = this.#monotonicMs() - watched.rejectedAtMs > WATCHED_MS;
    if (known.available > 0 && isIdle) this.#watched.delete(variantId);
    else watched.known = known;
  }
}
