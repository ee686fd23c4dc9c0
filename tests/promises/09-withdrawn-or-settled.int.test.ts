import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, type SeenCheckout, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

interface Outcome {
  readonly status: string;
  readonly rejection?: { readonly code: string } | undefined;
}

const ROUNDS = promiseRuns(20, 1);
const CHECKOUTS = promiseRuns(200, 80);
/** Fewer units than are demanded, so that some checkouts find the product sold out. */
const STOCK = 0.6 * CHECKOUTS;
const CONCURRENCY = 24;
/** Further rounds if all withdrawals came too late or all came in time, as on a busy machine. */
const EXTRA_ROUNDS_MAX = 10;

const namespace = testNamespace();
let store: Store;
let system: System;

beforeAll(async () => {
  store = await openTestStore(namespace);
  system = await startSystem(namespace, { workers: 2 });
});
afterAll(() => system.stop());

/** The outcome as a caller sees it: its status, and the reason if it was rejected. */
const summarize = ({ status, rejection }: Outcome) => `${status} ${rejection?.code ?? ''}`.trim();

test(`${CHECKOUTS} checkouts withdrawn while workers settle them get one outcome each, in ${ROUNDS} rounds`, async () => {
  const outcomeCounts: Record<string, number> = {};
  const hasBoth = () => 'placed' in outcomeCounts && 'rejected withdrawn' in outcomeCounts;
  let round = 0;
  for (; round < ROUNDS || (!hasBoth() && round < ROUNDS + EXTRA_ROUNDS_MAX); round += 1) {
    const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
    const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
    const lines = [{ variantId: variant.variantId, quantity: 1 }];
    const outcomes = await runConcurrently(CHECKOUTS, CONCURRENCY, async (n) => {
      const { status, json } = await front.post(`${round}-${n}`, lines);
      expect(status).toBe(202);
      const id = String(json['id']);
      const waiting = front.outcome(id);
      // Some are withdrawn immediately, some a moment later, some after the outcome is known.
      if (n % 4 === 3) await waiting;
      else if (n % 4 !== 0) await front.call('GET', `/v1/checkouts/${id}`);
      const answer = await front.call('POST', `/v1/checkouts/${id}/withdraw`);
      const received = summarize(await waiting);
      const now = (await front.call('GET', `/v1/checkouts/${id}`)).json as unknown as SeenCheckout;
      expect([received, summarize(now)]).toEqual([received, received]);
      if (answer.status === 200) expect(received).toBe('rejected withdrawn');
      else {
        expect([answer.status, answer.json['code']]).toEqual([409, 'checkout_settled']);
        expect(answer.json['checkoutStatus']).toBe(now.status);
        expect(received).not.toBe('rejected withdrawn');
      }
      return { id, received };
    });
    const placed = outcomes.filter(({ received }) => received === 'placed').length;
    expect(placed).toBeLessThanOrEqual(STOCK);
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(level).toMatchObject({ onHand: STOCK, reserved: placed, sold: 0 });
    for (const { id, received } of outcomes) {
      outcomeCounts[received] = (outcomeCounts[received] ?? 0) + 1;
      const recorded = await store.checkouts.findOne({ _id: id });
      if (recorded === null) throw new Error('the checkout does not exist');
      expect(summarize(recorded)).toBe(received);
      expect(await countEvents(id)).toBe(1);
      const isPlaced = received === 'placed' ? 1 : 0;
      expect(await store.orders.countDocuments({ _id: new RegExp(`^ord_${id.slice(4)}`) })).toBe(
        isPlaced,
      );
    }
  }
  console.info(outcomeCounts);
  expect(hasBoth()).toBe(true);
  const verdict = await expectVerdictOk(store);
  expect(verdict).toMatchObject({
    accepted: round * CHECKOUTS,
    failed: 0,
    placed: outcomeCounts['placed'],
  });
  expect(await countFailedJobs()).toBe(0);
}, 600_000);

async function countEvents(checkoutId: string): Promise<number> {
  const entries = await store.outbox.find({ 'events.subjectId': checkoutId }).toArray();
  return entries.flatMap(({ events }) => events.filter((event) => event.subjectId === checkoutId))
    .length;
}

async function countFailedJobs(): Promise<number> {
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  const queue = openCheckoutQueue(redis, namespace.keyPrefix);
  try {
    return await queue.bull.getFailedCount();
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
