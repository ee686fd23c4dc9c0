import type { OpsContext } from '../context.ts';
import { presentCheckout, presentOrder } from './present-story.ts';
import { readJobs } from './read-jobs.ts';
import { findCheckoutRecord, findOrderRecords, noSuchCheckout } from './story-store.ts';
import { timelineOf } from './timeline.ts';

/**
 * All that is known of a checkout: its record, orders, jobs and timeline; `jobs` is null while the
 * queue cannot be asked.
 * @throws RefusedError not_found
 */
export async function checkoutHistory({ store, queue }: OpsContext, checkoutId: string) {
  const record = await findCheckoutRecord(store, checkoutId);
  if (record === undefined) throw noSuchCheckout();
  const [orders, jobs] = await Promise.all([
    findOrderRecords(store, record),
    readJobs(queue, record),
  ]);
  return {
    checkout: presentCheckout(record),
    orders: orders.map(presentOrder),
    jobs: jobs ?? null,
    timeline: timelineOf(record, orders, jobs ?? []),
  };
}
