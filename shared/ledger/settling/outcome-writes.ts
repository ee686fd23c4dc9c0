import type { Rejection, SettlementOutcome } from '../../domain/settlement.ts';
import type { Session } from '../../store/store.ts';
import type { LedgerContext } from '../ledger.ts';

/**
 * One update for all that were placed and one for each distinct refusal: once a product is sold
 * out a whole batch shares a single refusal. A checkout's orders are not written to it, for their
 * ids and totals follow from what it froze at acceptance.
 */
export async function writeOutcomes(
  context: LedgerContext,
  session: Session,
  outcomes: readonly SettlementOutcome[],
  times: { readonly pickedUpAt: Date; readonly settledAt: Date },
): Promise<void> {
  const groups = new Map<string, { ids: string[]; rejection?: Rejection }>();
  for (const outcome of outcomes) {
    const rejection = outcome.status === 'rejected' ? outcome.rejection : undefined;
    const key = rejection === undefined ? 'placed' : JSON.stringify(rejection);
    const group = groups.get(key);
    if (group !== undefined) group.ids.push(outcome.checkoutId);
    else groups.set(key, { ids: [outcome.checkoutId], ...(rejection && { rejection }) });
  }
  if (groups.size === 0) return;
  await context.store.checkouts.bulkWrite(
    Array.from(groups.values(), ({ ids, rejection }) => ({
      updateMany: {
        filter: { _id: { $in: ids }, status: 'queued' },
        update: {
          $set: rejection
            ? { ...times, status: 'rejected', rejection }
            : { ...times, status: 'placed' },
        },
      },
    })),
    { session, ordered: false },
  );
}
