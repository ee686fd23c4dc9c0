import { toHomeProduct } from '../contract/partitions.ts';
import type { FreedUnits } from '../domain/vocabulary.ts';
import { pause } from '../runtime/deadline.ts';
import { WAITING_ORDER, type WaitRecord } from '../store/collections/waits.ts';
import type { Store } from '../store/store.ts';
import type { CheckoutQueue } from './checkout-queue.ts';

interface EnqueueOptions {
  readonly store: Store;
  readonly queue: CheckoutQueue;
}

/**
 * The maximum number of variants in one round. It is small, because a worker that is killed during
 * the round keeps the locks of their products for seconds.
 */
const ROUND_MAX = 8;
/**
 * The maximum number of concurrent rounds, each with its own variants. A round that waits for a
 * lock thus delays only the few variants of that round.
 */
const ROUNDS_MAX = 4;
/** The maximum number of variants that wait for a round; further variants are ignored. */
const PENDING_MAX = 10_000;
/** A round serves all checkouts that it can, so each variant has at most one round in this time. */
const ROUND_PAUSE_MS = 20;

/** Collects variants whose units were freed, and serves the checkouts that wait for them. */
export interface FreedUnitsQueue {
  /**
   * Adds variants to the next rounds. The sweep of waiting checkouts finds variants that no round
   * serves.
   */
  add(freed: readonly Pick<FreedUnits, 'variantId'>[]): void;
  /** Starts no further round, and resolves when the current rounds have ended. */
  stop(): Promise<void>;
}

/**
 * Creates a queue that serves freed variants in rounds.
 * @param serve serves the checkouts that wait for these variants, or enqueues them for a worker;
 *   its errors are ignored, because the sweep of waiting checkouts finds the units
 */
export function createFreedUnitsQueue(
  serve: (variantIds: readonly string[]) => Promise<unknown>,
): FreedUnitsQueue {
  const pending = new Set<string>();
  const serving = new Set<string>();
  const rounds = new Set<Promise<void>>();
  let isStopped = false;
  const runRound = async (variantIds: readonly string[]) => {
    for (const variantId of variantIds) {
      pending.delete(variantId);
      serving.add(variantId);
    }
    await serve(variantIds).catch(() => undefined);
    await pause(ROUND_PAUSE_MS);
    for (const variantId of variantIds) serving.delete(variantId);
  };
  const startRounds = () => {
    while (!isStopped && rounds.size < ROUNDS_MAX) {
      const variantIds = pickNext(pending, serving);
      if (variantIds.length === 0) return;
      const round = runRound(variantIds).then(() => {
        rounds.delete(round);
        startRounds();
      });
      rounds.add(round);
    }
  };
  return {
    add: (freed) => {
      for (const { variantId } of freed) if (pending.size < PENDING_MAX) pending.add(variantId);
      startRounds();
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(rounds);
    },
  };
}

/** Picks the first pending variants that no round serves at the moment. */
function pickNext(pending: ReadonlySet<string>, serving: ReadonlySet<string>): string[] {
  const picked: string[] = [];
  for (const variantId of pending) {
    if (!serving.has(variantId)) picked.push(variantId);
    if (picked.length === ROUND_MAX) break;
  }
  return picked;
}

type OldestWaiting = Pick<WaitRecord, '_id' | 'lines'>;

/**
 * Finds the first waiting checkout of each variant, in the order in which units are given out. A
 * checkout that is the first for several variants is returned once.
 */
export async function findOldestWaiting(
  store: Store,
  variantIds: readonly string[],
): Promise<OldestWaiting[]> {
  const oldest = new Map<string, OldestWaiting>();
  for (const variantId of variantIds) {
    const wait = await store.waits.findOne<OldestWaiting>(
      { isWaiting: true, 'lines.variantId': variantId },
      {
        hint: 'waiting_in_turn',
        projection: { 'lines.productId': 1 },
        sort: WAITING_ORDER,
      },
    );
    if (wait !== null) oldest.set(wait._id, wait);
  }
  return [...oldest.values()];
}

/**
 * Adds a job for the first waiting checkout of each variant. The batch of that job also serves the
 * other checkouts that wait for the variant. It does no harm if a job runs twice or its checkout
 * cannot be served.
 */
export async function enqueueOldestWaiting(
  { store, queue }: EnqueueOptions,
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
