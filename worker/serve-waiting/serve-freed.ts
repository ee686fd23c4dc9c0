import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { enqueueOldestWaiting, findOldestWaiting } from '../../shared/queue/freed-units-queue.ts';
import { isRetryable } from '../../shared/store/transaction.ts';

interface ServeContext {
  readonly ledger: LedgerContext;
  readonly queue: CheckoutQueue;
}

/**
 * Serves the checkouts that wait for free units of these variants, including those of partitions
 * that other workers hold. Their order does not depend on the worker, so no checkout has to wait
 * until a lease changes hands. If one of the checkouts can never be settled, each of them gets a
 * job instead, and the job of the faulty checkout parks it.
 */
export async function serveFreed(
  { ledger, queue }: ServeContext,
  variantIds: readonly string[],
): Promise<void> {
  const oldest = await findOldestWaiting(ledger.store, variantIds);
  if (oldest.length === 0) return;
  try {
    await settleCheckouts(
      ledger,
      oldest.map(({ _id }) => _id),
    );
  } catch (error) {
    if (isRetryable(error)) throw error;
    await enqueueOldestWaiting({ store: ledger.store, queue }, variantIds);
  }
}
