import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';
import { type SpanReceiver, startSpanReceiver } from './span-receiver.ts';

const BUYERS = 60;
const ON_HAND = 40;
const EXPORT_TIMEOUT_MS = 500;

const namespace = testNamespace();
let store: Store;
let hanging: SpanReceiver;

beforeAll(async () => {
  store = await openTestStore(namespace);
  hanging = await startSpanReceiver();
  hanging.isHanging = true;
});
afterAll(() => hanging?.close());

test('a collector that hangs delays neither a sale nor the end of a process', async () => {
  const [variant] = await givenVariants(store, [{ onHand: ON_HAND }]);
  const system = await startSystem(namespace, {
    workers: 1,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: hanging.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: String(EXPORT_TIMEOUT_MS),
    },
  });
  const processes = [system.api, ...system.workers];
  const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
  try {
    const line = { variantId: variant.variantId, quantity: 1 };
    const outcomes = await Promise.all(
      Array.from({ length: BUYERS }, (_, buyer) => front.buy(`buyer-${buyer}`, [line])),
    );
    expect(outcomes.filter(({ status }) => status === 'placed')).toHaveLength(ON_HAND);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(BUYERS - ON_HAND);
    await expectVerdictOk(store);
    for (const child of processes) {
      await expect.poll(() => child.output(), { timeout: 30_000 }).toContain('"msg":"traces"');
    }
    expect(hanging.requests).toBeGreaterThan(0);
  } finally {
    await system.stop();
  }
  expect(await Promise.all(processes.map(({ exited }) => exited))).toEqual([0, 0]);
});
