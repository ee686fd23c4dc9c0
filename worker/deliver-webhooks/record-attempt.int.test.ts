import { afterEach, beforeAll, expect, test } from 'vitest';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { recordAttempt } from './record-attempt.ts';
import { deliveriesIn } from './testing/deliveries-in.ts';
import { givenDeliveryContext, QUICK_TIMES } from './testing/given-deliverer.ts';
import { givenEndpoint } from './testing/given-events.ts';

const namespace = testNamespace();
const REFUSED = { error: 'status', status: 500, durationMs: 1 } as const;
const ACCEPTED = { status: 204, durationMs: 1 } as const;
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const { findDelivery, givenSubjects } = deliveriesIn(() => store);

/** Returns a pending delivery, as an attempt read it before other attempts ended. */
async function givenDelivery(): Promise<DeliveryRecord> {
  const { shopId } = await givenEndpoint(store);
  const [subjectId] = await givenSubjects(shopId, 1, 1);
  const delivery = await findDelivery({ subjectId });
  if (delivery === null) throw new Error('no delivery');
  return delivery;
}

function record(
  delivery: DeliveryRecord,
  result: typeof REFUSED | typeof ACCEPTED,
  isManual: boolean,
) {
  return recordAttempt(givenDeliveryContext(store), delivery, result, { at: new Date(), isManual });
}

test.each([
  ['the next', 0],
  ['the last', QUICK_TIMES.retryDelaysMs.length],
])(
  'a delivery that was accepted on request stays delivered when %s attempt fails after it',
  async (_name, failures) => {
    const delivery = { ...(await givenDelivery()), failures };
    await store.webhookDeliveries.updateOne({ _id: delivery._id }, { $set: { failures } });
    await record(delivery, ACCEPTED, true);
    await record(delivery, REFUSED, false);
    const after = await findDelivery({ _id: delivery._id });
    expect(after).toMatchObject({ status: 'delivered', failures, attemptCount: 2 });
    expect(after).not.toHaveProperty('nextAttemptAt');
  },
);

test('of two attempts that fail at the same time, one counts', async () => {
  const delivery = await givenDelivery();
  await record(delivery, REFUSED, false);
  const first = await findDelivery({ _id: delivery._id });
  await record(delivery, REFUSED, false);
  const after = await findDelivery({ _id: delivery._id });
  expect(after).toMatchObject({ status: 'pending', failures: 1, attemptCount: 2 });
  expect(after?.nextAttemptAt).toEqual(first?.nextAttemptAt);
});
