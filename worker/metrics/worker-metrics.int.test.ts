import { afterAll, beforeAll, expect, test } from 'vitest';
import { toOrderId } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { startWorker, type WorkerContext } from '../context.ts';
import { givenReceiver, LOOPBACK_ALLOWED } from '../deliver-webhooks/testing/given-deliverer.ts';
import { givenEndpoint } from '../deliver-webhooks/testing/given-events.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const namespace = testNamespace();
const WAIT = { timeout: 20_000 };
const metrics = createWorkerMetrics();
let worker: WorkerContext;

beforeAll(async () => {
  worker = await startWorker(
    {
      ...namespace,
      logLevel: 'silent',
      batchMax: 16,
      reservationTtlMs: 900_000,
      secretsKey: 'k'.repeat(43),
      webhookTargets: LOOPBACK_ALLOWED,
    },
    { metrics },
  );
});
afterAll(() => worker.close());

/** Returns the metrics by name with labels, without buckets, sums and metrics of the process. */
async function readMetrics(): Promise<Record<string, number>> {
  const lines = (await metrics.print()).split('\n').filter((line) => line.startsWith('lastunit_'));
  const samples = lines
    .filter((line) => !/_bucket\{|_sum/.test(line))
    .map((line) => line.split(' '));
  return Object.fromEntries(samples.map(([name = '', value]) => [name.slice(9), Number(value)]));
}

test('the metrics show each outcome as 0 before it occurs, so that alerts see the increase', async () => {
  const printed = await createWorkerMetrics().print();
  for (const outcome of ['placed', 'rejected', 'waiting', 'failed']) {
    expect(printed).toContain(`lastunit_checkouts_settled_total{outcome="${outcome}"} 0`);
  }
});

test('the metrics show the outcomes of checkouts, batches and webhook attempts', async () => {
  const { store, queue } = worker;
  const [variant] = await givenVariants(store, [{ onHand: 3 }]);
  const specs = Array.from({ length: 6 }, () => ({ lines: [toPricedLine(variant)] }));
  const checkouts = await givenCheckouts(store, specs);
  const [poisoned] = checkouts as [CheckoutRecord];
  const shopId = poisoned.lines[0]?.shopId ?? '';
  const receiver = await givenReceiver();
  await givenEndpoint(store, { shopId, url: receiver.url, events: ['checkout.placed'] });
  const orderId = toOrderId(poisoned._id, shopId);
  await rawCollection(store, 'orders').insertOne({ _id: orderId, isStray: true });
  await queue.enqueue(checkouts.map(({ _id }) => toJob(_id)));
  const outcomes = {
    'checkouts_settled_total{outcome="placed"}': 3,
    'checkouts_settled_total{outcome="rejected"}': 2,
    'checkouts_settled_total{outcome="failed"}': 1,
    'checkouts_rejected_total{code="out_of_stock"}': 2,
    'checkouts_rejected_total{code="purchase_limit_reached"}': 0,
    'checkout_outcome_seconds_count{outcome="placed"}': 3,
    'checkout_outcome_seconds_count{outcome="rejected"}': 2,
    'checkout_outcome_seconds_count{outcome="failed"}': 1,
    'webhook_attempt_duration_seconds_count{outcome="delivered"}': 3,
  };
  await expect.poll(readMetrics, WAIT).toMatchObject(outcomes);
  const { batch_checkouts_count: batches = 0, ...others } = await readMetrics();
  expect(batches).toBeGreaterThan(0);
  expect(others['batch_duration_seconds_count{result="committed"}']).toBe(batches);
  expect(others['batch_duration_seconds_count{result="failed"}']).toBeGreaterThan(0);
  expect(others['lock_wait_seconds_count']).toBeGreaterThanOrEqual(batches);
  expect(others['commit_duration_seconds_count']).toBeGreaterThan(0);
  expect(await metrics.print()).toMatch(/^lastunit_batch_checkouts_sum 5$/m);
  expect(await metrics.print()).toMatch(/^process_cpu_seconds_total \d/m);
});
