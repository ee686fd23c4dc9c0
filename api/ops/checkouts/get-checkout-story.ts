import { RefusedError } from '../../../shared/domain/errors.ts';
import { shopParts } from '../../../shared/domain/shop-parts.ts';
import { orderIdOf } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { ApiContext } from '../../context.ts';
import { route } from '../../http/route.ts';
import { readJobs } from './read-jobs.ts';
import { checkoutParams, checkoutStory } from './schemas.ts';
import { timelineOf } from './timeline.ts';

const READ_TIMEOUT_MS = 5_000;

export const getCheckoutStory = route(
  {
    method: 'get',
    path: '/ops/checkouts/{id}',
    tag: 'operations',
    summary: 'Tell a checkout’s whole story',
    description: 'Its record, orders, jobs and timeline. Where it is sent to is left out.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      200: { description: 'All that is known of it.', schema: checkoutStory },
      404: { description: 'No such checkout.' },
    },
  },
  async ({ context, params }) => {
    const record = await findRecord(context, params.id);
    if (record === undefined) throw new RefusedError('not_found', 'There is no such checkout.');
    const [orders, jobs] = await Promise.all([
      findOrders(context, record),
      readJobs(context.queue, record),
    ]);
    const timeline = timelineOf(record, orders, jobs ?? []);
    const checkout = presentRecord(record);
    const body = { checkout, orders: orders.map(presentOrder), jobs: jobs ?? null, timeline };
    return { status: 200, body };
  },
);

async function findRecord(context: ApiContext, id: string): Promise<CheckoutRecord | undefined> {
  const { collection } = context.store.checkouts;
  const options = { projection: { shippingAddress: 0 }, maxTimeMS: READ_TIMEOUT_MS };
  return (await collection.findOne<CheckoutRecord>({ _id: id as never }, options)) ?? undefined;
}

/** By their ids, which follow from what was checked out; there is no index on the checkout's. */
async function findOrders(context: ApiContext, record: CheckoutRecord): Promise<OrderRecord[]> {
  const ids = shopParts(record.lines).map(({ shopId }) => orderIdOf(record._id, shopId));
  const options = { projection: { shippingAddress: 0 }, maxTimeMS: READ_TIMEOUT_MS };
  return context.store.orders.collection
    .find<OrderRecord>({ _id: { $in: ids } as never }, options)
    .toArray();
}

function presentRecord(record: CheckoutRecord) {
  const { _id, madeBy, buyerId, status, lines, currency, total, wakeups } = record;
  const { expectedTotal, rejection, failure, idempotencyKey } = record;
  const { discounts, refusedDiscount, cartId } = record;
  return {
    id: _id,
    status,
    madeBy,
    buyerId,
    ...(idempotencyKey && { idempotencyKey: idempotencyKey.slice(madeBy.length + 1) }),
    lines,
    currency,
    total,
    ...(expectedTotal !== undefined && { expectedTotal }),
    ...(discounts && { discounts }),
    ...(refusedDiscount && { refusedDiscount }),
    ...(cartId !== undefined && { cartId }),
    wakeups,
    ...(rejection && { rejection }),
    ...(failure !== undefined && { failure }),
  };
}

function presentOrder(order: OrderRecord) {
  const { _id, shopId, status, lines, subtotal, discount, discounts } = order;
  const { total, currency, reservedUntil } = order;
  return {
    id: _id,
    shopId,
    status,
    lines,
    subtotal,
    discount,
    ...(discounts && { discounts }),
    total,
    currency,
    reservedUntil,
  };
}
