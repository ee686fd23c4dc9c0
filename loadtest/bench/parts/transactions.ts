import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import type { Locks } from '../../../shared/locks/product-locks.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import type { Store } from '../../../shared/store/store.ts';
import { toChunks } from './chunks.ts';

const BATCH = 256;
const DAY_MS = 86_400_000;

/** Settles stored checkouts in full batches, one batch at a time. */
export async function settleInBatches(
  store: Store,
  locks: Locks,
  checkoutIds: readonly string[],
): Promise<void> {
  const ledger = { store, locks, clock: systemClock, reservationTtlMs: DAY_MS };
  for (const batch of toChunks(checkoutIds, BATCH)) {
    const settled = await settleCheckouts(ledger, batch);
    const odd = settled.find(({ status }) => status !== 'placed');
    if (odd !== undefined) throw new Error(`${odd.checkoutId} is ${odd.status} instead of placed`);
  }
}
