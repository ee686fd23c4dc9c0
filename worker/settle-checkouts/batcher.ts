import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { type SettledCheckout, settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { StepObserver } from '../../shared/ledger/steps.ts';
import { GroupCommit, type Settled } from '../../shared/runtime/group-commit.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import { BatchSteps, type BatchTimes } from './batch-steps.ts';
import { FairQueue } from './fair-queue.ts';
import { traceBatch } from './trace-batch.ts';

/** While checkouts are frequent, a batch that is not full waits for more, to save transactions. */
const BATCH_LINGER_MS = 10;

/** A checkout whose job is running. Products are served round-robin; `lines` is its weight. */
export interface Settling {
  readonly checkoutId: string;
  readonly productId: string;
  readonly lines: number;
  /** The trace context of its request, if it is traced. */
  readonly traceparent?: string | undefined;
}

/** A settled checkout, the size of its batch and the durations of its steps. */
export type SettledInBatch = SettledCheckout & BatchTimes & { readonly batch: number };

/**
 * A checkout could not be settled yet: it comes after waiting checkouts for the same units, and one
 * batch could not serve all of them. The checkout stays queued and can be settled later.
 */
export class PostponedError extends Error {
  constructor(checkoutId: string) {
    super(`many waiting checkouts come before ${checkoutId}`);
    this.name = 'PostponedError';
  }
}

/** A batch that has ended, committed or not. */
export interface EndedBatch extends BatchTimes {
  readonly checkouts: number;
  readonly durationMs: number;
  readonly isCommitted: boolean;
}

/** Receives each batch that has ended. */
export type BatchObserver = (batch: EndedBatch) => void;

interface BatcherOptions {
  /**
   * Called after each commit that wrote events. A batch has many commits if it serves many waiting
   * checkouts first.
   */
  readonly onCommit?: (() => void) | undefined;
  readonly onBatch?: BatchObserver | undefined;
  /** Absent unless traces are configured. */
  readonly tracing?: Tracing | undefined;
}

/**
 * Creates the batcher, which decides which checkouts are settled together: all that wait, products
 * round-robin and the first accepted first within a product, up to `batchMax` checkouts and
 * `BATCH_LINES_MAX` lines. The higher the load, the larger the batches. Any number of checkouts can
 * wait for a batch: the jobs that the worker holds bound them.
 */
export function createBatcher(
  ledger: LedgerContext,
  batchMax: number,
  { onCommit, onBatch, tracing }: BatcherOptions = {},
): GroupCommit<Settling, SettledInBatch> {
  const onCommitted = (entry: OutboxRecord) => {
    onCommit?.();
    ledger.onCommitted?.(entry);
  };
  const observed = { ...ledger, onCommitted };
  return new GroupCommit({
    name: 'settlements',
    lingerMs: BATCH_LINGER_MS,
    itemsMax: batchMax,
    weigh: (settling) => settling.lines,
    weightMax: BATCH_LINES_MAX,
    // Ids begin with the time at which they were generated, so they are in the order of acceptance.
    order: new FairQueue({
      laneOf: ({ item }) => item.productId,
      positionOf: ({ item }) => item.checkoutId,
    }),
    queueMax: Number.POSITIVE_INFINITY,
    commit: async (group) => {
      const results = await splitOnError(group, async (batch) => {
        const ids = batch.map(({ checkoutId }) => checkoutId);
        const startedAt = performance.now();
        const pickedUpAt = ledger.clock.now();
        const measured = new BatchSteps();
        const settle = (steps: StepObserver) => settleCheckouts({ ...observed, steps }, ids);
        let isCommitted = false;
        try {
          const settled = await (tracing === undefined
            ? settle(measured)
            : traceBatch(tracing, batch, measured, settle));
          isCommitted = true;
          const { times } = measured;
          return settled.map((checkout) => {
            // An earlier batch may have settled the checkout, if the worker of that batch died
            // before it reported the outcome.
            const { settledAt } = checkout;
            const isOfThisBatch = settledAt !== undefined && settledAt >= pickedUpAt;
            return { ...checkout, ...(isOfThisBatch && times), batch: batch.length };
          });
        } finally {
          const durationMs = performance.now() - startedAt;
          onBatch?.({ checkouts: batch.length, durationMs, isCommitted, ...measured.times });
        }
      });
      return results.map(refusePostponed);
    },
  });
}

function refusePostponed(result: Settled<SettledInBatch>): Settled<SettledInBatch> {
  if ('error' in result || result.value.status !== 'queued') return result;
  return { error: new PostponedError(result.value.checkoutId) };
}
