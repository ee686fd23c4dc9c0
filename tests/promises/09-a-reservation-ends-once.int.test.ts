import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { givenForSale, givenOrders } from '../../api/testing/requests.ts';
import { startTestApi } from '../../api/testing/start-test-api.ts';
import { createChoices } from '../../loadtest/system/choices.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { promiseRuns, testSeed } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { expireReservations } from '../../worker/expire-reservations/expiry-sweep.ts';
import { givenApiKey, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

describe('confirm, cancel and the sweep at the end of a reservation', () => {
  const RACES = promiseRuns(1_000, 100);
  const CONCURRENCY = 100;
  const TTL_S = 3;
  /** Requests start this long before the end and continue until the sweep has certainly run. */
  const EARLY_MS = 600;
  const LATE_MS = 1_300;

  const namespace = testNamespace();
  let store: Store;
  let system: System;

  beforeAll(async () => {
    store = await openTestStore(namespace);
    const env = { RESERVATION_TTL_S: String(TTL_S) };
    system = await startSystem(namespace, { workers: 2, env });
  });
  afterAll(() => system.stop());

  test(`race ${RACES} times through the API and two workers: one outcome each, and no drift`, async () => {
    const { next: random } = createChoices(testSeed);
    const [variant] = await givenVariants(store, [{ onHand: RACES }]);
    const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
    const lines = [{ variantId: variant.variantId, quantity: 1 }];
    const moments = Array.from({ length: RACES }, () => [random(), random()] as const);
    const endCounts = { confirmed: 0, cancelled: 0, expired: 0 };
    await runConcurrently(RACES, CONCURRENCY, async (race) => {
      const { orders } = await front.buy(`race-${race}`, lines);
      const id = orders[0]?.id ?? '';
      const { reservedUntil } = (await store.orders.findOne({ _id: id })) as OrderRecord;
      const [confirmAt, cancelAt] = (moments[race] ?? []).map((share, index) =>
        // Some are sent immediately, so that each kind wins on a machine of any speed.
        race % 9 === index ? 0 : reservedUntil.getTime() - EARLY_MS + share * (EARLY_MS + LATE_MS),
      );
      const [confirmed, cancelled] = await Promise.all([
        callAt(front, confirmAt ?? 0, `/v1/orders/${id}/confirm`),
        // Every third order is not cancelled, so that some stay confirmed.
        race % 3 === 0
          ? undefined
          : callAt(front, cancelAt ?? 0, `/v1/orders/${id}/cancel`, { reason: 'race' }),
      ]);
      await expect
        .poll(async () => (await store.orders.findOne({ _id: id }))?.status, { timeout: 20_000 })
        .not.toBe('pending');
      const order = (await store.orders.findOne({ _id: id })) as OrderRecord;
      const [, first, second, ...others] = order.history.map((step) => step.status);
      expect(others).toEqual([]);
      // A confirmed order may be cancelled afterwards. No other order ends twice.
      if (second !== undefined) expect([first, second]).toEqual(['confirmed', 'cancelled']);
      // Acknowledged changes were made, and refused changes were not.
      const statuses: string[] = order.history.flatMap((step) => step.status ?? []);
      const answers = { confirmed, cancelled };
      for (const [status, answer] of Object.entries(answers)) {
        if (answer !== undefined) expect(answer).toBe(statuses.includes(status) ? 200 : 409);
      }
      endCounts[first as keyof typeof endCounts] += 1;
    });
    const sold = await store.orders.countDocuments({ status: 'confirmed' });
    console.info({ ...endCounts, sold, seed: testSeed });
    expect(endCounts.confirmed + endCounts.cancelled + endCounts.expired).toBe(RACES);
    expect(Math.min(sold, ...Object.values(endCounts))).toBeGreaterThan(0);
    expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({
      onHand: RACES - sold,
      reserved: 0,
      sold,
    });
    await expectVerdictOk(store);
  }, 600_000);
});

async function callAt(front: Storefront, epochMs: number, path: string, body?: unknown) {
  await pause(Math.max(0, epochMs - Date.now()));
  const { status } = await front.call('POST', path, body);
  // After a cut connection the outcome is unknown.
  return status === 0 ? undefined : status;
}

describe('around the end of a reservation, by the API’s own clock', () => {
  const TTL_MS = 60_000;
  const namespace = testNamespace();

  test.each([
    ['a millisecond before the end a confirmation succeeds', -1, 200, 'confirmed', 0],
    [
      'exactly at the end a confirmation is refused, and the sweep expires the order',
      0,
      409,
      'pending',
      1,
    ],
    [
      'a millisecond after the end a confirmation is refused, and the sweep expires the order',
      1,
      409,
      'pending',
      1,
    ],
  ])('%s', async (_, offsetMs, confirmStatus, orderStatus, expired) => {
    const clock = manualClock();
    const api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
    try {
      const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
      const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
      const path = `/v1/orders/${orderIds[0]}`;
      clock.advance(TTL_MS + offsetMs);
      const confirmed = await api.shopA.post<{ status: string }>(`${path}/confirm`);
      expect(confirmed.status).toBe(confirmStatus);
      const read = await api.shopA.get<{ status: string }>(path);
      expect(read.body.status).toBe(orderStatus);
      // The sweep agrees with the API to the millisecond.
      expect(await expireReservations(api.context.ledger, new AbortController().signal)).toBe(
        expired,
      );
      const level = await api.context.store.stock.findOne({ _id: variantId });
      expect(level).toMatchObject(
        expired === 0 ? { onHand: 3, reserved: 0, sold: 2 } : { onHand: 5, reserved: 0, sold: 0 },
      );
    } finally {
      await api.close();
    }
  });
});
