import type { WireEvent } from '../../shared/contract/events.ts';
import { isOpenStatus } from '../../shared/domain/vocabulary.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import { byIds } from '../../shared/store/by-ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** A waiting request reads its checkout again at this interval, in case an event was lost. */
const REREAD_MS = 1_000;
/**
 * Limits of reads: how long a query waits for more reads, how many reads share a query, and how
 * many reads may wait.
 */
const READS_LINGER_MS = 5;
const READS_MAX = 500;
const READS_WAITING_MAX = 20_000;

/** A subscription to the events of one checkout. */
export interface OutcomeListener {
  /** Resolves after an event of the checkout, or after `timeoutMs`. */
  changed(timeoutMs: number): Promise<void>;
  /** Ends the current call of `changed`, or the next one if none is open, as an event does. */
  notify(): void;
  close(): void;
}

/** How to wait for a checkout. */
export interface SettledOptions {
  readonly timeoutMs: number;
  /** Checks each record, including `stored`; may throw to end the wait. */
  readonly check?: (record: CheckoutRecord | undefined) => void | Promise<void>;
  /** The checkout as it was just stored, before it had an event. It replaces the first read. */
  readonly stored?: CheckoutRecord | undefined;
  /** Ends the wait early, for example because the caller disconnected. */
  readonly signal?: AbortSignal | undefined;
}

/** Notifies waiting requests when their checkout is settled or begins to wait for units. */
export class OutcomeSubscriptions {
  readonly #listeners = new Map<string, Set<() => void>>();
  #isStopping = false;
  readonly #rereadMs: number;
  readonly #reads: GroupCommit<string, CheckoutRecord | undefined>;

  /** @param rereadMs how long a request waits for an event before its checkout is read again */
  constructor(store: Store, rereadMs: number = REREAD_MS) {
    this.#rereadMs = rereadMs;
    this.#reads = new GroupCommit({
      name: 'checkout reads',
      lingerMs: READS_LINGER_MS,
      itemsMax: READS_MAX,
      queueMax: READS_WAITING_MAX,
      commit: async (ids) => {
        const checkouts = await store.checkouts
          .find<CheckoutRecord>(byIds([...new Set(ids)]), { maxTimeMS: READ_TIMEOUT_MS })
          .toArray();
        const records = new Map(checkouts.map((record) => [record._id, record]));
        return ids.map((id) => ({ value: records.get(id) }));
      },
    });
  }

  /** The number of checkouts with subscriptions. */
  get watchedCount(): number {
    return this.#listeners.size;
  }

  /** Reads a checkout. Concurrent calls share a query. */
  read(checkoutId: string): Promise<CheckoutRecord | undefined> {
    return this.#reads.submit(checkoutId);
  }

  /**
   * Whether the process is shutting down. Waits then end with the current state of the checkout.
   */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Ends all waits, so that the process can shut down. */
  stop(): void {
    this.#isStopping = true;
    for (const callbacks of this.#listeners.values()) for (const notify of callbacks) notify();
  }

  /** Handles relayed events. Events of checkouts without subscriptions are ignored. */
  onEvents(events: readonly Pick<WireEvent, 'type' | 'subjectId'>[]): void {
    for (const { type, subjectId } of events) {
      if (!type.startsWith('checkout.')) continue;
      for (const notify of this.#listeners.get(subjectId) ?? []) notify();
    }
  }

  /**
   * Waits until the checkout is settled, `timeoutMs` has passed, `signal` is aborted or the process
   * stops, and returns the current state of the checkout; undefined if it does not exist.
   * Subscribes before its first read, so that it misses no event during the read. Reads again once
   * a second, so that a wait also ends without Redis.
   */
  async settled(
    checkoutId: string,
    { timeoutMs, check, signal, stored }: SettledOptions,
  ): Promise<CheckoutRecord | undefined> {
    const giveUpAt = performance.now() + timeoutMs;
    const listener = this.listen(checkoutId);
    const notify = () => listener.notify();
    signal?.addEventListener('abort', notify);
    try {
      for (let known = stored; ; known = undefined) {
        const record = known ?? (await this.read(checkoutId));
        await check?.(record);
        const remainingMs = giveUpAt - performance.now();
        const isOver = remainingMs <= 0 || this.#isStopping || signal?.aborted === true;
        if (record === undefined || !isOpenStatus(record.status) || isOver) return record;
        await listener.changed(Math.min(this.#rereadMs, remainingMs));
      }
    } finally {
      signal?.removeEventListener('abort', notify);
      listener.close();
    }
  }

  /** Subscribes to a checkout. An event before the first call of `changed` ends that call. */
  listen(checkoutId: string): OutcomeListener {
    let hasChanged = false;
    let notify = () => {
      hasChanged = true;
    };
    const onChange = () => notify();
    const callbacks = this.#listeners.get(checkoutId) ?? new Set();
    callbacks.add(onChange);
    this.#listeners.set(checkoutId, callbacks);
    return {
      changed: (timeoutMs) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => notify(), hasChanged ? 0 : timeoutMs);
          notify = () => {
            clearTimeout(timer);
            hasChanged = false;
            notify = () => {
              hasChanged = true;
            };
            resolve();
          };
        }),
      notify: () => notify(),
      close: () => {
        callbacks.delete(onChange);
        if (callbacks.size === 0) this.#listeners.delete(checkoutId);
      },
    };
  }
}
