import type { EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Figures } from '../../api/ops/observatory/figures.ts';
import { asOperator, callOps } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../../api/testing/start-test-api.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { readEvents } from '../rig/event-stream.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const namespace = testNamespace();
let system: InProcessSystem;
let otherApi: TestApi;

/** Two APIs of one system with a worker. */
beforeAll(async () => {
  system = await startInProcessSystem(namespace, { isOpsWritable: true });
  otherApi = await startTestApi(namespace);
});
afterAll(async () => {
  await otherApi?.close();
  await system?.close();
});

/** Opens the feed as a watcher of the observatory does. */
function watch({ url }: TestApi) {
  const events: string[] = [];
  const figures: Figures[] = [];
  const leaving = new AbortController();
  const onEvent = ({ event, data }: EventSourceMessage) => {
    events.push(data);
    if (event === 'figures') figures.push(JSON.parse(data));
  };
  const reading = readEvents(`${url}/ops/feed`, asOperator, onEvent, leaving.signal).catch(
    () => undefined,
  );
  const leave = async () => {
    leaving.abort();
    await reading;
  };
  onTestFinished(leave);
  return { events, figures, leave };
}

async function buy(count: number, onHand: number): Promise<string> {
  const { shopA } = system;
  const { variantId } = await givenForSale(shopA, { onHand });
  const buying = Array.from({ length: count }, async (_, index) => {
    const body = { buyerId: `buyer-${index}`, lines: [{ variantId, quantity: 1 }] };
    const headers = { 'idempotency-key': `${variantId}-${index}`, prefer: 'wait=20' };
    return shopA.send('POST', '/v1/checkouts', body, headers);
  });
  for (const { status } of await Promise.all(buying)) expect(status).toBe(200);
  return variantId;
}

test('a process shows what all processes accept and settle', async () => {
  const { figures } = watch(otherApi);
  await expect.poll(() => figures.length).toBeGreaterThan(0);
  const variantId = await buy(8, 5);
  const latest = () => figures.at(-1);
  await expect.poll(() => latest()?.outcomes).toEqual({ placed: 5, out_of_stock: 3 });
  await expect
    .poll(() => latest()?.stock)
    .toEqual([expect.objectContaining({ variantId, onHand: 5, reserved: 5, sold: 0 })]);
  await expect.poll(() => latest()?.verdict?.status).toBe('ok');
  await expect.poll(() => latest()?.workers).toMatchObject([{ state: 'working' }]);
  await expect.poll(() => figures.some(({ rates }) => Number(rates.accepted) > 0)).toBe(true);
  expect(figures.some(({ rates }) => Number(rates.settled) > 0)).toBe(true);
  expect(figures.some(({ batches }) => Number(batches?.largest) >= 1)).toBe(true);
  expect(figures.some(({ latencyMs }) => Number(latencyMs?.p99) > 0)).toBe(true);
  expect(latest()).toMatchObject({
    backlog: { queued: expect.any(Number) },
    waits: { waiting: 0, longestMs: 0, lastMinute: { begun: 0, served: 0 }, lastServed: null },
    servers: { mongodbMs: expect.any(Number), redisMs: expect.any(Number) },
  });
  // Jobs are finished after their events are published.
  const { productId } = (await system.context.store.stock.findOne({ _id: variantId })) ?? {};
  const contended = { productId, title: expect.any(String), lockMeanMs: expect.any(Number) };
  await expect.poll(() => latest()?.locks?.contended).toEqual([expect.objectContaining(contended)]);
  await expect.poll(() => latest()?.locks?.contended[0]?.checkouts).toBe(8);
  expect(latest()?.locks).toMatchObject({
    lockMeanMs: expect.any(Number),
    lockLongestMs: expect.any(Number),
    commitMeanMs: expect.any(Number),
  });
  expect(latest()?.draws).toEqual([]);
  expect(latest()?.partitions?.[0]).toMatchObject({ partition: 0, isPaused: false });
  expect(latest()?.refusals).toHaveLength(3);
  expect(latest()?.refusals[0]).toMatchObject({ code: 'out_of_stock', variantId });
});

