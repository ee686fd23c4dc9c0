import { Registry } from 'prom-client';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { toOutboxEntry } from '../../../shared/ledger/commit.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import { RUN_EXPIRES_MS, type WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import { openStore, type Store } from '../../../shared/store/store.ts';
import { startCuttingProxy } from '../../../shared/testing/cutting-proxy.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../../shared/testing/test-store.ts';
import { givenDelivery, givenWebhook } from '../../webhooks/testing/given-webhook.ts';
import { createWebhookGauges, updateWebhookGauges } from './webhook-gauges.ts';

const namespace = testNamespace();
const NOW = new Date('2026-05-05T05:05:05Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const registry = new Registry();
const gauges = createWebhookGauges(registry);

/**
 * Updates the gauges and returns their values by name, without the prefix, e.g. `endpoints:paused`.
 */
async function readGauges(readFrom: Store = store): Promise<Record<string, number>> {
  await updateWebhookGauges(gauges, readFrom, NOW);
  const metrics = await registry.getMetricsAsJSON();
  return Object.fromEntries(
    metrics.flatMap(({ name, values }) =>
      values.map(({ labels, value }) => {
        const state = labels['state'];
        return [name.slice('lastunit_'.length) + (state ? `:${state}` : ''), value];
      }),
    ),
  );
}

/**
 * Creates a webhook with two deliveries. The first became due `seconds` ago, the other 5 s later.
 */
async function givenDue(seconds: number, changes: Partial<WebhookRecord> = {}): Promise<void> {
  const shopId = newId('shp');
  const fields = { dueAt: ago(seconds), ...changes };
  const { webhookId } = await givenWebhook(store, shopId, fields);
  for (const later of [0, 5]) {
    const nextAttemptAt = ago(seconds - later);
    const pending = { status: 'pending' as const, nextAttemptAt };
    await givenDelivery(store, { _id: webhookId, shopId }, pending);
  }
}

async function givenEntry(seconds: number, mark: object): Promise<void> {
  await store.outbox.insertOne({ ...toOutboxEntry([], ago(seconds)), ...mark });
}

const IDLE = {
  outbox_entries_waiting: 0,
  outbox_oldest_seconds: 0,
  webhook_deliveries_pending: 0,
  webhook_oldest_due_seconds: 0,
  'webhook_endpoints:paused': 0,
  'webhook_endpoints:disabled': 0,
};

test('without waiting deliveries all gauges are 0', async () => {
  await givenWebhook(store, newId('shp'));
  await givenEntry(500, { isFannedOut: true });
  // A read that takes too long on a busy machine leaves its gauge out.
  await expect.poll(() => readGauges()).toEqual(IDLE);
});

test('entries that wait in the outbox are counted', async () => {
  await givenEntry(90, { isFannedOut: true });
  await givenEntry(30, {});
  await givenEntry(60, {});
  await givenEntry(-5, {});
  await expect
    .poll(() => readGauges())
    .toEqual({
      ...IDLE,
      outbox_entries_waiting: 3,
      outbox_oldest_seconds: 60,
    });
});

test('the oldest due delivery is found, ignoring webhooks that are paused or disabled', async () => {
  const later = new Date(NOW.getTime() + 60_000);
  await givenDue(20);
  await givenDue(40, { dueAt: ago(1) });
  await givenDue(-30);
  await givenDue(500, { pausedUntil: later });
  await givenDue(600, { isEnabled: false });
  await givenDue(700, { isEnabled: false, disabledReason: 'failing' });
  await givenDue(10, { pausedUntil: ago(1) });
  await expect
    .poll(() => readGauges())
    .toEqual({
      ...IDLE,
      webhook_deliveries_pending: 14,
      webhook_oldest_due_seconds: 40,
      'webhook_endpoints:paused': 1,
      'webhook_endpoints:disabled': 1,
    });
});

test('a delivery that is due is found while its webhook is being served', async () => {
  await givenDue(40);
  // A run has moved `dueAt` ahead a second ago.
  await givenDue(500, { dueAt: ago(1 - RUN_EXPIRES_MS / 1_000) });
  await expect.poll(async () => (await readGauges())['webhook_oldest_due_seconds']).toBe(500);
});

test('gauges whose query is not answered in time are absent instead of outdated', async () => {
  await givenEntry(30, {});
  const proxy = await startCuttingProxy(namespace.mongodbUrl);
  const frozen = await openStore(proxy.url, namespace.databaseName);
  expect(await readGauges(frozen)).toMatchObject({ outbox_entries_waiting: 1 });
  const heldAnswers = proxy.holdAnswersTo('aggregate');
  const { outbox_oldest_seconds: oldest, ...others } = await readGauges(frozen);
  expect([oldest, others]).toEqual([30, {}]);
  heldAnswers.release();
  await frozen.close();
  await proxy.close();
});
