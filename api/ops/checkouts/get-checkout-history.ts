import { type OpsContext, route } from '../context.ts';
import { findCheckoutRecord, findOrderRecords, noSuchCheckout } from './history-store.ts';
import { readJobs } from './read-jobs.ts';
import { checkoutHistory, checkoutParams, presentCheckout, presentOrder } from './schemas.ts';
import { toTimeline } from './timeline.ts';

export const getCheckoutHistory = route(
  {
    method: 'get',
    path: '/ops/checkouts/{id}',
    operationId: 'operations.getCheckout',
    tag: 'operations',
    summary: 'Get the history of a checkout',
    description: 'Its record, orders, jobs and timeline, without shipping addresses.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      200: { description: 'The history.', schema: checkoutHistory },
      404: { description: 'No such checkout.' },
    },
  },
  async ({ context, params }) => ({ status: 200, body: await readHistory(context, params.id) }),
);

/** @throws RefusedError not_found */
async function readHistory({ store, queue }: OpsContext, checkoutId: string) {
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
    timeline: toTimeline(record, orders, jobs ?? []),
  };
}