test('shows waiting checkouts until units come back, and refusals at a purchase limit by their reason', async () => {
  const { figures } = watch(otherApi);
  await expect.poll(() => figures.length).toBeGreaterThan(0);
  const { shopA } = system;
  const { productId, variantId } = await givenForSale(shopA, { onHand: 2 });
  const limit = { purchaseLimit: { quantity: 1 } };
  expect((await shopA.send('PATCH', `/v1/products/${productId}`, limit)).status).toBe(200);
  const waitUntil = new Date(Date.now() + 600_000).toISOString();
  const checkOut = async (buyerId: string, key: string, more: object = {}) => {
    const body = { buyerId, lines: [{ variantId, quantity: 1 }], ...more };
    const headers = { 'idempotency-key': `${variantId}-${key}`, prefer: 'wait=20' };
    await shopA.post('/v1/checkouts', body, headers);
  };
  const outcomes = () => figures.at(-1)?.outcomes;
  const placed = () => outcomes()?.['placed'] ?? 0;
  const placedBefore = placed();
  await checkOut('first', 'once');
  await checkOut('first', 'again');
  await checkOut('other', 'other');
  const waits = () => figures.at(-1)?.waits;
  await expect.poll(outcomes).toMatchObject({ purchase_limit_reached: 1 });
  await expect.poll(placed).toBe(placedBefore + 2);
  // The response comes when the checkout no longer waits.
  const served = checkOut('second', 'waits', { whenSoldOut: { waitUntil } });
  await expect.poll(waits).toMatchObject({ waiting: 1, lastMinute: { begun: 1, served: 0 } });
  await expect.poll(() => Number(waits()?.longestMs)).toBeGreaterThan(500);
  expect(outcomes()).not.toHaveProperty('waiting');
  const delivery = { delta: 1, reason: 'delivery' };
  await shopA.post(`/v1/inventory/${variantId}/adjustments`, delivery);
  await served;
  await expect.poll(waits).toMatchObject({
    ...{ waiting: 0, longestMs: 0, lastMinute: { begun: 1, served: 1 } },
  });
  await expect.poll(placed).toBe(placedBefore + 3);
  // Heartbeats of workers, and the health check that reads them, come every two seconds.
  await expect
    .poll(() => waits()?.lastServed, { timeout: 10_000 })
    .toEqual({ freeMs: expect.any(Number), agoMs: expect.any(Number) });
});

test('a process shows what all processes refuse because of the load', async () => {
  const { figures } = watch(otherApi);
  const latest = () => figures.at(-1);
  // The rate is known once two heartbeats have arrived.
  await expect.poll(() => latest()?.rates.shed).toBe(0);
  for (let n = 0; n < 30; n += 1) system.context.load.record('queue_full');
  for (let n = 0; n < 5; n += 1) otherApi.context.load.record('checkouts_waiting');
  await expect.poll(() => latest()?.shed).toEqual({ queue_full: 30, checkouts_waiting: 5 });
  expect(figures.some(({ rates }) => Number(rates.shed) > 0)).toBe(true);
  await expect.poll(() => latest()?.rates.shed).toBe(0);
});

test('an annotation that one process records is a mark in the feed of the other processes', async () => {
  const { figures } = watch(otherApi);
  await expect.poll(() => figures.at(-1)?.marks).toEqual([]);
  const text = 'k6 hot, short: 50/s for 3 s';
  const call = { method: 'POST', path: '/ops/annotations' };
  const { body } = await callOps(system.url, call, asOperator, { text });
  const mark = { id: body['id'], at: expect.any(String), text, by: TEST_OPERATOR.username };
  await expect.poll(() => figures.at(-1)?.marks).toEqual([mark]);
});

test('a later watcher first gets the points of the last minute', async () => {
  const first = watch(otherApi);
  await expect.poll(() => first.figures.length).toBeGreaterThan(2);
  const later = watch(otherApi);
  await expect.poll(() => later.events.length).toBeGreaterThan(0);
  const [history = '[]'] = later.events;
  const points: Figures[] = JSON.parse(history);
  expect(points.map(({ at }) => at)).toEqual(
    expect.arrayContaining(first.figures.slice(0, 2).map(({ at }) => at)),
  );
  expect(points[0]).not.toHaveProperty('verdict');
});

test('twenty watchers share one collection', async () => {
  const reads = vi.spyOn(otherApi.context.store.checkouts, 'find');
  onTestFinished(() => reads.mockRestore());
  /** Counts the reads of the latest checkouts. Reads for waiting requests have a filter by id. */
  const countCollections = () =>
    reads.mock.calls.filter(([filter]) => Object.keys(filter ?? {}).length === 0).length;
  const watchers = Array.from({ length: 20 }, () => watch(otherApi));
  for (const { figures } of watchers) await expect.poll(() => figures.length).toBeGreaterThan(3);
  const [first, last] = [watchers[0]?.events ?? [], watchers[19]?.events ?? []];
  expect(first).toEqual(expect.arrayContaining(last.slice(1, 3)));
  // Rounds whose frames have not arrived yet also count. With one round for each watcher there
  // would be 80.
  const rounds = (watchers[0]?.figures.length ?? 0) + 2;
  expect(countCollections()).toBeLessThanOrEqual(2 * rounds);
});
