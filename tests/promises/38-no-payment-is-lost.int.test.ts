import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale, givenOrders } from '../../api/testing/requests.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { expireReservations } from '../../worker/expire-reservations/expiry-sweep.ts';
import { expectVerdictOk } from '../rig/system.ts';

const TTL_MS = 60_000;
const OFFSETS_MS = [-1, 0, 1];
/** What happens to the order, or to its unit, before the payment. */
const STATES = ['held', 'swept', 'taken', 'raced', 'cancelled', 'confirmed'] as const;
const CASES = OFFSETS_MS.flatMap((offsetMs) =>
  STATES.flatMap((state) =>
    [false, true].flatMap((reacquire) =>
      [false, true].map((isConcurrent) => ({ offsetMs, state, reacquire, isConcurrent })),
    ),
  ),
);
type Case = (typeof CASES)[number];
/** How often every case is run: in the full form, that makes 1,008 runs of the 72 cases. */
const ROUNDS = promiseRuns(14, 1);

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
});
afterAll(() => api.close());

const sweep = () => expireReservations(api.context.ledger, new AbortController().signal);

async function buyAsRival(variantId: string): Promise<void> {
  keys += 1;
  const lines = [{ variantId, quantity: 1 }];
  const headers = { 'idempotency-key': `rival-${keys}` };
  const posted = await api.shopB.post('/v1/checkouts', { buyerId: 'rival', lines }, headers);
  await settleCheckouts(api.context.ledger, [posted.body.id]);
}

/** Brings the order into the state. The events of a race happen later, during the payment. */
async function prepare(state: Case['state'], orderId: string, variantId: string): Promise<void> {
  const move = (name: 'cancel' | 'confirm') =>
    moveOrders(api.context.ledger, [{ orderId, move: name, actor: 'test' }]);
  if (state === 'cancelled') await move('cancel');
  if (state === 'swept') await sweep();
  if (state === 'taken') await buyAsRival(variantId);
  if (state === 'confirmed') await move('confirm');
}

/** Returns the status that the order must end with; undefined if a race decides. */
function expectedEnd({ offsetMs, state, reacquire }: Case): string | undefined {
  if (state === 'cancelled') return 'cancelled';
  if (state === 'confirmed' || offsetMs < 0) return 'confirmed';
  if (state === 'taken') return 'expired';
  if (state === 'raced') return reacquire ? undefined : 'expired';
  return reacquire ? 'confirmed' : 'expired';
}

async function findReference(orderId: string, reference: string) {
  const { store } = api.context;
  const order = (await store.orders.findOne({ _id: orderId })) as OrderRecord;
  const unmatched = order.history.filter(
    (entry) => entry.kind === 'payment_unmatched' && entry.paymentReference === reference,
  ).length;
  const type = 'order.payment_unmatched';
  const outbox = await store.outbox.find({ 'events.subjectId': orderId }).toArray();
  const events = outbox
    .flatMap((entry) => entry.events)
    .filter(
      ({ type: eventType, data }) => eventType === type && data['paymentReference'] === reference,
    ).length;
  const audit = await store.audit.countDocuments({
    ...{ target: orderId, action: type, 'detail.paymentReference': reference },
  });
  return { isApplied: order.paymentReference === reference, unmatched, events, audit };
}

async function run(testCase: Case): Promise<void> {
  const { offsetMs, state, reacquire, isConcurrent } = testCase;
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const { orderIds } = await givenOrders(api, api.shopA, [variantId], { quantity: 1 });
  const [id = ''] = orderIds;
  const isPaidBefore = state === 'confirmed';
  clock.advance(TTL_MS - 1);
  if (isPaidBefore) await prepare(state, id, variantId);
  clock.advance(offsetMs + 1);
  if (!isPaidBefore) await prepare(state, id, variantId);
  const pay = async (paymentReference: string) => {
    const body = { paymentReference, ...(reacquire && { reacquire }) };
    return (await api.shopA.post(`/v1/orders/${id}/confirm`, body)).status;
  };
  const others = state === 'raced' ? [buyAsRival(variantId), sweep()] : [];
  const [first, second] = isConcurrent
    ? await Promise.all([pay('pay-1'), pay('pay-2'), ...others])
    : [...(await Promise.all([pay('pay-1'), ...others])).slice(0, 1), await pay('pay-2')];
  await sweep();
  const statuses = [first, second];
  const order = await api.context.store.orders.findOne<OrderRecord>({ _id: id });
  // One truth: a payment is applied if and only if its confirmation was acknowledged.
  const accepted = statuses.filter((status) => status === 200).length;
  expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
  expect(accepted).toBeLessThanOrEqual(1);
  for (const [index, reference] of ['pay-1', 'pay-2'].entries()) {
    const isApplied = statuses[index] === 200;
    const count = isApplied ? 0 : 1;
    const reported = await findReference(id, reference);
    expect(reported).toEqual({ isApplied, unmatched: count, events: count, audit: count });
  }
  const end = expectedEnd(testCase);
  if (end !== undefined) expect(order?.status).toBe(end);
  if (!isPaidBefore) expect(accepted).toBe(order?.status === 'confirmed' ? 1 : 0);
  // One unit has at most one owner.
  const level = await api.context.store.stock.findOne({ _id: variantId });
  expect((level?.sold ?? 0) + (level?.reserved ?? 0)).toBeLessThanOrEqual(1);
  expect((level?.sold ?? 0) + (level?.onHand ?? 0)).toBe(1);
}

test(
  `PROMISE 38: in ${ROUNDS * CASES.length} pairs of payments around the end of a reservation, each is applied, or reported once`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const testCase of CASES) {
        try {
          await run(testCase);
        } catch (error) {
          throw new Error(`in the case ${JSON.stringify(testCase)}`, { cause: error });
        }
      }
    }
    await expectVerdictOk(api.context.store);
  },
  promiseRuns(1_800_000, 120_000),
);
