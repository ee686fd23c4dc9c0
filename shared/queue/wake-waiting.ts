import { toHomeProduct } from '../contract/partitions.ts';
import type { FreedUnits } from '../domain/vocabulary.ts';
import { pause } from '../runtime/deadline.ts';
import { WAITING_ORDER, type WaitRecord } from '../store/collections/waits.ts';
import type { Store } from '../store/store.ts';
import type { CheckoutQueue } from './checkout-queue.ts';

interface WakeOptions {
  readonly store: Store;
  readonly queue: CheckoutQueue;
}

/** Variants of one round, and of those that wait for the next one. */
const ROUND_MAX = 50;
const PENDING_MAX = 10_000;
/** A round serves all that fits, so a variant gets no more than one in this time. */
const ROUND_PAUSE_MS = 20;

/** Starts to serve the checkouts that wait for units which have become free. */
export interface Waker {
  /** Never fails: the sweep finds what was not served. */
  wake(freed: readonly Pick<FreedUnits, 'variantId'>[]): void;
  /** Resolves when the current round has ended. */
  stop(): Promise<void>;
}

/** @param serve serves those that wait for these variants, or lets others do so */
export function createWaker(serve: (variantIds: readonly string[]) => Promise<unknown>): Waker {
  const pending = new Set<string>();
  let running: Promise<void> | undefined;
  let isStopped = false;
  const run = async () => {
    while (pending.size > 0 && !isStopped) {
      const variantIds = [...pending].slice(0, ROUND_MAX);
      for (const variantId of variantIds) pending.delete(variantId);
      await serve(variantIds).catch(() => undefined);
      await pause(ROUND_PAUSE_MS);
    }
    running = undefined;
  };
  return {
    wake: (freed) => {
      for (const { variantId } of freed) if (pending.size < PENDING_MAX) pending.add(variantId);
      if (pending.size > 0 && !isStopped) running ??= run();
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}

type OldestWaiting = Pick<WaitRecord, '_id' | 'lines'>;

/** Finds the checkout that has waited longest for each variant; each one once. */
export async function findOldestWaiting(
  store: Store,
  variantIds: readonly string[],
): Promise<OldestWaiting[]> {
  const oldest = new Map<string, OldestWaiting>();
  for (const variantId of variantIds) {
    const found = await store.waits.findOne<OldestWaiting>(
      { isWaiting: true, 'lines.variantId': variantId },
      {
        hint: 'waiting_in_turn',
        projection: { 'lines.productId': 1 },
        sort: WAITING_ORDER,
      },
    );
    if (found !== null) oldest.set(found._id, found);
  }
  return [...oldest.values()];
}

/**
 * Adds a job for the checkout that has waited longest for each variant. The batch of that job serves
 * the others too. A job that comes twice or in vain changes nothing.
 */
export async function wakeWaiting(
  { store, queue }: WakeOptions,
  variantIds: readonly string[],
): Promise<void> {
  const oldest = await findOldestWaiting(store, variantIds);
  if (oldest.length === 0) return;
  const now = Date.now().toString(36);
  await queue.enqueue(
    oldest.map(({ _id: checkoutId, lines }) => ({
      id: `${checkoutId}.w${now}`,
      data: { checkouts: [{ checkoutId, productId: toHomeProduct(lines), lines: lines.length }] },
    })),
  );
}
