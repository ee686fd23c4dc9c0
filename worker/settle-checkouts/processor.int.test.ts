import mongoose from 'mongoose';
import { pino } from 'pino';
import {
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { settleJobId } from '../../shared/contract/jobs.ts';
import { unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { buy, restock, settle, toWaitInRounds } from '../../shared/ledger/testing/given-waiting.ts';
import { type CheckoutQueue, openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { toOrderId } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import type * as Transactions from '../../shared/store/transaction.ts';
import { writable } from '../../shared/store/writable.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { groupJob, toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { openOtlpTracing } from '../../shared/tracing/otlp-tracing.ts';
import { startSettling } from './start-settling.ts';

// Bounds the retries of a transaction while writing orders fails, which would take too long for a
// test. Other transactions keep their bound, because a slow machine may need it.
const transactions = vi.hoisted((): { timeoutMs?: number | undefined } => ({}));
vi.mock('../../shared/store/transaction.ts', async (original) => {
  const real = await original<typeof Transactions>();
  const inTransaction: typeof real.inTransaction = (store, work) =>
    real.inTransaction(store, work, transactions.timeoutMs);
  return { ...real, inTransaction };
});

type BulkWriteResult = mongoose.mongo.BulkWriteResult;
const { MongoBulkWriteError, MongoNetworkError, MongoServerError } = mongoose.mongo;
const BATCH_MAX = 32;
const WAIT = { timeout: 15_000 };

// Exports nothing, because no trace here is sampled.
const tracing = openOtlpTracing({
  ...{ endpoint: 'http://127.0.0.1:1', ratio: 0, serviceName: 'test' },
  onProblem: () => undefined,
});
const logged: string[] = [];
const log = pino(
  { mixin: () => ({ traceId: tracing.active()?.traceId }) },
  { write: (line) => logged.push(line) },
);

const logParked = (checkoutId: string, reason: string) =>
  log.error({ checkoutId, reason }, 'parked a checkout');

const namespace = testNamespace();
let store: Store;
let queue: CheckoutQueue;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(() => {
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  const { keyPrefix } = namespace;
  queue = openCheckoutQueue(redis, keyPrefix);
  const worker = startSettling({
    ledger: givenLedger(store, { onParked: logParked }),
    queue,
    redis,
    keyPrefix,
    batchMax: BATCH_MAX,
    tracing,
    log,
  });
  onTestFinished(async () => {
    await worker.close();
    await queue.bull.obliterate({ force: true });
    await queue.close();
    redis.disconnect();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function givenBuyers(count: number, onHand: number): Promise<CheckoutRecord[]> {
  const [variant] = await givenVariants(store, [{ onHand }]);
  const specs = Array.from({ length: count }, () => ({ lines: [toPricedLine(variant)] }));
  return givenCheckouts(store, specs);
}

function enqueue(checkouts: readonly CheckoutRecord[], wakeup = 0): Promise<void> {
  return queue.enqueue(checkouts.map(({ _id }) => toJob(_id, wakeup)));
}

/**
 * Stores another document with the id of the checkout's order, so that settling the checkout fails.
 * Returns this id.
 */
async function poison({ _id, lines }: CheckoutRecord): Promise<string> {
  const orderId = toOrderId(_id, lines[0]?.shopId ?? '');
  await rawCollection(store, 'orders').insertOne({ _id: orderId, isStray: true });
  return orderId;
}

/** Returns the lines of the log that mention a text. */
function findLogged(text: string) {
  return logged.filter((line) => line.includes(text)).map((line) => JSON.parse(line));
}

function stateOf({ _id }: CheckoutRecord, wakeup = 0): Promise<string> {
  return queue.bull.getJobState(settleJobId(_id, wakeup));
}

async function statuses(checkouts: readonly CheckoutRecord[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { _id } of checkouts) {
    const status = (await store.checkouts.findOne({ _id }))?.status ?? 'missing';
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Makes writing orders fail in this way until the returned function is called. */
function breakOrders(error: Error): () => void {
  const spy = vi.spyOn(writable(store).orders, 'insertMany').mockRejectedValue(error);
  transactions.timeoutMs = 200;
  const repair = () => {
    spy.mockRestore();
    transactions.timeoutMs = undefined;
  };
  onTestFinished(repair);
  return repair;
}

test('finished jobs are counted for the charts of the queue board', async () => {
  const [checkout] = await givenBuyers(1, 1);
  if (checkout === undefined) throw new RangeError('no checkout was made');
  await enqueue([checkout]);
  await vi.waitFor(async () => expect(await stateOf(checkout)).toBe('completed'), WAIT);
  expect(await queue.bull.getMetrics('completed')).toMatchObject({ meta: { count: 1 } });
});

test('jobs become outcomes, and their results show an operator what happened', async () => {
  const checkouts = await givenBuyers(5, 3);
  await enqueue(checkouts);
  await expect.poll(() => statuses(checkouts), WAIT).toEqual({ placed: 3, rejected: 2 });
  const rejected = checkouts[4] as CheckoutRecord;
  await expect.poll(() => stateOf(rejected)).toBe('completed');
  const job = await queue.bull.getJob(settleJobId(rejected._id, 0));
  expect(job?.returnvalue).toMatchObject({
    checkouts: [{ checkoutId: rejected._id, status: 'rejected', rejection: 'out_of_stock' }],
  });
});

test('a checkout that can never succeed is parked with the reason, and its neighbours are placed', async () => {
  const checkouts = await givenBuyers(10, 10);
  const poisoned = checkouts[4] as CheckoutRecord;
  const orderId = await poison(poisoned);
  await enqueue(checkouts);
  await expect.poll(() => statuses(checkouts), WAIT).toEqual({ placed: 9, failed: 1 });
  expect(await store.checkouts.findOne({ _id: poisoned._id })).toMatchObject({
    status: 'failed',
    failure: expect.stringContaining('E11000'),
    settledAt: expect.any(Date),
  });
  await expect.poll(() => stateOf(poisoned)).toBe('failed');
  const job = await queue.bull.getJob(settleJobId(poisoned._id, 0));
  expect(job).toMatchObject({ attemptsMade: 1, failedReason: expect.stringContaining('parked') });
  const event = await store.outbox.findOne({ 'events.subjectId': poisoned._id });
  expect(event?.events).toMatchObject([{ type: 'checkout.failed', seq: 1 }]);

  // After the cause is removed an operator replays the checkout, which succeeds.
  await rawCollection(store, 'orders').deleteOne({ _id: orderId });
  expect(await unparkCheckout(givenLedger(store), poisoned._id)).toBe(true);
  await enqueue([poisoned], 1);
  await expect.poll(() => statuses(checkouts), WAIT).toEqual({ placed: 10 });
});

test('the log names the trace of a checkout that is parked, and the checkouts of a job that fails', async () => {
  const [checkout] = (await givenBuyers(1, 1)) as [CheckoutRecord];
  await poison(checkout);
  const job = toJob(checkout._id);
  const traceId = 'a'.repeat(32);
  const traceparent = `00-${traceId}-${'b'.repeat(16)}-00`;
  const checkouts = job.data.checkouts.map((entry) => ({ ...entry, traceparent }));
  await queue.enqueue([{ ...job, data: { checkouts } }]);
  await expect.poll(() => stateOf(checkout), WAIT).toBe('failed');
  const lines = () => findLogged(checkout._id);
  await expect.poll(lines, WAIT).toHaveLength(2);
  const checkoutId = checkout._id;
  expect(lines()).toMatchObject([
    { msg: 'parked a checkout', checkoutId, traceId },
    { msg: 'job failed', checkoutIds: [checkoutId] },
  ]);
});

test.each([
  [
    'a conflict',
    new MongoServerError({ message: 'x', code: 112, errorLabels: ['TransientTransactionError'] }),
  ],
  [
    'a cut connection',
    new MongoBulkWriteError(new MongoNetworkError('cut'), {} as BulkWriteResult),
  ],
])('%s that lasts longer than its bound fails the job but never the checkout', async (_, fault) => {
  const [checkout] = (await givenBuyers(1, 1)) as [CheckoutRecord];
  const repair = breakOrders(fault);
  await enqueue([checkout]);
  await expect.poll(() => stateOf(checkout), WAIT).toBe('failed');
  const job = await queue.bull.getJob(settleJobId(checkout._id, 0));
  expect(job?.attemptsMade).toBe(3);
  const record = await store.checkouts.findOne({ _id: checkout._id });
  expect(record?.status).toBe('queued');
  expect(record?.failure).toBeUndefined();
  repair();
  await enqueue([checkout], 1);
  await expect.poll(() => statuses([checkout]), WAIT).toEqual({ placed: 1 });
});

test('a checkout that comes after many waiting checkouts is settled by another attempt of its job', async () => {
  const ROUNDS = 45;
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const ledger = givenLedger(store);
  await settle(ledger, await givenCheckouts(store, toWaitInRounds(variant, ROUNDS)));
  await restock(ledger, variant, ROUNDS);
  const [newcomer] = (await givenCheckouts(store, [buy(variant)])) as [CheckoutRecord];
  await enqueue([newcomer]);
  await expect.poll(() => stateOf(newcomer), WAIT).toBe('completed');
  const job = await queue.bull.getJob(settleJobId(newcomer._id, 0));
  expect(job).toMatchObject({
    attemptsMade: 2,
    returnvalue: { checkouts: [{ status: 'rejected', rejection: 'out_of_stock' }] },
  });
});

test('a job whose checkout was settled elsewhere meanwhile ends with that outcome', async () => {
  const [checkout] = (await givenBuyers(1, 1)) as [CheckoutRecord];
  const ledger = givenLedger(store);
  const real = writable(store).orders.insertMany.bind(store.orders);
  const insert = vi.spyOn(writable(store).orders, 'insertMany');
  insert.mockImplementationOnce(async () => {
    insert.mockImplementation(real);
    await settleCheckouts(ledger, [checkout._id]);
    throw new RangeError('lasting');
  });
  await enqueue([checkout]);
  await expect.poll(() => stateOf(checkout), WAIT).toBe('completed');
  const job = await queue.bull.getJob(settleJobId(checkout._id, 0));
  expect(job?.returnvalue).toMatchObject({ checkouts: [{ status: 'placed' }] });
  expect(await store.orders.countDocuments({ checkoutId: checkout._id })).toBe(1);
});

test('jobs of a missing or a settled checkout complete without an error', async () => {
  const [checkout] = (await givenBuyers(1, 1)) as [CheckoutRecord];
  await settleCheckouts(givenLedger(store), [checkout._id]);
  const stray = { ...checkout, _id: 'chk_stray' };
  await enqueue([checkout, stray]);
  await expect.poll(() => stateOf(checkout), WAIT).toBe('completed');
  await expect.poll(() => stateOf(stray), WAIT).toBe('completed');
  const job = await queue.bull.getJob(settleJobId(stray._id, 0));
  expect(job?.returnvalue).toMatchObject({ checkouts: [{ status: 'missing' }] });
  expect(await store.orders.countDocuments({ checkoutId: checkout._id })).toBe(1);
});

describe('a job of several checkouts', () => {
  test('settles each checkout, and its result has the outcomes in their order', async () => {
    const checkouts = await givenBuyers(5, 3);
    const ids = checkouts.map(({ _id }) => _id);
    await queue.enqueue([groupJob(ids)]);
    const [first] = checkouts as [CheckoutRecord];
    await expect.poll(() => stateOf(first), WAIT).toBe('completed');
    const job = await queue.bull.getJob(settleJobId(first._id, 0));
    const outcomes = job?.returnvalue?.checkouts.map(({ checkoutId, status }) => [
      checkoutId,
      status,
    ]);
    const statusAt = (index: number) => (index < 3 ? 'placed' : 'rejected');
    expect(outcomes).toEqual(ids.map((id, index) => [id, statusAt(index)]));
  });

  test('completes if one checkout can never succeed: it is parked, and the others are placed', async () => {
    const checkouts = await givenBuyers(8, 8);
    const poisoned = checkouts[3] as CheckoutRecord;
    await poison(poisoned);
    await queue.enqueue([groupJob(checkouts.map(({ _id }) => _id))]);
    await expect.poll(() => statuses(checkouts), WAIT).toEqual({ placed: 7, failed: 1 });
    const [first] = checkouts as [CheckoutRecord];
    await expect.poll(() => stateOf(first), WAIT).toBe('completed');
    const job = await queue.bull.getJob(settleJobId(first._id, 0));
    expect(job?.returnvalue?.checkouts[3]).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('E11000'),
    });
  });

  test('waits for its other checkouts if one cannot be parked, and parks it at the next attempt', async () => {
    const checkouts = await givenBuyers(3, 3);
    const [first, poisoned] = checkouts as [CheckoutRecord, CheckoutRecord];
    await poison(poisoned);
    vi.spyOn(store.checkouts, 'findOneAndUpdate').mockRejectedValueOnce(
      new Error('parking is broken'),
    );
    await queue.enqueue([groupJob(checkouts.map(({ _id }) => _id))]);
    await expect.poll(() => stateOf(first), WAIT).toBe('completed');
    expect(await statuses(checkouts)).toEqual({ placed: 2, failed: 1 });
    const { logs } = await queue.bull.getJobLogs(settleJobId(first._id, 0));
    expect(logs).toContainEqual(expect.stringContaining('not parked: parking is broken'));
    expect(findLogged(settleJobId(first._id, 0))).toMatchObject([
      { msg: 'job failed', reason: expect.stringContaining('E11000') },
    ]);
  });

  test('is tried again after a temporary error, and checkouts that were settled before keep their outcome', async () => {
    const checkouts = await givenBuyers(4, 4);
    await settleCheckouts(
      givenLedger(store),
      checkouts.slice(0, 2).map(({ _id }) => _id),
    );
    const repair = breakOrders(
      new MongoBulkWriteError(new MongoNetworkError('cut'), {} as BulkWriteResult),
    );
    await queue.enqueue([groupJob(checkouts.map(({ _id }) => _id))]);
    const [first] = checkouts as [CheckoutRecord];
    await expect.poll(() => stateOf(first), WAIT).toBe('delayed');
    repair();
    await expect.poll(() => stateOf(first), WAIT).toBe('completed');
    expect(await statuses(checkouts)).toEqual({ placed: 4 });
    expect(
      await store.orders.countDocuments({ checkoutId: { $in: checkouts.map(({ _id }) => _id) } }),
    ).toBe(4);
  });
});
