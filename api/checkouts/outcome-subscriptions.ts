import type { WireEvent } from '../../shared/contract/events.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';

/** Somebody who waits for a checkout reads it again this often though nothing was heard. */
const REREAD_MS = 1_000;
const READS_LINGER_MS = 5;
const READS_MAX = 500;
const READS_WAITING_MAX = 20_000;

/** Those who wait for one checkout. */
export interface OutcomeListener {
  /** Resolves when something was heard of the checkout, at the latest after `timeoutMs`. */
  changed(timeoutMs: number): Promise<void>;
  /** Ends the present wait, or the next one, as if something was heard. */
  wake(): void;
  close(): void;
}

/** How to wait for a checkout. */
export interface SettledOptions {
  readonly timeoutMs: number;
  /** Sees whatever is read, and may throw to end the wait. */
  readonly check?: (record: CheckoutRecord | undefined) => void | Promise<void>;
  /** Ends the wait early, for example because the caller has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** Knows who waits for which checkout, and tells them when a worker has settled it. */
export class OutcomeSubscriptions {
  readonly #listeners = new Map<string, Set<() => void>>();
  #isStopping = false;
  readonly #rereadMs: number;
  readonly #reads: GroupCommit<string, CheckoutRecord | undefined>;

  /** @param rereadMs how long somebody who hears nothing waits before reading again */
  constructor(store: Store, rereadMs: number = REREAD_MS) {
    this.#rereadMs = rereadMs;
    this.#reads = new GroupCommit({
      name: 'checkout reads',
      lingerMs: READS_LINGER_MS,
      itemsMax: READS_MAX,
      queueMax: READS_WAITING_MAX,
      commit: async (ids) => {
        const found = await store.checkouts
          .find<CheckoutRecord>({ _id: { $in: [...new Set(ids)] } })
          .toArray();
        const records = new Map(found.map((record) => [record._id, record]));
        return ids.map((id) => ({ value: records.get(id) }));
      },
    });
  }

  /** Checkouts that somebody listens to. */
  get watchedCount(): number {
    return this.#listeners.size;
  }

  /** The checkout as it stands now, read together with those that others ask for. */
  read(checkoutId: string): Promise<CheckoutRecord | undefined> {
    return this.#reads.submit(checkoutId);
  }

  /** Whether this process is about to end: those who wait are answered with what there is. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Lets everybody who waits go, so that the process can end. */
  stop(): void {
    this.#isStopping = true;
    for (const wakes of this.#listeners.values()) for (const wake of wakes) wake();
  }

  /** Takes in relayed events; those of checkouts nobody here waits for are none of our business. */
  onEvents(events: readonly Pick<WireEvent, 'type' | 'subjectId'>[]): void {
    for (const { type, subjectId } of events) {
      if (!type.startsWith('checkout.')) continue;
      for (const wake of this.#listeners.get(subjectId) ?? []) wake();
    }
  }

  /**
   * Waits until the checkout is settled or `timeoutMs` has passed, and answers it as it then
   * stands. Listens before it reads, so that what is settled in between is not missed, and reads
   * again once a second, so that it works without Redis too.
   */
  async settled(
    checkoutId: string,
    { timeoutMs, check, signal }: SettledOptions,
  ): Promise<CheckoutRecord | undefined> {
    const giveUpAt = Date.now() + timeoutMs;
    const listener = this.listen(checkoutId);
    const wake = () => listener.wake();
    signal?.addEventListener('abort', wake);
    try {
      for (;;) {
        const record = await this.read(checkoutId);
        await check?.(record);
        const remainingMs = giveUpAt - Date.now();
        const isOver = remainingMs <= 0 || this.#isStopping || signal?.aborted === true;
        if (record?.status !== 'queued' || isOver) return record;
        await listener.changed(Math.min(this.#rereadMs, remainingMs));
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      listener.close();
    }
  }

  /** Starts to listen; what is heard before anybody waits for it is remembered. */
  listen(checkoutId: string): OutcomeListener {
    let hasChanged = false;
    let wake = () => {
      hasChanged = true;
    };
    const onChange = () => wake();
    const others = this.#listeners.get(checkoutId) ?? new Set();
    others.add(onChange);
    this.#listeners.set(checkoutId, others);
    return {
      changed: (timeoutMs) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => wake(), hasChanged ? 0 : timeoutMs);
          wake = () => {
            clearTimeout(timer);
            hasChanged = false;
            wake = () => {
              hasChanged = true;
            };
            resolve();
          };
        }),
      wake: () => wake(),
      close: () => {
        others.delete(onChange);
        if (others.size === 0) this.#listeners.delete(checkoutId);
      },
    };
  }
}
