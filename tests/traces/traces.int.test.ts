import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecretsKey } from '../../shared/access/system-secrets.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { builtCollector } from '../../shared/services/collector.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startReceiver, type WebhookReceiver } from '../../shared/testing/webhook-receiver.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { type System, startSystem } from '../rig/system.ts';
import { type Collector, startCollector } from './collector.ts';
import { KIND, type SeenSpan, type SpanReceiver, startSpanReceiver } from './span-receiver.ts';

const CROWD = 20;
const WAIT = { timeout: 60_000, interval: 100 };
const BUYERS_AT_ONCE = 5;
const [API, WORKER] = ['lastunit-api', 'lastunit-worker'];

const collectorPath = await builtCollector(readEnv().cacheDir);
const missing =
  collectorPath === undefined
    ? 'the OpenTelemetry Collector (npm run traces builds it)'
    : undefined;

const namespace = testNamespace();
const secretsKey = newSecretsKey();
let store: Store;
let variant: GivenVariant;
let soldOut: GivenVariant;
let apiKey: string;
let webhooks: WebhookReceiver;
let receiver: SpanReceiver;
let keys = 0;

beforeAll(async () => {
  store = await openTestStore(namespace);
  [variant, soldOut] = await givenVariants(store, [{ onHand: 1_000 }, { onHand: 0 }]);
  apiKey = await givenApiKey(store, variant.shopId);
  webhooks = await startReceiver();
  receiver = await startSpanReceiver();
});
afterAll(async () => {
  await webhooks?.shut();
  await receiver?.close();
});

/** Starts a system that sends its traces to `endpoint`. All systems share one webhook. */
async function startTraced(endpoint: string): Promise<System> {
  const system = await startSystem(namespace, {
    workers: 1,
    env: {
      LOG_LEVEL: 'debug',
      SECRETS_KEY: secretsKey,
      WEBHOOK_ALLOWED_RANGES: '127.0.0.0/8',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    },
  });
  if ((await store.webhooks.countDocuments()) === 0) {
    const request = { url: webhooks.url, events: ['checkout.*'] };
    await storefront(system.apiUrl, apiKey).call('POST', '/v1/webhooks', request);
  }
  return system;
}

interface Caller {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

function newCaller(flags: '00' | '01' = '01'): Caller {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** Posts a checkout in a caller's trace, and waits until its webhook has arrived. */
async function buy(
  system: System,
  { traceparent }: Pick<Caller, 'traceparent'>,
  { variantId } = variant,
) {
  keys += 1;
  const response = await fetch(`${system.apiUrl}/v1/checkouts`, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      'idempotency-key': `trace-${keys}`,
      traceparent,
    },
    body: JSON.stringify({
      buyerId: 'b',
      lines: [{ variantId, quantity: 1 }],
    }),
  });
  expect(response.status).toBe(202);
  const { id, status } = (await response.json()) as { id: string; status: string };
  const arrived = () => webhooks.received.find(({ data }) => data.subjectId === id);
  await expect.poll(arrived, WAIT).toBeDefined();
  return { id, status, requestId: response.headers.get('x-request-id'), webhook: arrived() };
}

/** Returns the spans of a trace by their names, once there are this many. */
async function readTrace(traceId: string, count: number): Promise<Map<string, SeenSpan>> {
  const find = () => receiver.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => find().map(({ name }) => name), WAIT).toHaveLength(count);
  return new Map(find().map((span) => [span.name, span]));
}

/** The spans of a checkout alone in its batch: name, service, kind and name of the parent. */
const PATH = [
  ['POST /v1/checkouts', API, KIND.server, 'caller'],
  ['store checkouts', API, KIND.internal, 'POST /v1/checkouts'],
  ['send checkouts', API, KIND.producer, 'POST /v1/checkouts'],
  ['process checkouts', WORKER, KIND.consumer, 'POST /v1/checkouts'],
  ['acquire locks', WORKER, KIND.internal, 'process checkouts'],
  ['decide', WORKER, KIND.internal, 'process checkouts'],
  ['write', WORKER, KIND.internal, 'process checkouts'],
  ['commit', WORKER, KIND.internal, 'process checkouts'],
  ['release locks', WORKER, KIND.internal, 'process checkouts'],
  ['settle checkout', WORKER, KIND.consumer, 'POST /v1/checkouts'],
  ['fan out event', WORKER, KIND.producer, 'settle checkout'],
  ['POST', WORKER, KIND.client, 'fan out event'],
] as const;

async function expectWholeTrace(system: System): Promise<void> {
  const caller = newCaller();
  const { id, webhook } = await buy(system, caller);
  const spans = await readTrace(caller.traceId, PATH.length);
  const names = new Map(Array.from(spans.values(), ({ spanId, name }) => [spanId, name]));
  names.set(caller.spanId, 'caller');
  const path = PATH.map(([name]) => {
    const { service, kind, parentSpanId = '', isFailed } = spans.get(name) ?? {};
    expect([name, isFailed]).toEqual([name, false]);
    return [name, service, kind, names.get(parentSpanId)];
  });
  expect(path).toEqual(PATH);
  for (const { startedAt, endedAt } of spans.values()) {
    expect(startedAt).toBeLessThanOrEqual(endedAt);
  }
  const links = (name: string) => spans.get(name)?.links.map(({ spanId }) => names.get(spanId));
  for (const group of ['store checkouts', 'send checkouts', 'process checkouts']) {
    expect([group, links(group)]).toEqual([group, ['POST /v1/checkouts']]);
  }
  expect(links('settle checkout')).toEqual(['process checkouts']);
  expect(spans.get('POST /v1/checkouts')?.attributes.get('lastunit.checkout.id')).toBe(id);
  expect(spans.get('settle checkout')?.attributes.get('lastunit.checkout.status')).toBe('placed');
  const attempt = spans.get('POST')?.spanId;
  expect(webhook?.headers['traceparent']).toBe(`00-${caller.traceId}-${attempt}-01`);
}

