import { randomUUID } from 'node:crypto';
import { toRejectionsEntry } from '../../shared/ledger/store-rejections.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { inTransaction, StaleReadError } from '../../shared/store/transaction.ts';

export const ANNOUNCE_EVERY_MS = 250;
/** Another worker continues this long after the one that announces has died. */
const LEASE_MS = 3_000;
/** Rejections of one transaction, and transactions of one round. */
const PAGE_MAX = 500;
const PAGES_MAX = 4;

const PENDING = { isEventPending: true } as const;
/** What an event says of a checkout. */
const EVENT_FIELDS = {
  storefrontId: 1,
  replays: 1,
  rejection: 1,
  settledAt: 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
  'lines.unitPrice': 1,
};

interface AnnounceContext {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Writes the events of early rejections that the API has stored without any: those of carts, and
 * those that could not be stored together with their events. One worker at a time does
 * so; the lease only saves work, because each transaction takes the mark off the checkouts whose
 * events it writes.
 * @returns the number of events
 */
export async function announceRejections(
  { store, clock }: AnnounceContext,
  signal?: AbortSignal,
): Promise<number> {
  // The index is by time: without a sort the query would read every checkout.
  const oldest = { projection: { _id: 1 }, sort: { settledAt: 1 } } as const;
  if ((await store.checkouts.findOne(PENDING, oldest)) === null) return 0;
  const leases = workLeases(store);
  const claim = { id: 'early-rejections', owner: randomUUID(), leaseMs: LEASE_MS };
  if (!(await claimLease(leases, claim))) return 0;
  let written = 0;
  try {
    for (let page = 0; page < PAGES_MAX && signal?.aborted !== true; page += 1) {
      if (!(await renewLease(leases, claim))) break;
      const count = await announcePage(store, clock.now());
      written += count;
      if (count < PAGE_MAX) break;
    }
  } finally {
    await releaseLease(leases, claim.id, claim.owner);
  }
  return written;
}

/** Writes the events of the oldest rejections in one outbox entry, and takes their marks off. */
function announcePage(store: Store, at: Date): Promise<number> {
  return inTransaction(store, async (session) => {
    const rejected = await store.checkouts
      .find<CheckoutRecord>(PENDING, {
        session,
        projection: EVENT_FIELDS,
        sort: { settledAt: 1 },
        limit: PAGE_MAX,
      })
      .toArray();
    if (rejected.length === 0) return 0;
    await store.outbox.insertOne(toRejectionsEntry(rejected, at), { session });
    const { matchedCount } = await store.checkouts.updateMany(
      { _id: { $in: rejected.map(({ _id }) => _id) }, ...PENDING },
      { $unset: { isEventPending: '' } },
      { session },
    );
    if (matchedCount !== rejected.length) throw new StaleReadError('an early rejection');
    return rejected.length;
  });
}
