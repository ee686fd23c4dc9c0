import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startWorker, type WorkerContext } from '../../worker/context.ts';
import { readEvents } from '../rig/event-stream.ts';

const namespace = testNamespace();
let api: TestApi;
let worker: WorkerContext | undefined;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(async () => {
  await worker?.close();
  await api.close();
});

test('a client that waits briefly sees the checkout queued, and longer waits and streams get the outcome', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const request = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': 'waiting' };
  const { body } = await api.shopB.post('/v1/checkouts', request, headers);
  const path = `/v1/checkouts/${body.id}`;

  // No worker runs yet, so a client that waits briefly or not at all sees the checkout queued.
  for (const prefer of ['', 'wait=0', 'wait=1', 'respond-async']) {
    const answer = await api.shopB.get(path, { prefer });
    expect(answer).toMatchObject({ status: 200, body: { status: 'queued', orders: [] } });
  }

  const waiting = api.shopB.get<{ status: string }>(path, { prefer: 'wait=30' });
  const streamOpened = Promise.withResolvers<void>();
  const stream = readEvents(`${api.url}${path}/events`, { 'x-api-key': api.shopB.apiKey }, () =>
    streamOpened.resolve(),
  );
  await streamOpened.promise;
  const config = { ...namespace, logLevel: 'silent', batchMax: 8, reservationTtlMs: 900_000 };
  worker = await startWorker(config);

  expect((await waiting).body.status).toBe('placed');
  const events = await stream;
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['checkout', '1'],
    ['checkout', '2'],
  ]);
  expect(events.map(({ data }) => JSON.parse(data).status)).toEqual(['queued', 'placed']);
});