describe('spans that go straight to a receiver', () => {
  let system: System;
  beforeAll(async () => {
    system = await startTraced(receiver.url);
  });
  afterAll(() => system?.stop());

  test('one trace leads from the request through queue and commit to the webhook', () =>
    expectWholeTrace(system));

  test('the trace of a checkout that the API rejects leads to the webhook too', async () => {
    let caller = newCaller();
    // Several at once, because what the API knows of the stock is valid for only 250 ms.
    const isRejectedEarly = async () => {
      const callers = Array.from({ length: BUYERS_AT_ONCE }, newCaller);
      const bought = await Promise.all(callers.map((parent) => buy(system, parent, soldOut)));
      const rejected = bought.findIndex(({ status }) => status === 'rejected');
      caller = callers[rejected] ?? caller;
      return rejected >= 0;
    };
    // The API reads the stock of a variant only after a first checkout for it.
    await expect.poll(isRejectedEarly, WAIT).toBe(true);
    const spans = await readTrace(caller.traceId, 4);
    const names = ['POST /v1/checkouts', 'store checkouts', 'fan out event', 'POST'];
    expect([...spans.keys()].toSorted()).toEqual(names.toSorted());
    const parent = (name: string) => spans.get(name)?.parentSpanId;
    expect(parent('fan out event')).toBe(spans.get('POST /v1/checkouts')?.spanId);
    expect(parent('POST')).toBe(spans.get('fan out event')?.spanId);
  });

  test('log lines have the ids of the request, the checkout and the trace', async () => {
    const { traceId, traceparent } = newCaller();
    const { id, requestId } = await buy(system, { traceparent });
    const lines = system.api
      .output()
      .split('\n')
      .filter((line) => line.includes(id));
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ msg: 'accepted', requestId, checkoutId: id, traceId }),
    );
  });

  test(`${CROWD} traces that share batches are linked with the spans of the batches`, async () => {
    const callers = Array.from({ length: CROWD }, () => newCaller());
    await Promise.all(callers.map((caller) => buy(system, caller)));
    const findAll = (name: string) => receiver.spans.filter((span) => span.name === name);
    for (const { traceId } of callers) {
      const findOwn = (name: string) => findAll(name).find((span) => span.traceId === traceId);
      await expect.poll(() => findOwn('POST'), WAIT).toBeDefined();
      const request = findOwn('POST /v1/checkouts');
      const settled = findOwn('settle checkout');
      expect(settled?.parentSpanId).toBe(request?.spanId);
      const [batchId] = settled?.links.map(({ spanId }) => spanId) ?? [];
      const batch = () => findAll('process checkouts').find(({ spanId }) => spanId === batchId);
      await expect.poll(batch, WAIT).toBeDefined();
      for (const group of ['store checkouts', 'send checkouts', 'process checkouts']) {
        const linked = findAll(group).flatMap(({ links }) => links.map(({ spanId }) => spanId));
        expect([group, linked]).toEqual([group, expect.arrayContaining([request?.spanId])]);
      }
    }
  });

  test('a caller that is not sampled leaves no trace anywhere', async () => {
    const caller = newCaller('00');
    const { id, webhook } = await buy(system, caller);
    const sampled = newCaller();
    await buy(system, sampled);
    // Spans are exported in order, so spans of the earlier caller would have arrived.
    await readTrace(sampled.traceId, PATH.length);
    expect(receiver.spans.filter(({ traceId }) => traceId === caller.traceId)).toEqual([]);
    expect(webhook?.headers['traceparent']).toBeUndefined();
    const entry = await store.outbox.findOne<OutboxRecord>({ 'events.subjectId': id });
    const delivery = await store.webhookDeliveries.findOne<DeliveryRecord>({ subjectId: id });
    expect(Object.keys({ ...entry, ...delivery })).not.toContain('traceparent');
    expect(entry?.traceparents).toBeUndefined();
  });

  test('an invalid traceparent begins a new trace', async () => {
    const { id } = await buy(system, { traceparent: '00-not-a-trace-01' });
    const find = () =>
      receiver.spans.find(
        ({ name, attributes }) =>
          name === 'POST /v1/checkouts' && attributes.get('lastunit.checkout.id') === id,
      );
    await expect.poll(find, WAIT).toBeDefined();
    expect(find()?.parentSpanId ?? '').toBe('');
  });
});

describe('spans that go through the OpenTelemetry Collector', skipIfMissing(missing), () => {
  let collector: Collector;
  let system: System;
  beforeAll(async () => {
    collector = await startCollector(collectorPath ?? '', receiver.url);
    system = await startTraced(collector.url);
  });
  afterAll(async () => {
    await system?.stop();
    await collector?.stop();
  });

  test('one trace leads from the request through queue and commit to the webhook', () =>
    expectWholeTrace(system));
});
